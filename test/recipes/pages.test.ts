import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root, run, tempFolder } from '../util/index.js'
import { pages, programsOf, textOf, unpack } from './programs.js'

test('the index of the recipes has every page once', () => {
  const listed = [...textOf('README.md').matchAll(/\]\(([a-z-]+\.md)\)/g)].map(([, page]) => page)
  assert.deepEqual(listed.sort(), pages().sort())
})

test('a recipe is a sentence, programs of at most thirty lines and two to five notes, on one screen (H151)', () => {
  for (const page of pages()) {
    const text = textOf(page)
    assert.match(text, /^# .+\n\n[A-Z].+\.\n\n/, page)
    assert.ok(text.split('\n').length <= 60, `${page} is too long`)
    const notes = text.match(/^- /gm)?.length ?? 0
    assert.ok(notes >= 2 && notes <= 5, `${page} has ${notes} notes`)
    assert.ok(programsOf(page).size > 0, page)
    for (const [name, code] of programsOf(page)) {
      const lines = code.split('\n').filter((line) => line.trim() !== '' && line !== `// ${name}`)
      assert.ok(lines.length <= 30, `${name} of ${page} has ${lines.length} lines`)
      for (const line of lines) assert.ok(line.length <= 120, `${page}: ${line}`)
    }
  }
})

const STRICT = {
  target: 'ES2022',
  lib: ['ES2023', 'ESNext.Disposable'],
  module: 'NodeNext',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noUnusedLocals: true,
  noImplicitOverride: true,
  erasableSyntaxOnly: true,
  verbatimModuleSyntax: true,
  noEmit: true,
}

test('the programs of the recipes compile as strict TypeScript', async (t) => {
  const folder = tempFolder(t)
  unpack(folder, [])
  mkdirSync(join(folder, 'node_modules', '@types'))
  symlinkSync(join(root, 'node_modules', '@types', 'node'), join(folder, 'node_modules', '@types', 'node'))
  for (const page of pages()) for (const [name, code] of programsOf(page)) writeFileSync(join(folder, name), code)
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: STRICT, include: ['*.ts'] }))
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { code, stdout } = await run(process.execPath, [tsc, '-p', folder], { patience: 60_000 })
  assert.equal(code, 0, stdout)
})
