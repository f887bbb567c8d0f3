// Multicast where there is none. What it does for datagrams is in test/options/multicast-suite.ts.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SOCK_DGRAM, SOCK_STREAM, type Socket, socket } from 'berkeley/llsocket'
import { multicastOptions } from '#internal/options/index.js'
import { closing, coded, ipv4, ipv6, leavesNoFd } from '../util/index.js'

leavesNoFd()

const ARGUMENTS: Record<string, unknown[]> = {
  mcastif: ['lo'],
  mcastloop: [true],
  mcastttl: [1],
  multicastall: [true],
}

describe('multicast calls', () => {
  for (const { name, address } of [ipv4, ipv6])
    it(`on a stream socket of ${name} they are refused, reading and setting`, (t) => {
      const sock = closing(t, socket.create(address().with({ socktype: SOCK_STREAM })))
      const call = (method: string, ...args: unknown[]): unknown =>
        (sock[method as keyof Socket] as (...args: unknown[]) => unknown)(...args)
      for (const method of Object.keys(multicastOptions)) {
        assert.throws(() => call(method, ...(ARGUMENTS[method] ?? ['224.0.0.251', 'lo'])), coded('EOPNOTSUPP'), method)
        if (method in ARGUMENTS) assert.throws(() => call(method), coded('EOPNOTSUPP', { message: /is for datagrams/ }))
      }
    })

  it('on a datagram socket they are taken', (t) => {
    const sock = closing(t, socket.create(ipv4.address().with({ socktype: SOCK_DGRAM })))
    assert.equal(sock.mcastloop(false), false)
    assert.equal(sock.mcastttl(3), 3)
  })
})
