// The asynchronous classes where there is no libuv: programs/ on Bun and Deno, and on Node over the same poller. They use no test runner,
// because that is another one on each of them.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { root, tempFolder } from '../util/index.js'
import { absent, type Runtime, runOn, runtimes } from './runtimes.js'

const programs = join(root, 'build', 'test', 'runtimes', 'programs')

/** What each process of programs/ends.ts prints, and its exit status. */
const ENDS: readonly (readonly [name: string, stdout: string, code: number])[] = [
  ['ends when all is closed', 'later\n', 0],
  ['ends when nothing waits, though sockets are open', 'later\n', 0],
  ['ends when only what is unreferenced waits', 'end\n', 0],
  ['does not end while something waits', 'the end: null\n', 0],
  ['does not end while a name is looked up', 'http\n', 0],
  ['does not end while a file is sent', 'sent\n', 0],
  ['ends by exit(), from within an event', 'last\n', 3],
  ['ends by exit(), with everything under way', 'exit\n', 4],
  ['ends by an exception', '', 1],
]

/** The tests of one runtime. A file each, because a file has a limit of time. */
export function tryOn(name: string): void {
  const runtime = runtimes[name] as Runtime

  describe(`${name}, where a thread waits`, { skip: absent(name) }, () => {
    for (const program of ['streams', 'waits', 'messages', 'descriptors', 'adapters', 'workers'])
      test(`${program} do on ${name} what they do in the event loop of Node (H156)`, async (t) => {
        const ending = await runOn(runtime, tempFolder(t), [join(programs, `${program}.js`)])
        const failed = ending.stdout.split('\n').filter((line) => line !== '' && !line.startsWith('ok '))
        assert.deepEqual([failed, ending.code, ending.signal], [[], 0, null], ending.stderr)
        assert.match(ending.stdout, /^ok /)
      })

    for (const [end, stdout, code] of ENDS)
      test(`a process of ${name} ${end} (H156)`, async (t) => {
        const ending = await runOn(runtime, tempFolder(t), [join(programs, 'ends.js'), end])
        assert.deepEqual([ending.stdout, ending.code, ending.signal], [stdout, code, null], ending.stderr)
      })

    test(`the program of examples/everywhere.ts runs unchanged on ${name}`, async (t) => {
      const ending = await runOn(runtime, tempFolder(t), [join(root, 'build', 'examples', 'everywhere.js')])
      const said = ['an echo over TCP', 'the same connection, by a descriptor that was passed', 'a datagram', '']
      assert.deepEqual([ending.stdout, ending.code, ending.signal], [said.join('\n'), 0, null], ending.stderr)
    })
  })
}
