import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  AF_INET,
  AF_UNIX,
  IPPROTO_TCP,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from 'berkeley/llsocket'
import { SocketKind } from '#internal/descriptor/kind.js'

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

  test('flags beside the type make no other kind of a socket', () => {
    for (const flags of [SOCK_NONBLOCK, SOCK_CLOEXEC, SOCK_NONBLOCK | SOCK_CLOEXEC])
      assert.equal(kind(AF_UNIX, SOCK_STREAM | flags), kind(AF_UNIX, SOCK_STREAM))
  })
})
