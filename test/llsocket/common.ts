// What the tests of llsocket share.
import assert from 'node:assert/strict'
import { closeSync, existsSync, fstatSync, openSync, readFileSync } from 'node:fs'
import type { TestContext } from 'node:test'
import {
  type AddrInfo,
  AGAIN,
  CmsgHdr,
  inet,
  MsgHdr,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  Socket,
  socket,
} from 'berkeley/llsocket'
import { sys } from '#internal/constants/lookup.js'
import { native } from '#internal/native/sockets.js'
import { closing, closingAll, type Family, ipv4, PATIENCE_MS } from '../util/index.js'

type Test = Pick<TestContext, 'after'>

/** What is there, where AGAIN or the end would be a failure of the test. */
export function got<T>(value: T): Exclude<T, symbol | null | undefined> {
  assert.notEqual(value, AGAIN, 'it would have to wait')
  assert.ok(value !== null && value !== undefined, 'there is nothing')
  return value as Exclude<T, symbol | null | undefined>
}

/** A socket for an address, closed after the test. */
export function create(t: Test, ai: AddrInfo, socktype: number, nonblock = true): Socket {
  return closing(t, socket.create(ai.with({ socktype }), nonblock))
}

/** Two connected unix sockets, closed after the test. */
export function pair(t: Test, socktype: number, nonblock = true): [Socket, Socket] {
  return closingAll(t, socket.pair(socktype, nonblock))
}

/** A socket that listens on an address. */
export function listener(t: Test, ai: AddrInfo, socktype = SOCK_STREAM): Socket {
  const server = create(t, ai, socktype)
  server.bind()
  server.listen()
  return server
}

/** Accepts, waiting until there is a connection; closed after the test. */
export function accepted(t: Test, server: Socket): Socket {
  assert.ok(server.recvable(PATIENCE_MS), 'no connection comes')
  const peer = server.accept()
  assert.ok(peer instanceof Socket)
  return closing(t, peer)
}

/** A socket that is connected to an address, or about to be. */
export function connecting(t: Test, ai: AddrInfo, socktype = SOCK_STREAM): Socket {
  const client = create(t, ai, socktype)
  if (client.connect() === AGAIN) {
    assert.ok(client.sendable(PATIENCE_MS), 'no connection')
    assert.equal(client.error(), 0)
  }
  return client
}

/** Two TCP sockets that are connected: the client, and what the server accepted. */
export function tcpPair(t: Test, family: Family): [Socket, Socket] {
  const server = listener(t, family.address())
  const client = connecting(t, server.getsockname())
  return [client, accepted(t, server)]
}

/** Two UDP sockets; the first is connected to the second, which is only bound. */
export function udpPair(t: Test, family: Family): [Socket, Socket] {
  const receiver = create(t, family.address(), SOCK_DGRAM)
  receiver.bind()
  return [connecting(t, receiver.getsockname(), SOCK_DGRAM), receiver]
}

/** What arrives next, waiting for it. */
export function received(from: Socket): string {
  assert.ok(from.recvable(PATIENCE_MS), 'nothing arrives')
  return String(got(from.recv()))
}

/** All that arrives until the peer has closed. */
export function receivedAll(from: Socket): Buffer {
  const parts: Buffer[] = []
  for (;;) {
    assert.ok(from.recvable(PATIENCE_MS), 'nothing arrives')
    const part = from.recv()
    if (part === null) return Buffer.concat(parts)
    if (part !== AGAIN) parts.push(part)
  }
}

/** So many bytes of a stream, waiting for them. */
export function receivedExactly(from: Socket, bytes: number): Buffer {
  const parts: Buffer[] = []
  for (let sum = 0; sum < bytes; ) {
    assert.ok(from.recvable(PATIENCE_MS))
    const part = got(from.recv())
    parts.push(part)
    sum += part.length
  }
  return Buffer.concat(parts)
}

/** The types of unix sockets. */
export const types = [
  ['stream', SOCK_STREAM],
  ['dgram', SOCK_DGRAM],
  ['seqpacket', SOCK_SEQPACKET],
] as const

/** Both ends of a connection, in each of two kinds. */
export const streams: [string, (t: Test) => [Socket, Socket]][] = [
  ['TCP', (t) => tcpPair(t, ipv4)],
  ['a unix pair', (t) => pair(t, SOCK_STREAM)],
]

export const isCloexec = (fd: number): boolean => (native.fcntl(fd, sys.F_GETFD, 0) & sys.FD_CLOEXEC) !== 0
export const sameFile = (a: number, b: number): boolean =>
  fstatSync(a).ino === fstatSync(b).ino && fstatSync(a).rdev === fstatSync(b).rdev

/** That file, open for reading until the end of the test. */
export function file(t: Test, path = '/dev/null'): number {
  const fd = openSync(path, 'r')
  t.after(() => closeSync(fd))
  return fd
}

/** Sends a message with those descriptors. */
export function pass(from: Socket, fds: readonly number[], data = 'x'): ReturnType<Socket['sendmsg']> {
  const msg = new MsgHdr()
  msg.add(data)
  msg.control().push(CmsgHdr.rights(...fds))
  return from.sendmsg(msg)
}

/** A message to receive so many bytes into. */
export function inbox(bytes = 16): MsgHdr {
  return room(bytes)
}

/** A message of those pieces, to be sent. */
export function outgoing(...parts: (string | Uint8Array)[]): MsgHdr {
  const msg = new MsgHdr()
  for (const part of parts) msg.add(part)
  return msg
}

/** A message to receive into, with pieces of those sizes. */
export function room(...sizes: number[]): MsgHdr {
  const msg = new MsgHdr()
  for (const size of sizes) msg.addn(size)
  return msg
}

/** What recvmsg() returns, waiting for it. */
export function receive(s: Socket, msg: MsgHdr, ...flags: number[]): ReturnType<Socket['recvmsg']> {
  assert.ok(s.recvable(PATIENCE_MS), 'nothing arrives')
  return s.recvmsg(msg, ...flags)
}

/** Addresses for a stream. */
export const lookup = (host?: string | null, port?: string | number | null, ...flags: number[]): AddrInfo[] =>
  inet.getaddrinfo(host, port, SOCK_STREAM, 0, ...flags)

/** For the `skip` option of a test: a reason where this machine knows no names of services, else false. */
export const noServices =
  existsSync('/etc/services') && /^http\s+80\/tcp/m.test(readFileSync('/etc/services', 'utf8'))
    ? false
    : 'this machine has no /etc/services'
