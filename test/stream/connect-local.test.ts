// localAddress and localPort: where the connections of a client come from.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AddrInfo, connect, type stream } from 'berkeley'
import { closing, leavesNoFd, withoutIpv6 } from '../util/index.js'
import { answering, blackHole, errorOf, freePort, refusing, Starts, tcp6 } from './addresses.js'
import { portOf, tcp } from './common.js'

leavesNoFd()

describe('localAddress and localPort (H109)', () => {
  test('a client connects from the address and port that it is given', async (t) => {
    const server = await answering(t, '127.0.0.1')
    const port = portOf(server)
    const localPort = await freePort()
    const cases: [options: object, from: RegExp][] = [
      [{ localAddress: '127.0.8.1' }, /^127\.0\.8\.1:[1-9]/],
      [{ localPort }, new RegExp(`^127\\.0\\.0\\.1:${localPort}$`)],
      [{ localAddress: '127.0.8.2', localPort }, new RegExp(`^127\\.0\\.8\\.2:${localPort}$`)],
      [{ localAddress: '127.0.8.3', localPort: 0 }, /^127\.0\.8\.3:[1-9]/],
      [{ localPort: 0 }, /^127\.0\.0\.1:[1-9]/],
    ]
    for (const [options, from] of cases) {
      const client = closing(t, await connect({ host: '127.0.0.1', port, ...options }))
      const peer = closing(t, await server.accept())
      assert.match(String(client.getsockname()), from)
      assert.equal(String(peer.getpeername()), String(client.getsockname()))
    }
  })

  test('a port that the kernel chooses can be shared by connections to several peers', async (t) => {
    const server = await answering(t, '127.0.0.1')
    const { port } = server.getsockname()
    const client = closing(t, await connect({ host: '127.0.0.1', port, localAddress: '127.0.8.1' }))
    assert.equal(client.bindaddressnoport(), true)
    // prepare() has the last word.
    const prepare = (sock: { bindaddressnoport(on: boolean): boolean }): void => void sock.bindaddressnoport(false)
    const other = closing(t, await connect({ host: '127.0.0.1', port, localAddress: '127.0.8.1', prepare }))
    assert.equal(other.bindaddressnoport(), false)
    const free = closing(t, await connect({ host: '127.0.0.1', port }))
    assert.equal(free.bindaddressnoport(), false)
  })

  test('all attempts of connect() come from the same port', async (t) => {
    const server = await answering(t, '127.0.8.4')
    const { port } = server.getsockname()
    const localPort = await freePort()
    const addresses = [await blackHole(t, '127.0.8.5', port), ...refusing(port, 2), server.getsockname()]
    for (let i = 0; i < 3; i++) {
      const client = closing(t, await connect({ addresses, attemptDelay: 10, localPort, timeout: 10_000 }))
      assert.equal(String(client.getsockname()), `127.0.0.1:${localPort}`)
      const peer = closing(t, await server.accept())
      // Its end waits in TIME_WAIT, which does not matter.
      await client.close()
      await peer.close()
    }
  })

  test('addresses of another family than the local one are left out, and the error says so', {
    skip: withoutIpv6(),
  }, async (t) => {
    const server = await answering(t, '127.0.0.1')
    const port = portOf(server)
    const starts = new Starts()
    const addresses = [tcp6('::1', port), tcp('127.0.0.1', port)]
    closing(t, await connect({ addresses, localAddress: '127.0.0.1', prepare: starts.prepare }))
    closing(t, await connect({ port, localAddress: '127.0.0.1', prepare: starts.prepare }))
    assert.deepEqual(starts.addresses, [`127.0.0.1:${port}`, `127.0.0.1:${port}`])
    const error = await errorOf(connect({ addresses: addresses.slice(1), localAddress: '::1' }))
    assert.equal(error.code, 'EAFNOSUPPORT')
    assert.equal(error.message, `connect EAFNOSUPPORT: no address of the family of ::1 among 127.0.0.1:${port}`)
    await assert.rejects(connect({ host: '127.0.0.1', port, localAddress: '::1' }), { code: 'EAFNOSUPPORT' })
  })

  test('connect() over IPv6 comes from the local address and port', { skip: withoutIpv6() }, async (t) => {
    const server = await answering(t, '::1')
    const { port } = server.getsockname()
    const localPort = await freePort()
    const client = closing(t, await connect({ host: '::1', port, localAddress: '::1', localPort }))
    assert.equal(String(client.getsockname()), `[::1]:${localPort}`)
    const wild = closing(t, await connect({ host: '::1', port, localPort: await freePort() }))
    assert.equal(wild.getsockname().addr, '::1')
  })

  test('errors of bind(2) are those of the address that was tried', async (t) => {
    const server = await answering(t, '127.0.0.1')
    const { port } = server.getsockname()
    await assert.rejects(connect({ host: '127.0.0.1', port, localAddress: '192.0.2.99' }), {
      message: 'bind EADDRNOTAVAIL 192.0.2.99:0',
    })
    await assert.rejects(connect({ host: '127.0.0.1', port, localAddress: '127.0.0.1', localPort: port }), {
      message: `bind EADDRINUSE 127.0.0.1:${port}`,
    })
  })

  test('an address beside a prepare() that binds the socket is refused', async (t) => {
    const server = await answering(t, '127.0.0.1')
    for (const own of [AddrInfo.inet('127.0.8.1'), AddrInfo.inet('0.0.0.0', await freePort())]) {
      const prepare = (sock: { bind(ai: AddrInfo): void }): void => sock.bind(own)
      for (const local of [{ localAddress: '127.0.8.2' }, { localPort: await freePort() }]) {
        const twice = connect({ host: '127.0.0.1', port: portOf(server), ...local, prepare })
        await assert.rejects(twice, { code: 'EINVAL', syscall: 'bind', message: /prepare\(\) has bound it already/ })
      }
    }
  })

  test('connect() refuses what is no local address or port before anything is looked up', async () => {
    const lookup = (): never => assert.fail('it was asked')
    const at = { host: 'a.example', port: 1, lookup }
    for (const localAddress of ['', 'localhost', '127.1', '127.0.0.1:80', '127.0.0.1\0', '::1 '])
      await assert.rejects(connect({ ...at, localAddress }), {
        code: 'ERR_INVALID_ARG_VALUE',
        message: /"options\.localAddress" must/,
      })
    for (const localPort of [-1, 65536, 1.5, Number.NaN])
      await assert.rejects(connect({ ...at, localPort }), { code: 'ERR_OUT_OF_RANGE', message: /localPort/ })
    for (const wrong of [{ localAddress: 7 }, { localAddress: null }, { localPort: '80' }, { localPort: null }])
      await assert.rejects(connect({ ...at, ...wrong } as unknown as stream.inet.ClientOptions), {
        code: 'ERR_INVALID_ARG_TYPE',
        message: /"options\.local/,
      })
  })
})
