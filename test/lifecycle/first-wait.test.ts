import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { run, script } from '../util/index.js'

/** Runs a program that may have few descriptors, of which `take()` takes those that are left, and `give()` gives them back. */
async function withFewDescriptors(code: string): Promise<string> {
  const program = `
    import { closeSync, openSync } from 'node:fs'
    import { connect, dgram, listen, stream } from 'berkeley'
    const taken = []
    const take = () => { try { for (;;) taken.push(openSync('/dev/null')) } catch {} }
    const give = () => { for (const fd of taken.splice(0)) closeSync(fd) }
    const told = (error) => error.name + ' ' + error.code
    ${code}`
  const {
    stdout,
    stderr,
    code: status,
  } = await run('sh', ['-c', 'ulimit -n 64; exec "$@"', 'sh', process.execPath, ...script(program)])
  assert.deepEqual([status, stderr], [0, ''])
  return stdout.trim()
}

describe('the first wait of a process, without a free descriptor (H120)', () => {
  test('accept() waits for one, and then for a connection', async () => {
    const said = await withFewDescriptors(`
      const server = await listen({ host: '127.0.0.1', port: 0 })
      take()
      const accepted = server.accept()
      setTimeout(give, 50)
      setTimeout(async () => { (await connect({ host: '127.0.0.1', port: server.getsockname().port })).close() }, 100)
      const conn = await accepted
      console.log(await conn.recv())
      await conn.close()
      await server.close()`)
    assert.equal(said, 'null')
  })

  test('calls that receive and send go on in pauses, and the process ends when they have', async () => {
    const said = await withFewDescriptors(`
      const [a, b] = await stream.unix.pair()
      const [c, d] = await dgram.unix.pair()
      take()
      const received = [a.recv(), c.recv()]
      const large = Buffer.alloc(1 << 22)
      const sent = b.send(large)
      setTimeout(() => d.send('datagram'), 20)
      let count = 0
      while (count < large.length) count += (await (count === 0 ? received[0] : a.recv())).length
      console.log(count === await sent, String(await received[1]))
      give()
      await Promise.all([a, b, c, d].map((sock) => sock.close()))`)
    assert.equal(said, 'true datagram')
  })

  test('deadlines, signals and close() end it', async () => {
    const said = await withFewDescriptors(`
      const [a, b] = await stream.unix.pair()
      take()
      a.deadlines(10)
      console.log(await a.recv().catch(told))
      console.log(await b.recv(1, 0, { signal: AbortSignal.timeout(10) }).catch(told))
      const waiting = b.recv().catch(told)
      b.close()
      console.log(await waiting)
      give()
      a.close()`)
    assert.deepEqual(said.split('\n'), ['TimeoutError ETIMEDOUT', 'AbortError ABORT_ERR', 'SystemError ECANCELED'])
  })

  test('a socket that is not to keep the process alive does not', async () => {
    const said = await withFewDescriptors(`
      const [a, b] = await stream.unix.pair()
      take()
      a.unref().recv().catch(() => {})
      give()
      console.log('over')`)
    assert.equal(said, 'over')
  })
})
