// What the tests of datagram sockets share.
import { dgram } from 'berkeley'
import { closing, closingAll, PATIENCE_MS } from '../util/index.js'

export type Test = Parameters<typeof closing>[0]

/** A UDP socket that is bound, to a port of its own. */
export async function bound(t: Test, host = '127.0.0.1'): Promise<dgram.inet.Socket> {
  const sock = closing(t, await dgram.inet.Socket.create({ host, port: 0 }))
  await sock.bind()
  return sock
}

export const portOf = (sock: dgram.inet.Socket): number => sock.getsockname().port as number

export { withoutGathering } from '../util/batches.js'

/** A bound UDP socket with room for many datagrams, and with deadlines. */
export async function boundForBatches(t: Test, host = '127.0.0.1'): Promise<dgram.inet.Socket> {
  const sock = await bound(t, host)
  sock.rcvbuf(4 << 20)
  sock.deadlines(PATIENCE_MS, PATIENCE_MS)
  return sock
}

/** Two connected unix sockets, with deadlines. */
export async function unixPair(t: Test): Promise<[dgram.unix.Socket, dgram.unix.Socket]> {
  const [one, other] = closingAll(t, await dgram.unix.pair())
  one.deadlines(PATIENCE_MS, PATIENCE_MS)
  other.deadlines(PATIENCE_MS, PATIENCE_MS)
  return [one, other]
}

/** Receives batches until there were so many datagrams, and gives all of them. */
export async function received(sock: dgram.Socket, count: number): Promise<string[]> {
  const all: string[] = []
  while (all.length < count) {
    using batch = await sock.recvmany()
    for (const datagram of batch) for (const segment of datagram.segments()) all.push(segment.toString('latin1'))
  }
  return all
}

/** That many texts, each with its number and of that length. */
export const numbered = (count: number, length = 0): string[] =>
  Array.from({ length: count }, (_, i) => `${i} `.padEnd(length, '.'))
