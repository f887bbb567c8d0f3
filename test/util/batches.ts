// Sockets whose events come together, and what their peers have got when a call returns.
import assert from 'node:assert/strict'
import { stream } from 'berkeley'
import { AGAIN, type Socket as LowSocket, MSG_DONTWAIT, SOCK_STREAM, socket } from 'berkeley/llsocket'
import { native } from '#internal/native/sockets.js'
import { type closing, within } from './index.js'

/** Why nothing leaves together with other data, if that is so. */
export const withoutGathering = process.env['BERKELEY_POLLER'] === 'uv' && 'the poller uv gathers nothing'

/** A machine that is busy, or traces every call, makes batches long. The variable is read by the first call that waits. */
export const SHORT_BATCH_MS = 100
process.env['BERKELEY_SHORT_BATCH'] = String(SHORT_BATCH_MS * 1000)

/** So few that even code that was seldom run handles all of them in a short time. */
export const PAIRS = 5

/** A socket that waits for events, and its peer, which is asked at once. */
export interface Pair<S> {
  readonly sock: S
  readonly peer: LowSocket
}

/** What the sockets of all types can do. */
interface Receiver {
  recv(): Promise<Buffer | null>
  close(): Promise<void>
}

/**
 * Unix sockets of a type.
 * @param wrap - makes the one that waits.
 * @param prepare - what to do with it before events are waited for.
 */
export function pairs<S extends Receiver>(
  t: Parameters<typeof closing>[0],
  type: number,
  wrap: (low: LowSocket) => S,
  prepare?: (low: LowSocket) => unknown,
): Pair<S>[] {
  return Array.from({ length: PAIRS }, () => {
    const [low, peer] = socket.pair(type, true)
    prepare?.(low)
    const sock = wrap(low)
    numberOf(peer)
    t.after(async () => {
      peer.close()
      await sock.close()
    })
    return { sock, peer }
  })
}

/** Lets something come for all of them at once, and handles each when it was received. */
export async function batch<S extends Receiver, T>(
  all: readonly Pair<S>[],
  handle: (pair: Pair<S>) => T | Promise<T>,
): Promise<T[]> {
  const handled = all.map(async (pair) => {
    assert.equal(String(await pair.sock.recv()), '?')
    return handle(pair)
  })
  for (const { peer } of all) assert.equal(peer.send('?', MSG_DONTWAIT), 1)
  return within(Promise.all(handled), 'the batch')
}

/** The same, after batches that took so little time that sends are gathered. */
export async function shortBatch<S extends Receiver, T>(
  all: readonly Pair<S>[],
  handle: (pair: Pair<S>) => T | Promise<T>,
): Promise<T[]> {
  for (let i = 0; i < 30; i++) await batch(all, () => undefined)
  return batch(all, handle)
}

const room = Buffer.alloc(1 << 20)

/** What has come at a peer by now: asked by the addon alone, since any call on a socket lets gathered data leave first. */
export function arrived(peer: LowSocket): string {
  const count = native.recv(numberOf(peer), room, 0, room.length, MSG_DONTWAIT)
  return count === 0 ? '(end)' : room.toString('latin1', 0, Math.max(count, 0))
}

const numbers = new WeakMap<LowSocket, number>()

/** Known from before, for the same reason. */
function numberOf(peer: LowSocket): number {
  const number = numbers.get(peer) ?? peer.fd()
  numbers.set(peer, number)
  return number
}

/** Acts while a batch is handled in which sends are gathered. */
export async function whileGathering<T>(t: Parameters<typeof closing>[0], act: () => T | Promise<T>): Promise<T> {
  const all = pairs(t, SOCK_STREAM, (low) => new stream.unix.Socket(low))
  const [acting, probed] = all as [Pair<stream.unix.Socket>, Pair<stream.unix.Socket>]
  const results: (T | Promise<T>)[] = []
  // Code that was never run before, or a busy machine, makes a batch long.
  for (let i = 0; i < 1000 && results.length === 0; i++)
    await batch(all, async (pair) => {
      if (pair !== acting) return
      const probe = probed.sock.send('p')
      if (arrived(probed.peer) === '') results.push(act())
      await probe
      arrived(probed.peer)
    })
  assert.equal(results.length, 1)
  return within(Promise.resolve(results[0] as T), 'what was sent')
}

/** Lets something come, so that events are waited for from now on. */
export async function watched<S extends Receiver>(pair: Pair<S>): Promise<Pair<S>> {
  await batch([pair], () => undefined)
  return pair
}

/** Takes all the room that there is. */
export function fill(low: LowSocket): void {
  while (low.send(Buffer.alloc(1000, '.'), MSG_DONTWAIT) !== AGAIN);
}

/** What an error says of the call. */
export function picked(error: unknown): unknown[] {
  const { code, syscall, bytes } = error as { code?: unknown; syscall?: unknown; bytes?: unknown }
  return [code, syscall, bytes]
}
