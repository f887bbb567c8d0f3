// nc -F connects, passes the connection over its standard output, and is gone: what a ProxyCommand of ssh does.
import assert from 'node:assert/strict'
import { closeSync } from 'node:fs'
import { describe, test } from 'node:test'
import { connect, listen, stream } from 'berkeley'
import { available, eachFamily, leavesNoFd, start } from '../util/index.js'
import { bounded, ending, ownAddress, type Test } from './common.js'

leavesNoFd()

/** Starts nc with one end of a pair as its standard output; the other end is ours. */
async function passer(t: Test, ...args: string[]) {
  const [ours, theirs] = await stream.unix.pair()
  bounded(t, ours)
  const fd = theirs.detach()
  const child = start(t, 'nc', args, { stdio: ['ignore', fd, 'pipe'] })
  closeSync(fd) // the child has its own
  return { ours, child }
}

describe('nc -F', { skip: available('nc') }, () => {
  eachFamily(({ loopback, family }) => {
    test('nc connects and passes the connection, which works here (H74)', async (t) => {
      const server = bounded(t, await listen({ host: loopback, port: 0 }))
      const { ours, child } = await passer(t, '-n', '-F', loopback, String(server.getsockname().port))
      const peer = bounded(t, await server.accept())
      const fd = await ours.recvfd()
      assert.notEqual(fd, null)
      const client = bounded(t, await stream.inet.wrap(fd as number))
      assert.deepEqual([client.family(), client.cloexec(), client.isnonblock()], [family, true, true])
      assert.equal(String(client.getpeername()), String(server.getsockname()))
      assert.equal(String(client.getsockname()), String(peer.getpeername()))
      assert.equal((await ending(child)).code, 0)
      assert.equal(await ours.recvfd(), null)

      await client.send('by way of nc')
      assert.equal(String(await peer.recv()), 'by way of nc')
      await peer.send('answer')
      assert.equal(String(await client.recv()), 'answer')
      client.closew()
      assert.equal(await peer.recv(), null)
    })
  })

  test('recvfd() resolves to null when nc cannot connect', async (t) => {
    const { host, port } = ownAddress()
    const { ours, child } = await passer(t, '-n', '-v', '-F', host, String(port))
    assert.equal(await ours.recvfd(), null)
    await child.waitForOutput(/refused/)
    assert.equal((await ending(child)).code, 1)
    await assert.rejects(connect({ host, port }), { code: 'ECONNREFUSED' })
  })
})
