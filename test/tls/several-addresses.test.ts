// A server of TLS that has several addresses: TCP decides which one it is, and the handshake follows.
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { type AddrInfo, connect, listen, type stream } from 'berkeley'
import { threadPoller } from '#internal/engine/choose-poller.js'
import { answering, blackHole, errorOf, refusing, Starts } from '../stream/addresses.js'
import { closing, countFds, eventually, leavesNoFd, within } from '../util/index.js'
import { hostConfig, hostTrust, tlscfg, trust } from './common.js'

leavesNoFd()

// It has a descriptor of its own, which must not be counted during a test.
threadPoller()

const encrypting = async (t: TestContext, host: string): Promise<stream.inet.Server> =>
  closing(t, await listen({ host, tlscfg }))

/** A server that resets every connection when it has heard the hello. */
async function resetting(t: TestContext, host: string): Promise<AddrInfo> {
  const server = await answering(t, host)
  const serve = async (): Promise<void> => {
    for await (const conn of server) {
      await conn.recv()
      conn.linger(0)
      await conn.close()
    }
  }
  void serve()
  return server.getsockname()
}

/** Serves one connection. */
async function served(t: TestContext, server: stream.inet.Server): Promise<stream.inet.Socket> {
  const peer = closing(t, await within(server.accept(), 'the connection'))
  await peer.handshake()
  return peer
}

describe('connect() with TLS to several addresses (H107)', () => {
  test('the handshake is made with the address that is connected first, and the others hear no hello', async (t) => {
    const [dead, server] = [await blackHole(t, '127.0.11.1', 0), await encrypting(t, '127.0.11.2')]
    const other = await answering(t, '127.0.11.3')
    const addresses = [dead, server.getsockname(), other.getsockname()]
    const starts = new Starts()
    const before = countFds()
    const options = { addresses, tlscfg: trust, attemptDelay: 20, prepare: starts.prepare, timeout: 10_000 }
    const connecting = connect(options)
    const accepted = closing(t, await server.accept())
    // The handshake takes longer than several delays.
    await new Promise((later) => setTimeout(later, 100))
    assert.deepEqual(starts.addresses, addresses.slice(0, 2).map(String))
    await accepted.handshake()
    const client = closing(t, await connecting)
    assert.equal(client.authorized, true)
    assert.equal(countFds(), before + 2)
    await client.send('hello')
    assert.equal(String(await accepted.recv()), 'hello')
  })

  test('a connection that breaks during the handshake is a failure of its address, and the next one is tried', async (t) => {
    const server = await encrypting(t, '127.0.11.2')
    const addresses = [await resetting(t, '127.0.11.4'), ...refusing(1, 1), server.getsockname()]
    const connecting = connect({ addresses, tlscfg: trust, attemptDelay: 60_000, timeout: 10_000 })
    await served(t, server)
    const client = closing(t, await connecting)
    assert.equal(String(client.getpeername()), String(server.getsockname()))
    const before = countFds()
    const error = await errorOf(connect({ addresses: addresses.slice(0, 2), tlscfg: trust, timeout: 10_000 }))
    assert.deepEqual(
      error.errors?.map(({ syscall, code, address }) => [syscall, code, address]),
      [
        ['handshake', 'ECONNRESET', '127.0.11.4'],
        ['connect', 'ECONNREFUSED', '127.0.9.1'],
      ],
    )
    assert.equal(countFds(), before)
  })

  test('addresses that lost against one whose handshake breaks are tried again', async (t) => {
    const dead = await blackHole(t, '127.0.11.1', 0)
    const [reset, server] = [await resetting(t, '127.0.11.4'), await encrypting(t, '127.0.11.2')]
    const starts = new Starts()
    const addresses = [dead, reset, server.getsockname()]
    const connecting = connect({
      addresses,
      tlscfg: trust,
      attemptDelay: 20,
      prepare: starts.prepare,
      timeout: 10_000,
    })
    await served(t, server)
    closing(t, await connecting)
    assert.deepEqual(starts.addresses, [dead, reset, dead, server.getsockname()].map(String))
  })

  test('a server that is not trusted ends connect(), and no other address is tried', async (t) => {
    const wrong = closing(t, await listen({ host: '127.0.11.5', tlscfg: hostConfig }))
    const server = await encrypting(t, '127.0.11.2')
    const starts = new Starts()
    const addresses = [wrong.getsockname(), server.getsockname()]
    const before = countFds()
    const connecting = errorOf(connect({ addresses, tlscfg: trust, prepare: starts.prepare, timeout: 10_000 }))
    const peer = closing(t, await wrong.accept())
    await assert.rejects(peer.handshake())
    const error = await connecting
    assert.equal(error.name, 'TlsError')
    assert.equal(starts.addresses.length, 1)
    await peer.close()
    // The alert that says why is to arrive before the connection is closed.
    await eventually(() => countFds() === before, 'the close of the connection')
    const right = connect({ addresses, tlscfg: hostTrust, timeout: 10_000 })
    await served(t, wrong)
    closing(t, await right)
  })

  test('a handshake that nobody answers ends with the deadline, and says so', async (t) => {
    const silent = await answering(t, '127.0.11.6')
    const server = await encrypting(t, '127.0.11.2')
    const addresses = [silent.getsockname(), server.getsockname()]
    const error = await errorOf(connect({ addresses, tlscfg: trust, timeout: 100 }))
    assert.deepEqual([error.name, error.syscall], ['TimeoutError', 'handshake'])
  })
})
