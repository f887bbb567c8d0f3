import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  AddrInfo,
  AF_INET,
  AF_UNIX,
  IPPROTO_TCP,
  MSG_PEEK,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  socket,
} from 'berkeley/llsocket'
import { SocketKind } from '#internal/descriptor/kind.js'
import { closing, closingAll, leavesNoFd } from '../../util/index.js'

leavesNoFd()

const kind = (family: number, socktype: number, protocol = 0): SocketKind =>
  SocketKind.from({ family, socktype, protocol })

describe('SocketKind', () => {
  test('sockets of one family, type and protocol share a kind', () => {
    assert.equal(kind(AF_UNIX, SOCK_STREAM), kind(AF_UNIX, SOCK_STREAM))
    assert.notEqual(kind(AF_UNIX, SOCK_STREAM), kind(AF_INET, SOCK_STREAM))
  })

  test('the type says whether messages have boundaries, and what 0 bytes and short reads mean', () => {
    const rows: [of: SocketKind, boundaries: boolean, drains: boolean, eof: boolean][] = [
      [kind(AF_INET, SOCK_STREAM, IPPROTO_TCP), false, true, true],
      [kind(AF_UNIX, SOCK_STREAM), false, false, true],
      [kind(AF_UNIX, SOCK_SEQPACKET), true, false, true],
      [kind(AF_UNIX, SOCK_DGRAM), true, false, false],
      [kind(AF_INET, SOCK_RAW), true, false, false],
    ]
    for (const [{ preservesBoundaries, shortReadDrains, zeroMeansEof }, ...expected] of rows)
      assert.deepEqual([preservesBoundaries, shortReadDrains, zeroMeansEof], expected)
  })

  for (const flags of [SOCK_NONBLOCK, SOCK_CLOEXEC, SOCK_NONBLOCK | SOCK_CLOEXEC])
    test(`flags beside the type (${flags}) make no other kind of a socket, and show no memory that nothing was received into`, (t) => {
      assert.equal(kind(AF_UNIX, SOCK_STREAM | flags), kind(AF_UNIX, SOCK_STREAM))
      const [a, b] = closingAll(t, socket.pair(SOCK_STREAM | flags))
      a.send('0123456789')
      assert.deepEqual([b.socktype(), String(b.recv(4)), String(b.recv(10))], [SOCK_STREAM, '0123', '456789'])
      const tcp = AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_STREAM })
      const server = closing(t, socket.create(tcp))
      server.bind()
      server.listen()
      const address = AddrInfo.inet('127.0.0.1', server.getsockname().port ?? 0, { socktype: SOCK_STREAM | flags })
      const client = closing(t, socket.create(address))
      client.connect()
      server.recvable(1000)
      const peer = server.accept()
      assert.ok(typeof peer === 'object')
      closing(t, peer).send('hello world')
      client.recvable(1000)
      assert.equal(String(client.recv(4, MSG_PEEK)), 'hell')
      assert.equal(String(client.recv()), 'hello world')
    })
})
