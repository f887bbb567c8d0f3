// Many callers at once on both directions of one connection, which give up at any moment, and a close in the midst of them: each call settles
// once, in the order of the calls, and what arrives is what was accepted, in that order, with nothing lost or doubled.
import { dgram, type Socket, stream } from 'berkeley'
import { native } from '#internal/native/sockets.js'
import { randomFrom, within } from '../../test/util/index.js'
import { Bounds, type Figure, leavesNoFdOpen, program, type Terms } from '../program.js'
import { Bed } from './bed.js'
import { moment, type Random } from './moments.js'

const LANES = 6
const CALLS = 1_000_000
const PATIENCE_MS = 60_000
const MOST_CALLERS = 67

/** How a call may end before its time. */
const HASTE = ['TimeoutError', 'AbortError']

/** What one call came to. */
interface Outcome<T> {
  value: T | undefined
  error: { name: string; code: string; bytes?: number } | undefined
  /** Its place among those that settled. */
  place: number
}

/** The calls of one direction, in the order in which they were made. */
class Calls<T> {
  readonly #random: Random
  readonly #calls: Promise<Outcome<T>>[] = []
  #settled = 0

  constructor(random: Random) {
    this.#random = random
  }

  /** Makes a call, which has a deadline or is aborted at random. */
  make(setDeadline: (milliseconds: number) => void, call: (signal: AbortSignal | undefined) => Promise<T>): void {
    const random = this.#random
    setDeadline(random(4) === 0 ? 1 + random(4) : 0)
    const abort = random(4) === 0 ? new AbortController() : undefined
    if (abort) setTimeout(() => abort.abort(), random(4))
    this.#calls.push(
      call(abort?.signal).then(
        (value) => ({ value, error: undefined, place: this.#settled++ }),
        (error) => ({ value: undefined, error, place: this.#settled++ }),
      ),
    )
  }

  /** How many there are. */
  get count(): number {
    return this.#calls.length
  }

  /** What all came to; those that came through have to have settled in the order in which they were called. */
  async outcomes(known: readonly string[]): Promise<Outcome<T>[]> {
    const all = await within(Promise.all(this.#calls), 'the end of all calls of one direction', PATIENCE_MS)
    let last = -1
    for (const { error, place } of all) {
      if (error && !HASTE.includes(error.name) && !known.includes(error.code)) throw error
      if (error) continue
      if (place < last) throw new Error('a call settled before one that was called before it')
      last = place
    }
    return all
  }
}

/** What a round does in the midst of its calls. */
type Disturbance = 'none' | 'close the receiver' | 'close the sender' | 'detach the receiver'

const disturbances: readonly Disturbance[] = [
  'none',
  'none',
  'none',
  'close the receiver',
  'close the sender',
  'detach the receiver',
]

/** How calls may end beside success and haste, after each of them. */
const CODES: Readonly<Record<Disturbance, readonly string[]>> = {
  none: [],
  'close the receiver': ['ECANCELED', 'EBADF', 'EPIPE', 'ECONNRESET', 'ECONNREFUSED', 'ENOTCONN'],
  'close the sender': ['ECANCELED', 'EBADF', 'ECONNRESET', 'ERR_TLS_TRUNCATED'],
  'detach the receiver': ['ECANCELED', 'EBADF'],
}

async function disturb(kind: Disturbance, a: Socket, b: Socket, bed: Bed): Promise<void> {
  if (kind === 'close the receiver') await b.close()
  if (kind === 'close the sender') await a.close()
  if (kind !== 'detach the receiver') return
  const fd = b.detach()
  bed.keep({ close: () => native.close(fd) })
}

/** Data of one call: which call, and which byte of it. */
function dataOf(call: number, length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => (call * 31 + i * 7 + (i >> 8)) & 0xff))
}

/** One round: callers on both ends. Gives how many calls there were. */
async function round(random: Random, bed: Bed, [a, b]: [Socket, Socket], most: number): Promise<number> {
  const encrypted = 'encrypted' in a && (a as stream.Socket).encrypted
  const kind = disturbances[random(encrypted ? disturbances.length - 1 : disturbances.length)] as Disturbance
  const [sends, receives] = [new Calls<number>(random), new Calls<Buffer | null>(random)]
  const data: Buffer[] = []
  const callers = 1 + random(MOST_CALLERS)
  const disturbed = random(callers)
  let disturbance: Promise<void> | undefined
  for (let i = 0; i < callers; i++) {
    if (i === disturbed) disturbance = disturb(kind, a, b, bed)
    if (random(2) === 0) {
      const one = dataOf(i, 1 + random(most))
      data.push(one)
      sends.make(
        (milliseconds) => a.deadlines(undefined, milliseconds),
        (signal) => a.send(one, 0, { signal }),
      )
    } else
      receives.make(
        (milliseconds) => b.deadlines(milliseconds),
        (signal) => b.recv(isStream(a) ? 1 + random(most) : most, 0, { signal }),
      )
    if (random(8) === 0) await moment(random)
  }
  await disturbance
  b.deadlines(0, 0)
  a.deadlines(0, 0)
  const rest = kind === 'none' ? drained(b) : []
  await end(a, b, kind, { sends, receives })
  const sent = (await sends.outcomes(CODES[kind])).map(({ value, error }, i) =>
    (data[i] as Buffer).subarray(0, value ?? error?.bytes ?? 0),
  )
  compare(sent, await received(a, receives, kind, await rest), kind)
  return callers
}

/** Whether bytes have no boundaries. */
function isStream(sock: Socket): boolean {
  return 'sendfile' in sock
}

/** Ends the conversation, so that calls that wait for data or for room come to an end. */
async function end(
  a: Socket,
  b: Socket,
  kind: Disturbance,
  { sends, receives }: { sends: Calls<number>; receives: Calls<unknown> },
): Promise<void> {
  // Nothing is read any more: sends that wait for room have to be ended.
  if (kind === 'detach the receiver') return a.close()
  // A datagram socket is not told that its peer has gone.
  if (kind === 'close the sender' && isDgram(b)) return b.close()
  if (kind !== 'none') return
  await sends.outcomes([])
  if ('end' in a) await (a as stream.Socket).end()
  else if (!isDgram(a)) a.closew()
  // Those without a counterpart end with the socket.
  else for (let i = 0; i <= receives.count; i++) a.send(LAST).catch(() => undefined)
}

/** The last message to each receive of a socket that has no end. */
const LAST = Buffer.from('the last one')

const isDgram = (sock: Socket): boolean => sock instanceof dgram.unix.Socket

/** Receives behind the callers, until the end. */
async function drained(b: Socket): Promise<Buffer[]> {
  const pieces: Buffer[] = []
  for (;;) {
    const piece = await b.recv()
    if (piece === null || piece.equals(LAST)) return pieces
    pieces.push(piece)
  }
}

/** What arrived, in the order of the calls. */
async function received(
  a: Socket,
  receives: Calls<Buffer | null>,
  kind: Disturbance,
  rest: readonly Buffer[],
): Promise<Buffer[]> {
  const outcomes = await receives.outcomes(CODES[kind])
  const pieces = outcomes.flatMap(({ value }) => (value && (isStream(a) || !value.equals(LAST)) ? [value] : []))
  return [...pieces, ...rest]
}

/** What arrived has to be what was accepted; after a close it may be less, but nothing else. */
function compare(sent: readonly Buffer[], arrived: readonly Buffer[], kind: Disturbance): void {
  const [all, got] = [Buffer.concat(sent), Buffer.concat(arrived)]
  const wanted = kind === 'none' ? all : all.subarray(0, got.length)
  if (got.equals(wanted)) return
  const off = got.findIndex((byte, i) => byte !== wanted[i])
  throw new Error(`${kind}: ${got.length} bytes arrived of ${all.length}, and they differ at ${off}`)
}

/** Several callers of accept(), each with a haste of its own: every client is accepted once. */
async function accepts(random: Random, bed: Bed): Promise<number> {
  const server = await bed.server()
  const { port } = server.getsockname()
  const callers = 1 + random(MOST_CALLERS)
  const accepting = new Calls<stream.inet.Socket>(random)
  const clients: Promise<number>[] = []
  for (let i = 0; i < callers; i++) {
    accepting.make(
      (milliseconds) => server.deadlines(milliseconds),
      async (signal) => bed.keep(await server.accept({ signal })),
    )
    if (random(3) > 0) clients.push(caller(bed, port))
    if (random(8) === 0) await moment(random)
  }
  const ports = await Promise.all(clients)
  server.deadlines(1)
  const left = new Calls<stream.inet.Socket>(random)
  for (const _ of ports)
    left.make(
      () => undefined,
      async () => bed.keep(await server.accept()),
    )
  const last = await left.outcomes([])
  await server.close()
  const first = await accepting.outcomes(['ECANCELED'])
  const met = [...first, ...last].flatMap(({ value }) => (value ? [value.getpeername().port] : []))
  if (new Set(met).size !== met.length || met.length !== ports.length || !ports.every((one) => met.includes(one)))
    throw new Error(`${ports.length} clients, ${met.length} connections`)
  return callers
}

async function caller(bed: Bed, port: number): Promise<number> {
  const client = bed.keep(await stream.inet.Client.create({ host: '127.0.0.1', port }))
  return client.getsockname().port
}

async function small<S extends Socket>(pair: Promise<[S, S]>): Promise<[S, S]> {
  const [a, b] = await pair
  a.sndbuf(4096)
  return [a, b]
}

const kinds: Readonly<Record<string, (random: Random, bed: Bed) => Promise<number>>> = {
  'callers on TCP': async (random, bed) => round(random, bed, await small<Socket>(bed.tcp()), 30_011),
  'callers on a unix stream': async (random, bed) => round(random, bed, await small<Socket>(bed.unix()), 30_011),
  'callers over TLS': async (random, bed) => round(random, bed, await small<Socket>(bed.tls()), 30_011),
  'callers on a seqpacket': async (random, bed) => round(random, bed, await small<Socket>(bed.packets()), 1301),
  'callers on unix datagrams': async (random, bed) => {
    const [a, b] = await dgram.unix.pair()
    return round(random, bed, await small<Socket>(Promise.resolve([bed.keep(a), bed.keep(b)])), 1301)
  },
  'callers of accept()': accepts,
}

async function lane(random: Random, bounds: Bounds, calls: Map<string, number>): Promise<void> {
  const names = Object.keys(kinds)
  while (!bounds.over) {
    const name = names[random(names.length)] as string
    const bed = new Bed()
    const one = (kinds[name] as NonNullable<(typeof kinds)[string]>)(random, bed)
    const count = await within(one, `a round of ${name}`, 2 * PATIENCE_MS)
    bounds.count(count)
    calls.set(name, (calls.get(name) ?? 0) + count)
    await bed.close()
  }
}

async function main(terms: Terms): Promise<Figure[]> {
  const bounds = new Bounds(terms, CALLS)
  const random = randomFrom(terms.seed)
  const calls = new Map(Object.keys(kinds).map((name) => [name, 0]))
  await leavesNoFdOpen(() => Promise.all(Array.from({ length: LANES }, () => lane(random, bounds, calls))))
  return [
    ['calls that waited for their turn, each settled once and in order', bounds.done],
    ...[...calls].map(([name, count]): Figure => [`${name}, none lost and none doubled`, count]),
  ]
}

await program(main)
