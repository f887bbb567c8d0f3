// The asynchronous classes where there is no libuv: programs/ on Bun and Deno, and on Node over the same poller. They use no test runner,
// because that is another one on each of them.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { root, tempFolder } from '../util/index.js'
import { absent, runOn, runtimes } from './runtimes.js'

const programs = join(root, 'build', 'test', 'runtimes', 'programs')

/** What each process of programs/ends.ts prints, and its exit status. */
const ENDS: readonly (readonly [name: string, stdout: string, code: number])[] = [
  ['when all is closed', 'later\n', 0],
  ['when nothing waits, though sockets are open', 'later\n', 0],
  ['when only what is unreferenced waits', 'end\n', 0],
  ['not while something waits', 'the end: null\n', 0],
  ['not while a name is looked up', 'http\n', 0],
  ['not while a file is sent', 'sent\n', 0],
  ['by exit(), from within an event', 'last\n', 3],
  ['by exit(), with everything under way', 'exit\n', 4],
  ['by an exception', '', 1],
]

for (const [name, runtime] of Object.entries(runtimes)) {
  describe(`${name}, where a thread waits`, { skip: absent(name) }, () => {
    for (const program of ['streams', 'waits', 'messages', 'descriptors', 'adapters', 'workers'])
      test(`${program} do all that they do in the event loop of Node`, async (t) => {
        const ending = await runOn(runtime, tempFolder(t), [join(programs, `${program}.js`)])
        const failed = ending.stdout.split('\n').filter((line) => line !== '' && !line.startsWith('ok '))
        assert.deepEqual([failed, ending.code, ending.signal], [[], 0, null], ending.stderr)
        assert.match(ending.stdout, /^ok /)
      })

    for (const [end, stdout, code] of ENDS)
      test(`a process ends ${end}`, async (t) => {
        const ending = await runOn(runtime, tempFolder(t), [join(programs, 'ends.js'), end])
        assert.deepEqual([ending.stdout, ending.code, ending.signal], [stdout, code, null], ending.stderr)
      })

    test('the program of examples/everywhere.ts runs unchanged', async (t) => {
      const ending = await runOn(runtime, tempFolder(t), [join(root, 'build', 'examples', 'everywhere.js')])
      const said = ['an echo over TCP', 'the same connection, by a descriptor that was passed', 'a datagram', '']
      assert.deepEqual([ending.stdout, ending.code, ending.signal], [said.join('\n'), 0, null], ending.stderr)
    })
  })
}
