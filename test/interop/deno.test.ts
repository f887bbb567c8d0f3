import assert from 'node:assert/strict'
import { test } from 'node:test'
import { available, root, run } from '../util/index.js'

test('a Deno process that uses the synchronous half ends cleanly, and refuses the other half', {
  skip: available('deno'),
}, async () => {
  const program = `
    import { createRequire } from 'node:module'
    const require = createRequire(${JSON.stringify(`${root}/`)})
    const { socket } = require('berkeley/llsocket')
    const { stream } = require('berkeley')
    const [a, b] = socket.pair(1)
    a.send('hello')
    console.log(String(b.recv()))
    a.close()
    b.close()
    const [c] = await stream.unix.pair()
    await c.recv().catch((error) => console.log(error.code))`
  const { stdout, stderr, code, signal } = await run('deno', ['eval', program], { cwd: root })
  assert.deepEqual([stdout, code, signal], ['hello\nERR_UNSUPPORTED_RUNTIME\n', 0, null], stderr)
})
