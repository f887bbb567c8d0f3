// The linters of prose find what they are for, and leave good sentences alone.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { root, tempFolder } from '../util/index.js'

const BAD = [
  'Whoever reads the socket takes the data.',
  'The call fails for who waits.',
  'It is closed by somebody else.',
  'Nobody reads the queue.',
  'The peer hears of the end.',
  'The length stands behind the header.',
  'The transfer is through.',
  'The kernel passes over unknown messages.',
  'Every descriptor is close-on-exec from birth.',
  'A TypeError for what is no socket.',
  'As of `net.Socket`.',
]

const GOOD = [
  'The caller, who may close it, owns the descriptor.',
  'The server knows who the peer is.',
  'ECONNREFUSED when nobody listens on the port.',
  'A string stands for its UTF-8.',
  'Descriptors are passed over a unix socket.',
  'It goes through the poller.',
  'The code span `whoever` is a name, and so is `nobody reads`.',
]

/** Checks a file of that text. */
function check(t: TestContext, program: readonly string[], name: string, text: string, ...more: string[]) {
  const path = join(tempFolder(t), name)
  writeFileSync(path, text)
  const args = [...program, path, ...more]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

const STYLE = [join(root, 'scripts/check-style.mjs')]

describe('the check of style', () => {
  for (const sentence of BAD)
    it(`finds the fault of: ${sentence}`, (t) => {
      const { status, output } = check(t, STYLE, 'page.md', `# Page\n\n${sentence}\n`)
      assert.equal(status, 1)
      assert.match(output, /page\.md:3: /)
    })

  it('accepts plain sentences, and does not read code', (t) => {
    assert.deepEqual(check(t, STYLE, 'page.md', `${GOOD.join('\n')}\n`).output, 'style: 1 files in order\n')
    const code = "const nobody = whoever('nobody reads') // of the same kind\n"
    assert.equal(check(t, STYLE, 'code.ts', code).status, 0)
  })

  it('reads comments of TypeScript and C', (t) => {
    for (const name of ['code.ts', 'code.c'])
      assert.match(check(t, STYLE, name, `\n/${'*'} Whoever reads. */\n`).output, /code\.\w+:2: "Whoever"/)
  })
})

describe('the check of spelling', () => {
  it('finds a word that is spelled wrong, in a document and in a comment, and not in code', (t) => {
    const config = join(root, 'cspell.json')
    const spelling = [
      join(root, 'node_modules/cspell/bin.mjs'),
      'lint',
      '--config',
      config,
      '--root',
      '/',
      '--no-gitignore',
    ]
    const wrong = ['len', 'ght'].join('')
    const page = join(tempFolder(t), 'page.md')
    writeFileSync(page, 'The adress of `the adres`.\n')
    const { output } = check(t, spelling, 'code.ts', `const addres = 1 // its ${wrong}\n`, page)
    assert.match(output, /page\.md:1:5 - Unknown word \(adress\)/)
    assert.match(output, new RegExp(`code\\.ts:1:\\d+ - Unknown word \\(${wrong}\\)`))
    assert.doesNotMatch(output, /addres\)/)
    assert.doesNotMatch(output, /adres\)/)
  })
})
