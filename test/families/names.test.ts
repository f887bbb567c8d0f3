// Names and numbers of interfaces, services, protocols and this host; and how much is queued.
import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { describe, it } from 'node:test'
import {
  AddrInfo,
  dgram,
  gethostname,
  getprotobyname,
  getservbyname,
  getservbyport,
  IPPROTO_TCP,
  if_indextoname,
  if_nameindex,
  if_nametoindex,
  listen,
  stream,
} from 'berkeley'
import * as ll from 'berkeley/llsocket'
import { closing, closingAll, leavesNoFd } from '../util/index.js'

leavesNoFd()

const isRefusal = /^(TypeError|RangeError)/

describe('names and numbers', () => {
  it('interfaces are found by name and by index', () => {
    const all = if_nameindex()
    const lo = all.find(({ name }) => name === 'lo')
    assert.ok(lo)
    assert.equal(if_nametoindex('lo'), lo.index)
    assert.equal(if_indextoname(lo.index), 'lo')
    assert.equal(all.length, new Set(all.map(({ index }) => index)).size)
    assert.equal(ll.device.if_nametoindex, if_nametoindex)
    assert.throws(() => if_nametoindex('no-such-if'), { code: 'ENODEV', syscall: 'if_nametoindex' })
    assert.throws(() => if_indextoname(99_999), { code: 'ENXIO', syscall: 'if_indextoname', message: /99999/ })
    for (const wrong of ['', 'x'.repeat(16), 'a\0b', 1, null])
      assert.throws(() => if_nametoindex(wrong as never), isRefusal)
    for (const wrong of [-1, 1.5, 'lo', 2 ** 31]) assert.throws(() => if_indextoname(wrong as never), isRefusal)
  })

  it('services and protocols are found by name and number', () => {
    assert.equal(getservbyname('domain', 'udp'), 53)
    assert.equal(getservbyname('http'), 80)
    assert.equal(getservbyport(53, 'udp'), 'domain')
    assert.equal(getprotobyname('tcp'), IPPROTO_TCP)
    assert.equal(ll.inet.getservbyname('http', 'tcp'), 80)
    assert.throws(() => getservbyname('no-such', 'tcp'), {
      code: 'ENOENT',
      syscall: 'getservbyname',
      message: /no-such\/tcp/,
    })
    assert.throws(() => getservbyport(1, 'no-such'), { code: 'ENOENT', syscall: 'getservbyport' })
    assert.throws(() => getprotobyname('no-such'), { code: 'ENOENT', syscall: 'getprotobyname' })
    for (const wrong of ['', 'a\0b', 'x'.repeat(256), 1, null, Symbol('x'), []]) {
      assert.throws(() => getservbyname(wrong as never), isRefusal)
      assert.throws(() => getservbyname('http', wrong as never), isRefusal)
      assert.throws(() => getprotobyname(wrong as never), isRefusal)
    }
    for (const wrong of [-1, 65536, '53', 1.5]) assert.throws(() => getservbyport(wrong as never), isRefusal)
  })

  it('gethostname() is the name of this host', () => {
    assert.equal(gethostname(), hostname())
  })
})

describe('how much is queued', () => {
  it('siocinq() tells what is there to receive, and siocoutq() what was not received', async (t) => {
    const [a, b] = closingAll(t, await stream.unix.pair())
    assert.deepEqual([a.siocoutq(), b.siocinq()], [0, 0])
    await a.send('x'.repeat(1000))
    assert.equal(b.siocinq(), 1000)
    assert.ok(a.siocoutq() >= 1000)
    await b.recv(400)
    assert.equal(b.siocinq(), 600)
    await b.recv()
    assert.deepEqual([a.siocoutq(), b.siocinq()], [0, 0])
  })

  it('siocinq() of datagrams tells the length of the next one', async (t) => {
    const sock = closing(t, await dgram.inet.Socket.create({ host: '127.0.0.1', port: 0 }))
    await sock.bind()
    await sock.sendto('three', AddrInfo.inet('127.0.0.1', sock.getsockname().port))
    await sock.sendto('two', AddrInfo.inet('127.0.0.1', sock.getsockname().port))
    assert.equal(sock.siocinq(), 5)
    assert.throws(() => sock.siocoutqnsd(), { syscall: 'ioctl' })
  })

  it('siocoutqnsd() of TCP counts what the peer has no room for', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1', port: 0 }))
    const client = closing(
      t,
      await stream.inet.Client.create({ host: '127.0.0.1', port: (server as stream.inet.Server).getsockname().port }),
    )
    const peer = closing(t, await server.accept())
    const sending = client.send(Buffer.alloc(8 << 20)).catch(() => {})
    assert.ok(client.siocoutq() > 0)
    assert.ok(client.siocoutqnsd() <= client.siocoutq())
    assert.throws(() => server.siocinq(), { code: 'EINVAL', syscall: 'ioctl', message: /SIOCINQ/ })
    await peer.close()
    await client.close()
    await sending
    assert.throws(() => client.siocinq(), { code: 'EBADF' })
    assert.throws(() => client.siocoutq(), { code: 'EBADF' })
  })
})
