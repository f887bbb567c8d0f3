// The classes of the namespace `tls`, which cannot forget TLS.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AddrInfo, connect, stream, tls } from 'berkeley'
import { type Socket as LowSocket, SOCK_STREAM, socket } from 'berkeley/llsocket'
import { abstractName, closing, coded, leavesNoFd } from '../util/index.js'
import { hostAuthority, hostConfig, hostTrust, listeningFd, talk } from './common.js'

leavesNoFd()

const address = { host: '127.0.0.1', port: 9 }

describe('classes', () => {
  test('tls.inet.Server and tls.inet.Client speak TLS, created or wrapped', async (t) => {
    const made = closing(t, await tls.inet.Server.create({ host: '127.0.0.1', tlscfg: hostConfig }))
    made.listen()
    const fd = listeningFd(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_STREAM }))
    const adopted = closing(t, await tls.inet.Server.wrap<stream.inet.Server>(fd, hostConfig))
    for (const server of [made, adopted]) {
      const { port } = server.getsockname()
      await talk(t, server, tls.inet.Client.create({ host: '127.0.0.1', port, tlscfg: hostTrust }))
    }
  })

  test('tls.unix.Server and tls.unix.Client speak TLS, created or wrapped', async (t) => {
    const [path, other] = [abstractName(), abstractName()]
    const made = closing(t, await tls.unix.Server.create<stream.unix.Server>({ path, tlscfg: hostConfig }))
    made.listen()
    const fd = listeningFd(AddrInfo.unix(other, { socktype: SOCK_STREAM }))
    const adopted = closing(t, await tls.unix.Server.wrap<stream.unix.Server>(fd, hostConfig))
    const client = (at: string): Promise<stream.unix.Client> =>
      tls.unix.Client.create<stream.unix.Client>({ path: at, tlscfg: hostTrust }, true, 5000)
    await talk(t, made, client(path))
    await talk(t, adopted, client(other))
  })

  test('create() and wrap() refuse to work without a tlscfg and leave the descriptor alone', async () => {
    const calls = [
      () => tls.inet.Server.create({ host: '127.0.0.1' } as never),
      () => tls.inet.Client.create({ host: '127.0.0.1', port: 9 } as never),
      () => tls.unix.Server.create({ path: abstractName() } as never),
      () => tls.unix.Client.create({ path: abstractName() } as never),
    ]
    for (const call of calls)
      await assert.rejects(call(), coded('ERR_INVALID_ARG_TYPE', { message: /options\.tlscfg/ }))
    const fd = listeningFd(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_STREAM }))
    for (const bad of [undefined, 5, { cert: 'none' }, tls.Context.client()])
      for (const wrap of [() => tls.inet.Server.wrap(fd, bad as never), () => tls.unix.Server.wrap(fd, bad as never)])
        await assert.rejects(wrap, { code: /^ERR_(INVALID_ARG_(TYPE|VALUE)|SSL_|TLS_)/ })
    socket.close(fd)
  })
})

describe('createConnection()', () => {
  test('accept() rejects when createConnection() ignores TLS', async (t) => {
    class Forgetful extends stream.inet.Server {
      override createConnection(sock: LowSocket): stream.inet.Socket {
        return new stream.inet.Socket(sock)
      }
    }
    const server = closing(t, await Forgetful.create({ host: '127.0.0.1', tlscfg: hostConfig }))
    server.listen()
    const { port } = server.getsockname()
    const calling = connect({ host: '127.0.0.1', port, tlscfg: hostTrust })
    calling.catch(() => {})
    await assert.rejects(server.accept(), coded('EPROTO', { message: /without TLS: pass "tls" on/ }))
    await assert.rejects(calling)
  })

  test('accept() rejects a connection whose class encrypted no socket, and other sockets know nothing of its session', async (t) => {
    class Misguided extends stream.inet.Server {
      override createConnection(...[, tls]: Parameters<stream.inet.Server['createConnection']>): stream.inet.Socket {
        return new stream.inet.Socket(undefined, tls)
      }
    }
    const server = closing(t, await Misguided.create({ host: '127.0.0.1', tlscfg: hostConfig }))
    server.listen()
    const { port } = server.getsockname()
    const calling = connect({ host: '127.0.0.1', port, tlscfg: hostTrust })
    calling.catch(() => {})
    await assert.rejects(server.accept(), coded('EBADF'))
    await assert.rejects(calling)
    const other = closing(t, await stream.inet.Client.create({ ...address }, false))
    assert.deepEqual([other.encrypted, other.getPeerCertificate()], [false, undefined])
    assert.throws(() => other.closew(), coded('EBADF'))
  })
})

describe('options of a client', () => {
  test('create() refuses options of TLS without a tlscfg', async () => {
    for (const more of [{ servername: 'host.example' }, { session: Buffer.alloc(1) }])
      await assert.rejects(
        stream.inet.Client.create({ ...address, ...more } as never),
        coded('ERR_INVALID_ARG_VALUE', { message: /without a "tlscfg"/ }),
      )
  })

  test('create() refuses a path without a servername for the certificate', async () => {
    await assert.rejects(
      stream.unix.Client.create({ path: abstractName(), tlscfg: { ca: hostAuthority.pem } }),
      coded('ERR_INVALID_ARG_VALUE', { message: /needs a "servername"/ }),
    )
  })

  test('connect() rejects on a client that was made without options', async () => {
    await assert.rejects(new stream.inet.Client().connect(), coded('EDESTADDRREQ', { syscall: 'connect' }))
  })
})
