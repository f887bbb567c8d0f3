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
import { accepted, connecting, create, got, listener } from './common.js'

leavesNoFd()

describe('paths', () => {
  for (const length of [106, 107])
    it(`bind() and connect() use a path of ${length} bytes whole (H61)`, (t) => {
      const folder = tempFolder(t)
      const path = `${folder}/${'p'.repeat(length - folder.length - 1)}`
      const server = listener(t, AddrInfo.unix(path))
      assert.equal(lstatSync(path).isSocket(), true)
      assert.equal(server.getsockname().path, path)
      assert.equal(connecting(t, AddrInfo.unix(path)).getpeername().path, path)
      assert.equal(accepted(t, server).getsockname().path, path)
    })

  it('accept() gives the whole path of a client whose path has the greatest length (H48)', (t) => {
    const folder = tempFolder(t)
    const path = `${folder}/${'c'.repeat(106 - folder.length)}`
    const server = listener(t, AddrInfo.unix(abstractName()))
    const client = create(t, AddrInfo.unix(path), SOCK_STREAM)
    client.bind()
    client.connect(server.getsockname())
    assert.equal(accepted(t, server).getpeername().path, path)
    assert.equal(path.length, 107)
  })

  it('bind() makes a file whose name has the same letters of several bytes (H61)', (t) => {
    const folder = tempFolder(t)
    const name = 'ä€😀'
    listener(t, AddrInfo.unix(`${folder}/${name}`))
    assert.deepEqual(readdirSync(folder), [name])
  })

  it('bind() uses a path that is not text byte for byte (H62)', (t) => {
    const folder = tempFolder(t)
    const path = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0xfe])])
    const server = listener(t, AddrInfo.unix(path))
    assert.deepEqual(server.getsockname().path, path)
    assert.equal(existsSync(path), true)
  })
})

describe('abstract names', () => {
  for (const length of [2, 107, 108])
    it(`bind() and connect() use an abstract name of ${length} bytes exactly (H63)`, (t) => {
      const name =
        length === 2 ? `\0${String.fromCharCode(0x21 + (process.pid % 90))}` : abstractName().padEnd(length, '.')
      const server = listener(t, AddrInfo.unix(name))
      assert.equal(server.getsockname().path, name)
      assert.equal(server.getsockname().sockaddr.length, 2 + length)
      assert.equal(connecting(t, AddrInfo.unix(name)).getpeername().path, name)
    })

  it('connect() tells an abstract name from the same name with a NUL at the end (H63)', (t) => {
    const name = abstractName()
    listener(t, AddrInfo.unix(name))
    const other = create(t, AddrInfo.unix(`${name}\0`), SOCK_STREAM)
    assert.throws(() => other.connect(), coded('ECONNREFUSED'))
    other.bind()
    assert.equal(other.getsockname().path, `${name}\0`)
  })

  it('getsockname() gives bytes for an abstract name that is not text (H62)', (t) => {
    const name = Buffer.concat([Buffer.from(abstractName()), Buffer.from([0xff, 0])])
    const server = listener(t, AddrInfo.unix(name))
    assert.deepEqual(server.getsockname().path, name)
  })
})

describe('the unnamed address', () => {
  it('bind() to the unnamed address makes the kernel choose an abstract name (H63)', (t) => {
    const s = create(t, AddrInfo.unix(''), SOCK_DGRAM)
    assert.equal(s.getsockname().path, '')
    s.bind()
    assert.match(String(s.getsockname().path), /^\0[0-9a-f]{5}$/)
  })
})

describe('internet addresses', () => {
  it('getsockname() gives the address that was bound', (t) => {
    const s = create(t, AddrInfo.inet('127.0.0.77'), SOCK_DGRAM)
    s.bind()
    const { addr, port, family, socktype } = s.getsockname()
    assert.deepEqual([addr, family, socktype], ['127.0.0.77', AF_INET, SOCK_DGRAM])
    assert.ok(port !== undefined && port > 0)
  })

  it('bind() throws EADDRNOTAVAIL for an address of another machine', (t) => {
    const s = create(t, AddrInfo.inet('192.0.2.1', 5), SOCK_DGRAM)
    const error = thrownBy(() => s.bind())
    assert.equal(error.message, 'bind EADDRNOTAVAIL 192.0.2.1:5')
  })

  it('getpeername() gives a mapped address for an IPv4 peer of a dual-stack socket (H55)', {
    skip: withoutIpv6(),
  }, (t) => {
    const server = create(t, AddrInfo.inet6('::'), SOCK_STREAM)
    server.bind()
    server.listen()
    connecting(t, AddrInfo.inet('127.0.0.1', got(server.getsockname().port)))
    const peer = accepted(t, server).getpeername()
    assert.deepEqual([peer.family, peer.addr], [AF_INET6, '::ffff:127.0.0.1'])
  })

  it('bind() accepts the zone of the loopback interface (H60)', { skip: withoutIpv6() }, (t) => {
    const s = create(t, AddrInfo.inet6('::1', 0, { scopeid: interfaceIndex('x', 'lo') }), SOCK_DGRAM)
    s.bind()
    assert.equal(s.getsockname().addr, '::1')
  })

  it('connect() to a link-local address without a zone throws EINVAL (H60)', { skip: withoutIpv6() }, (t) => {
    const s = create(t, AddrInfo.inet6('fe80::1', 5), SOCK_DGRAM)
    assert.throws(() => s.connect(), coded('EINVAL'))
  })
})

describe('other families', () => {
  it('bind() binds a netlink socket by raw bytes', (t) => {
    const bytes = Buffer.alloc(12)
    bytes.writeUInt16LE(AF_NETLINK)
    const s = closing(t, socket.create(AddrInfo.raw(bytes, { socktype: SOCK_RAW, protocol: 0 })))
    s.bind()
    const name = s.getsockname()
    assert.deepEqual([name.family, name.sockaddr.length], [AF_NETLINK, 12])
    assert.notEqual(name.sockaddr.readUInt32LE(4), 0)
  })

  it('bind() binds a vsock socket by context id and port', (t) => {
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

  it('bind() throws for an address whose family does not fit the socket', (t) => {
    const s = create(t, ipv4.address(), SOCK_STREAM)
    assert.throws(
      () => s.bind(AddrInfo.unix('/tmp/x')),
      (error: { code: string }) => ['EAFNOSUPPORT', 'EINVAL'].includes(error.code),
    )
    assert.throws(() => s.bind(AddrInfo.raw(Buffer.from([2, 0]))), coded('EINVAL'))
  })
})

describe('without an address', () => {
  it('bind() and connect() throw EDESTADDRREQ on a wrapped socket without an address', (t) => {
    const s = create(t, ipv4.address(), SOCK_STREAM)
    const wrapped = closing(t, socket.wrap(s.unwrap()))
    assert.throws(() => wrapped.bind(), coded('EDESTADDRREQ', { syscall: 'bind' }))
    assert.throws(() => wrapped.connect(), coded('EDESTADDRREQ', { syscall: 'connect' }))
  })
})
