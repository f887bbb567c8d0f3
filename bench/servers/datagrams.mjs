// What the servers for datagrams share. What goes one way comes in bursts: a sink answers each with one byte, a source sends one
// for each byte that it gets. So nothing is in flight that the receiver has no room for.
import { dgram } from '../../dist/index.mjs'
import { address, announce } from './run.mjs'

/** Datagrams of a burst. */
export const BURST = 32

/** One of them. */
export const PIECE = Buffer.alloc(1400)

/** What says that a burst has come. */
export const ANSWER = Buffer.alloc(1)

/** Room for four bursts, which every kernel allows by default. */
export const ROOM = 212_992

/** Counts what comes, and says how many bursts are complete with it. */
export function bursts() {
  let count = 0
  return (/** @type {number} */ datagrams) => {
    count += datagrams
    const complete = Math.floor(count / BURST)
    count %= BURST
    return complete
  }
}

async function bound() {
  if ('path' in address) {
    const sock = await dgram.unix.Socket.create(address)
    await sock.bind()
    return sock
  }
  const sock = await dgram.inet.Socket.create(address)
  await sock.bind()
  return sock
}

/** A socket of berkeley at the address that was asked for. */
export async function socket() {
  const sock = await bound()
  sock.rcvbuf(ROOM)
  announce('path' in address ? undefined : sock.getsockname().port)
  return sock
}

/** @typedef {Awaited<ReturnType<typeof socket>>} Socket */
/** @typedef {Record<string, (sock: Socket) => Promise<void>>} Modes */
/** @typedef {[data: Buffer, from: import('../../dist/index.mjs').AddrInfo]} Received the peers of a benchmark have addresses */
