// Addresses as the kernel sees them: what is bound is what reads back, to the byte.
import assert from 'node:assert/strict'
import { existsSync, lstatSync, readdirSync } from 'node:fs'
import { describe, it } from 'node:test'
import {
  AddrInfo,
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_VSOCK,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_STREAM,
  socket,
} from 'berkeley/llsocket'
import { interfaceIndex } from '#internal/address/interface-index.js'
import { abstractName, closing, coded, ipv4, leavesNoFd, tempFolder, thrownBy, withoutIpv6 } from '../util/index.js'
import { accepted, connecting, create, got, listener } from './sockets.js'

leavesNoFd()

describe('a path', () => {
  for (const length of [106, 107])
    it(`of ${length} bytes is bound whole, and connected to (H61)`, (t) => {
      const folder = tempFolder(t)
      const path = `${folder}/${'p'.repeat(length - folder.length - 1)}`
      const server = listener(t, AddrInfo.unix(path))
      assert.equal(lstatSync(path).isSocket(), true)
      assert.equal(server.getsockname().path, path)
      assert.equal(connecting(t, AddrInfo.unix(path)).getpeername().path, path)
      assert.equal(accepted(t, server).getsockname().path, path)
    })

  it('of a connecting socket is its whole name for the one that accepts (H48)', (t) => {
    const folder = tempFolder(t)
    const path = `${folder}/${'c'.repeat(106 - folder.length)}`
    const server = listener(t, AddrInfo.unix(abstractName()))
    const client = create(t, AddrInfo.unix(path), SOCK_STREAM)
    client.bind()
    client.connect(server.getsockname())
    assert.equal(accepted(t, server).getpeername().path, path)
    assert.equal(path.length, 107)
  })

  it('with letters of several bytes is the same file for everybody (H61)', (t) => {
    const folder = tempFolder(t)
    const name = 'ä€😀'
    listener(t, AddrInfo.unix(`${folder}/${name}`))
    assert.deepEqual(readdirSync(folder), [name])
  })

  it('that is no text is bound byte for byte (H62)', (t) => {
    const folder = tempFolder(t)
    const path = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0xfe])])
    const server = listener(t, AddrInfo.unix(path))
    assert.deepEqual(server.getsockname().path, path)
    assert.equal(existsSync(path), true)
  })
})

describe('an abstract name', () => {
  for (const length of [2, 107, 108])
    it(`of ${length} bytes is exact (H63)`, (t) => {
      const name =
        length === 2 ? `\0${String.fromCharCode(0x21 + (process.pid % 90))}` : abstractName().padEnd(length, '.')
      const server = listener(t, AddrInfo.unix(name))
      assert.equal(server.getsockname().path, name)
      assert.equal(server.getsockname().sockaddr.length, 2 + length)
      assert.equal(connecting(t, AddrInfo.unix(name)).getpeername().path, name)
    })

  it('is another one with a NUL behind it (H63)', (t) => {
    const name = abstractName()
    listener(t, AddrInfo.unix(name))
    const other = create(t, AddrInfo.unix(`${name}\0`), SOCK_STREAM)
    assert.throws(() => other.connect(), coded('ECONNREFUSED'))
    other.bind()
    assert.equal(other.getsockname().path, `${name}\0`)
  })

  it('is bytes where it is no text (H62)', (t) => {
    const name = Buffer.concat([Buffer.from(abstractName()), Buffer.from([0xff, 0])])
    const server = listener(t, AddrInfo.unix(name))
    assert.deepEqual(server.getsockname().path, name)
  })
})

describe('the unnamed address', () => {
  it('makes bind choose a free abstract name (H63)', (t) => {
    const s = create(t, AddrInfo.unix(''), SOCK_DGRAM)
    assert.equal(s.getsockname().path, '')
    s.bind()
    assert.match(String(s.getsockname().path), /^\0[0-9a-f]{5}$/)
  })
})

describe('an internet address', () => {
  it('reads back as it was bound', (t) => {
    const s = create(t, AddrInfo.inet('127.0.0.77'), SOCK_DGRAM)
    s.bind()
    const { addr, port, family, socktype } = s.getsockname()
    assert.deepEqual([addr, family, socktype], ['127.0.0.77', AF_INET, SOCK_DGRAM])
    assert.ok(port !== undefined && port > 0)
  })

  it('that is not of this machine cannot be bound', (t) => {
    const s = create(t, AddrInfo.inet('192.0.2.1', 5), SOCK_DGRAM)
    const error = thrownBy(() => s.bind())
    assert.equal(error.message, 'bind EADDRNOTAVAIL 192.0.2.1:5')
  })

  it('of a peer over IPv4 is mapped on a dual-stack socket (H55)', { skip: withoutIpv6() }, (t) => {
    const server = create(t, AddrInfo.inet6('::'), SOCK_STREAM)
    server.bind()
    server.listen()
    connecting(t, AddrInfo.inet('127.0.0.1', got(server.getsockname().port)))
    const peer = accepted(t, server).getpeername()
    assert.deepEqual([peer.family, peer.addr], [AF_INET6, '::ffff:127.0.0.1'])
  })

  it('of the loopback interface takes its zone (H60)', { skip: withoutIpv6() }, (t) => {
    const s = create(t, AddrInfo.inet6('::1', 0, { scopeid: interfaceIndex('x', 'lo') }), SOCK_DGRAM)
    s.bind()
    assert.equal(s.getsockname().addr, '::1')
  })

  it('of a link without its zone is refused by the kernel (H60)', { skip: withoutIpv6() }, (t) => {
    const s = create(t, AddrInfo.inet6('fe80::1', 5), SOCK_DGRAM)
    assert.throws(() => s.connect(), coded('EINVAL'))
  })
})

describe('other families', () => {
  it('netlink is bound by raw bytes', (t) => {
    const bytes = Buffer.alloc(12)
    bytes.writeUInt16LE(AF_NETLINK)
    const s = closing(t, socket.create(AddrInfo.raw(bytes, { socktype: SOCK_RAW, protocol: 0 })))
    s.bind()
    const name = s.getsockname()
    assert.deepEqual([name.family, name.sockaddr.length], [AF_NETLINK, 12])
    assert.notEqual(name.sockaddr.readUInt32LE(4), 0)
  })

  it('vsock is bound by context id and port, where there is any', (t) => {
    let s: ReturnType<typeof create>
    try {
      s = create(t, AddrInfo.vsock(0xffffffff, 0xffffffff), SOCK_STREAM)
    } catch (error) {
      return t.skip(`no vsock: ${(error as Error).message}`)
    }
    s.bind()
    assert.equal(s.getsockname().family, AF_VSOCK)
    assert.notEqual(s.getsockname().port, 0xffffffff)
  })

  it('are refused where they do not fit the socket', (t) => {
    const s = create(t, ipv4.address(), SOCK_STREAM)
    assert.throws(
      () => s.bind(AddrInfo.unix('/tmp/x')),
      (error: { code: string }) => ['EAFNOSUPPORT', 'EINVAL'].includes(error.code),
    )
    assert.throws(() => s.bind(AddrInfo.raw(Buffer.from([2, 0]))), coded('EINVAL'))
  })
})

describe('names without need', () => {
  it('a socket that was wrapped has no address to bind or connect to', (t) => {
    const s = create(t, ipv4.address(), SOCK_STREAM)
    const wrapped = closing(t, socket.wrap(s.unwrap()))
    assert.throws(() => wrapped.bind(), coded('EDESTADDRREQ', { syscall: 'bind' }))
    assert.throws(() => wrapped.connect(), coded('EDESTADDRREQ', { syscall: 'connect' }))
  })
})
