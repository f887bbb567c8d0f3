import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { type AddrInfo, AGAIN, SOCK_DGRAM, SOCK_STREAM, Socket, socket } from 'berkeley/llsocket'
import { closing, closingAll, type Family } from '../util/index.js'

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
  assert.ok(server.recvable(5000), 'nobody connects')
  const peer = server.accept()
  assert.ok(peer instanceof Socket)
  return closing(t, peer)
}

/** A socket that is connected to an address, or about to be. */
export function connecting(t: Test, ai: AddrInfo, socktype = SOCK_STREAM): Socket {
  const client = create(t, ai, socktype)
  if (client.connect() === AGAIN) {
    assert.ok(client.sendable(5000), 'no connection')
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
  assert.ok(from.recvable(5000), 'nothing arrives')
  return String(got(from.recv()))
}

/** All that arrives until the peer has closed. */
export function receivedAll(from: Socket): Buffer {
  const parts: Buffer[] = []
  for (;;) {
    assert.ok(from.recvable(5000), 'nothing arrives')
    const part = from.recv()
    if (part === null) return Buffer.concat(parts)
    if (part !== AGAIN) parts.push(part)
  }
}
