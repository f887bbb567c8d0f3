// Vsock: names, servers and refusals everywhere, conversations where this machine can talk to itself.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import {
  AddrInfo,
  AF_VSOCK,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  VMADDR_CID_ANY,
  VMADDR_CID_LOCAL,
  vsock,
} from 'berkeley'
import { closing, leavesNoFd, within } from '../util/index.js'
import { withoutSocket } from './kernel.js'

leavesNoFd()

const skip = withoutSocket(AF_VSOCK, SOCK_STREAM)

/** The reason why this machine cannot talk to itself by vsock; false where it can. */
async function withoutLoopback(): Promise<string | false> {
  if (skip) return skip
  const server = await vsock.listen()
  try {
    const { port } = server.getsockname()
    const conn = await vsock.connect({ cid: VMADDR_CID_LOCAL, port }, { timeout: 500 })
    await conn.close()
    return false
  } catch (error) {
    return `vsock has no loopback transport here: ${(error as Error).message}`
  } finally {
    await server.close()
  }
}

const noLoopback = await withoutLoopback()

async function listening(t: TestContext): Promise<vsock.Socket> {
  return closing(t, await vsock.listen())
}

describe('vsock', { skip }, () => {
  it('listen() takes a free port on every context id', async (t) => {
    const server = await listening(t)
    const { cid, port, family } = server.getsockname()
    assert.deepEqual([cid, family], [VMADDR_CID_ANY, AF_VSOCK])
    assert.ok(port >= 1024)
    await assert.rejects(vsock.listen({ port }), { code: 'EADDRINUSE', port })
  })

  it('accept() waits, until it is aborted or the server is closed', async (t) => {
    const server = await listening(t)
    await assert.rejects(server.accept({ timeout: 20 }), { name: 'TimeoutError' })
    await assert.rejects(server.accept({ signal: AbortSignal.timeout(20) }), { name: 'AbortError' })
    const last = server.accept()
    await server.close()
    await assert.rejects(within(last, 'the end of accept'), { code: 'ECANCELED' })
  })

  it('connect() to nobody rejects, and leaves nothing open', async () => {
    await assert.rejects(
      vsock.connect({ cid: 0xfffffffe, port: 1 }, { timeout: 3000 }),
      (error: Error & { code: string }) =>
        ['ENODEV', 'ECONNRESET', 'ENETUNREACH', 'EADDRNOTAVAIL', 'ETIMEDOUT', 'EHOSTUNREACH'].includes(error.code),
    )
  })

  it('options and addresses of a vsock are checked', async (t) => {
    for (const wrong of [{ cid: -1 }, { port: 2 ** 32 }, { cid: '2' }, { prot: 1 }])
      await assert.rejects(vsock.Socket.create(wrong as never), /^(TypeError|RangeError)/, JSON.stringify(wrong))
    const sock = closing(t, await vsock.Socket.create())
    const foreign = AddrInfo.inet('127.0.0.1', 1)
    await assert.rejects(sock.connect(foreign), { code: 'EAFNOSUPPORT', syscall: 'connect' })
    await assert.rejects(sock.bind(foreign), { code: 'EAFNOSUPPORT', syscall: 'bind' })
    sock.vsockconnecttimeout(0.5)
    assert.equal(sock.vsockconnecttimeout(), 0.5)
  })

  it('datagrams without a transport are an error that names them', {
    skip: withoutSocket(AF_VSOCK, SOCK_DGRAM) ? false : 'this kernel has vsock datagrams',
  }, async () => {
    await assert.rejects(vsock.DgramSocket.create(), { code: 'ENODEV', message: /AF_VSOCK, SOCK_DGRAM/ })
  })

  it('vsock.wrap() adopts a listener', async (t) => {
    const fd = (await listening(t)).detach()
    const server = closing(t, await vsock.wrap(fd))
    assert.equal(server.acceptconn(), true)
  })

  it('streams talk both ways, and end', { skip: noLoopback }, async (t) => {
    const server = await listening(t)
    const { port } = server.getsockname()
    const client = closing(t, await vsock.connect({ cid: VMADDR_CID_LOCAL, port }, { timeout: 5000 }))
    const peer = closing(t, await server.accept({ timeout: 5000 }))
    assert.ok(peer instanceof vsock.Socket)
    assert.equal(client.getpeername().port, port)
    await client.send('hello')
    assert.equal(String(await peer.recv()), 'hello')
    await peer.send('and back')
    assert.equal(String(await client.recv()), 'and back')
    client.closew()
    assert.equal(await peer.recv(), null)
  })

  it('seqpackets keep boundaries', { skip: noLoopback || withoutSocket(AF_VSOCK, SOCK_SEQPACKET) }, async (t) => {
    const server = closing(t, await vsock.SeqpacketSocket.create())
    await server.bind()
    server.listen()
    const client = closing(t, await vsock.SeqpacketSocket.create())
    const port = server.getsockname().port as number
    await client.connect(AddrInfo.vsock(VMADDR_CID_LOCAL, port), { timeout: 5000 })
    const peer = closing(t, await server.accept({ timeout: 5000 }))
    await client.send('one')
    await client.send('two')
    assert.deepEqual([String(await peer.recv()), String(await peer.recv())], ['one', 'two'])
  })
})
