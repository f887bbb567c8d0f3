// What docs/runtimes.md says of the runtimes' own parts, by the programs on that page: should one of them print something else, the page is out of
// date, and so is what the library refuses there.
import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { stream } from 'berkeley'
import { closingAll, root, tempFolder } from '../util/index.js'
import { absent, type Runtime, runOn, runtimes } from './runtimes.js'

const page = readFileSync(join(root, 'docs', 'runtimes.md'), 'utf8')
const [, lacking = ''] = page.split('## What their own parts lack')
const samples = [...lacking.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code as string)

/** What each of them prints where the runtime lacks something, and on Node. */
const LIMITS: readonly (readonly [what: string, runtime: string, lacking: RegExp, complete: RegExp])[] = [
  ['to read a descriptor that it has not opened', 'Deno', /EBADF/, /^4\n$/],
  ['a descriptor of its sockets', 'Deno', /^undefined\n$/, /^\d+\n$/],
  ['a socket of a descriptor', 'Bun', /^$/, /^hello\n$/],
  ['an HTTP server that is a server of node:net', 'Bun', /^false\n$/, /^true\n$/],
]

for (const [index, [what, name, lacking, complete]] of LIMITS.entries())
  test(`${name} lacks ${what} (H157)`, { skip: absent(name) }, async (t) => {
    const folder = tempFolder(t)
    const program = join(folder, 'program.mjs')
    writeFileSync(program, samples[index] as string)
    const [ours, theirs] = closingAll(t, await stream.unix.pair())
    const file = openSync('/etc/passwd', 'r')
    t.after(() => closeSync(file))
    await ours.send('hello')
    // A socket that is never closed would keep the program alive.
    ours.closew()
    const said = async (runtime: Runtime): Promise<string> => {
      const { stdout, stderr } = await runOn(runtime, folder, [program], { stdio: [theirs.fd(), 'pipe', 'pipe', file] })
      return lacking.source === 'EBADF' ? stdout + stderr : stdout
    }
    assert.match(await said(runtimes[name] as Runtime), lacking)
    assert.match(await said(runtimes['Node'] as Runtime), complete)
  })

test('the page has a program for each of them', () => {
  assert.equal(samples.length, LIMITS.length)
})
