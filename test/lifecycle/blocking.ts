// What the tests share of open sockets that another process has made blocking.
import assert from 'node:assert/strict'
import { dgram, type Socket, seqpacket, stream } from 'berkeley'
import { socket } from 'berkeley/llsocket'
import { bound, portOf } from '../dgram/common.js'
import { conversation } from '../stream/common.js'
import { ends } from '../tls/common.js'
import { closingAll, foreignDuplicate, PATIENCE_MS, patient } from '../util/index.js'

export type Test = Parameters<typeof ends>[0]
export type Make<S> = (t: Test) => Promise<readonly [S, S]>

/** Two UDP sockets that are connected with each other. */
async function udpPair(t: Test): Promise<[dgram.inet.Socket, dgram.inet.Socket]> {
  const [a, b] = [await bound(t), await bound(t)]
  await a.connect({ host: '127.0.0.1', port: portOf(b) })
  await b.connect({ host: '127.0.0.1', port: portOf(a) })
  return [a, b]
}

const closed =
  <S extends Socket>(make: () => Promise<[S, S]>): Make<S> =>
  async (t) =>
    closingAll(t, await make())

/** Pairs of datagram sockets. */
export const datagrams: Record<string, Make<dgram.Socket>> = {
  UDP: udpPair,
  'a unix datagram socket': closed(() => dgram.unix.pair()),
}

/** Pairs of sockets of every class, in the clear. */
export const plain: Record<string, Make<Socket>> = {
  TCP: conversation,
  'a unix stream': closed(() => stream.unix.pair()),
  'a seqpacket': closed(() => seqpacket.unix.pair()),
  ...datagrams,
}

/** Those, and TLS. */
export const all: Record<string, Make<Socket>> = { ...plain, TLS: (t) => ends(t) }

// A slow machine encrypts for longer than a quick one waits.
const DEADLINE_MS = patient(60)

/** Without the library's care a call blocks the thread: then it does so for so many seconds, and the test fails instead of hanging. */
const RESCUE_SECONDS = 8

/** Clears O_NONBLOCK through a duplicate, as another process with the socket may. */
export function makeBlocking<S extends Pick<Socket, 'fd' | 'isnonblock'>>(sock: S): S {
  const twin = socket.wrap(foreignDuplicate(sock.fd()), false)
  twin.rcvtimeo(RESCUE_SECONDS)
  twin.sndtimeo(RESCUE_SECONDS)
  twin.close()
  assert.equal(sock.isnonblock(), false)
  return sock
}

/** Runs what must not hold the thread. */
export async function inTime<T>(act: () => Promise<T>): Promise<T> {
  const start = performance.now()
  try {
    return await act()
  } finally {
    const took = performance.now() - start
    assert.ok(took < (RESCUE_SECONDS * 1000) / 2, `${Math.round(took)} ms`)
  }
}

/** Runs what has to wait, beside a timer. */
async function withTimers<T>(act: () => Promise<T>): Promise<T> {
  let turns = 0
  const timer = setInterval(() => turns++, 5)
  try {
    return await inTime(act)
  } finally {
    clearInterval(timer)
    assert.ok(turns > 0, 'no timer ran')
  }
}

/** The call has to wait: it ends with its deadline, and timers run meanwhile. */
export async function timesOut(sock: Pick<Socket, 'deadlines'>, call: () => Promise<unknown>): Promise<void> {
  sock.deadlines(DEADLINE_MS, DEADLINE_MS)
  await withTimers(() => assert.rejects(call(), { name: 'TimeoutError' }))
  sock.deadlines(PATIENCE_MS, PATIENCE_MS)
}

/** The call waits until `act` has let it go on. */
export async function waitsFor<T>(call: () => Promise<T>, act: () => Promise<unknown>): Promise<T> {
  return inTime(async () => {
    let isOver = false
    const called = call().finally(() => {
      isOver = true
    })
    await new Promise((turn) => setImmediate(turn))
    assert.equal(isOver, false)
    await act()
    return called
  })
}

/** Reads away what arrives until the socket is closed. */
export async function discard(from: Pick<Socket, 'recv' | 'fd'>): Promise<void> {
  try {
    while (from.fd() >= 0 && (await from.recv()) !== null);
  } catch (error) {
    if (from.fd() >= 0) throw error
  }
}
