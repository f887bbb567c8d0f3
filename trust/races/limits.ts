// Deadlines and aborts that come at the very moment when a call completes: what was sent arrives once and in order, or is still in the
// socket. Bytes, messages, descriptors and connections alike.
import { type dgram as Dgram, dgram, MSG_DONTWAIT, MsgHdr, type Socket, stream } from 'berkeley'
import { socket } from 'berkeley/llsocket'
import { randomFrom, within } from '../../test/util/index.js'
import { Bounds, type Figure, leavesNoFdOpen, program, type Terms } from '../program.js'
import { Bed } from './bed.js'
import { moment, type Random } from './moments.js'
import { Pattern } from './pattern.js'

const LANES = 6
const CALLS = 500_000
const PATIENCE_MS = 60_000

/** How many calls ended which way. */
class Tally {
  ended = 0
  through = 0
}

/** What calls are made with: all of them give up at random. */
class Hasty {
  readonly #random: Random
  readonly #bounds: Bounds
  readonly #tally: Tally

  constructor(random: Random, bounds: Bounds, tally: Tally) {
    this.#random = random
    this.#bounds = bounds
    this.#tally = tally
  }

  get random(): Random {
    return this.#random
  }

  /** A value, or the error of a call that ended before its time. */
  async try<T>(
    sock: Socket,
    call: (signal: AbortSignal | undefined) => Promise<T>,
  ): Promise<{ value: T } | { bytes: number | undefined; datagrams: number | undefined }> {
    const random = this.#random
    sock.deadlines(random(3) === 0 ? 0 : 1 + random(3), random(3) === 0 ? 0 : 1 + random(3))
    const abort = new AbortController()
    const timer = setTimeout(() => abort.abort(), random(4))
    const immediate = random(3) === 0 ? setImmediate(() => abort.abort()) : undefined
    this.#bounds.count()
    try {
      const value = await call(abort.signal)
      this.#tally.through++
      return { value }
    } catch (error) {
      const { name, bytes, datagrams } = error as { name: string; bytes?: number; datagrams?: number }
      if (name !== 'TimeoutError' && name !== 'AbortError') throw error
      this.#tally.ended++
      return { bytes, datagrams }
    } finally {
      clearTimeout(timer)
      clearImmediate(immediate)
    }
  }
}

type Stream = stream.Socket
type SendPart = (hasty: Hasty, to: Stream, data: Buffer) => Promise<number>

/** How many bytes an error says were accepted. */
function accepted(outcome: { value: number } | { bytes: number | undefined }): number {
  const count = 'value' in outcome ? outcome.value : outcome.bytes
  if (count === undefined) throw new Error('an error of a send does not say how far it came')
  return count
}

const parts: readonly SendPart[] = [
  async (hasty, to, data) => accepted(await hasty.try(to, (signal) => to.send(data, 0, { signal }))),
  async (hasty, to, data) => accepted(await hasty.try(to, (signal) => to.sendsync(data, 0, { signal }))),
  async (hasty, to, data) => {
    if (to.encrypted) return 0
    const msg = new MsgHdr()
    msg.add(data.subarray(0, data.length >> 1))
    msg.add(data.subarray(data.length >> 1))
    const count = accepted(await hasty.try(to, (signal) => to.sendmsg(msg, 0, { signal })))
    if (msg.bytes() !== data.length - count) throw new Error('a message does not hold what was not sent')
    return count
  },
]

type ReceivePart = (hasty: Hasty, from: Stream) => Promise<Buffer | undefined>

/** What arrived; nothing where the call gave up. */
const receipts: readonly ReceivePart[] = [
  async (hasty, from) => {
    const outcome = await hasty.try(from, (signal) => from.recv(1 + hasty.random(9000), 0, { signal }))
    return 'value' in outcome ? (outcome.value ?? Buffer.alloc(0)) : undefined
  },
  async (hasty, from) => {
    const room = Buffer.alloc(1 + hasty.random(9000))
    const outcome = await hasty.try(from, (signal) => from.recvinto(room, 0, { signal }))
    return 'value' in outcome ? room.subarray(0, outcome.value) : undefined
  },
]

let ids = 0

/** Bytes of a stream. The receiver stops at some point: the rest is in the socket. */
async function bytes(hasty: Hasty, [a, b]: [Stream, Stream]): Promise<number> {
  const id = ++ids
  const [sent, received] = [new Pattern(id, 0), new Pattern(id, 0)]
  a.sndbuf(8192)
  let over = false
  const receiving = (async () => {
    while (!over) {
      const data = await (receipts[hasty.random(receipts.length)] as ReceivePart)(hasty, b)
      if (data) received.check(data)
      if (hasty.random(6) === 0) await moment(hasty.random)
    }
  })()
  for (let i = 5 + hasty.random(20); i > 0; i--) {
    const data = sent.peek(1 + hasty.random(hasty.random(4) === 0 ? 200_000 : 4000))
    sent.skip(await (parts[hasty.random(parts.length)] as SendPart)(hasty, a, data))
    if (hasty.random(6) === 0) await moment(hasty.random)
  }
  over = true
  await receiving
  // What TLS holds back leaves with the end, which waits until there is room.
  b.deadlines(0, 0)
  a.deadlines(0, 0)
  const ending = a.end()
  for (let data = await b.recv(); data !== null; data = await b.recv()) received.check(data)
  await ending
  if (sent.at !== received.at) throw new Error(`${sent.at} bytes were sent, ${received.at} have arrived`)
  return sent.at
}

/** Messages with numbers, of sockets that keep their order. */
async function messages(hasty: Hasty, [a, b]: [Socket, Socket]): Promise<number> {
  a.sndbuf(4096)
  let [next, wanted] = [0, 0]
  const take = (data: Buffer | null): void => {
    const number = data?.readUInt32LE()
    if (number !== wanted || data?.length !== 4 + (wanted % 50)) throw new Error(`message ${number}, not ${wanted}`)
    wanted++
  }
  let over = false
  const receiving = (async () => {
    while (!over) {
      const outcome = await hasty.try(b, (signal) => b.recv(100, 0, { signal }))
      if ('value' in outcome) take(outcome.value)
      if (hasty.random(6) === 0) await moment(hasty.random)
    }
  })()
  for (let i = 50 + hasty.random(50); i > 0; i--) {
    const data = Buffer.alloc(4 + (next % 50))
    data.writeUInt32LE(next)
    const outcome = await hasty.try(a, (signal) => a.send(data, 0, { signal }))
    if ('value' in outcome) next++
  }
  over = true
  await receiving
  while (wanted < next) take(await b.recv(100, MSG_DONTWAIT))
  await isEmpty(b)
  return next
}

/** Many datagrams by one call: an error says how many of them went. */
async function batches(hasty: Hasty, [a, b]: [Dgram.unix.Socket, Dgram.unix.Socket]): Promise<number> {
  a.sndbuf(4096)
  let [next, wanted] = [0, 0]
  const take = (batch: Iterable<{ data: Buffer }>): void => {
    for (const { data } of batch)
      if (data.readUInt32LE() !== wanted++) throw new Error(`datagram ${data.readUInt32LE()}, not ${wanted - 1}`)
  }
  let over = false
  const receiving = (async () => {
    while (!over) {
      const outcome = await hasty.try(b, (signal) => b.recvmany(1 + hasty.random(16), 16, 0, { signal }))
      if (!('value' in outcome)) continue
      take(outcome.value)
      outcome.value.close()
    }
  })()
  for (let i = 10 + hasty.random(20); i > 0; i--) {
    const many = Array.from({ length: 1 + hasty.random(100) }, (_, k) => {
      const data = Buffer.alloc(4)
      data.writeUInt32LE(next + k)
      return { data }
    })
    const outcome = await hasty.try(a, (signal) => a.sendmany(many, 0, { signal }))
    const went = 'value' in outcome ? outcome.value : outcome.datagrams
    if (went === undefined) throw new Error('an error of sendmany() does not say how many datagrams were sent')
    next += went
  }
  over = true
  await receiving
  while (wanted < next) {
    using batch = await b.recvmany(64, 16, MSG_DONTWAIT)
    take(batch)
  }
  await isEmpty(b)
  return next
}

async function isEmpty(sock: Socket): Promise<void> {
  const code = await sock.recv(100, MSG_DONTWAIT).then(
    () => 'something',
    (error: { code: string }) => error.code,
  )
  if (code !== 'EAGAIN') throw new Error(`more is there than was sent: ${code}`)
}

/** Descriptors: each that is on its way arrives, and none is left behind. */
async function descriptors(hasty: Hasty, [a, b]: [stream.unix.Socket, stream.unix.Socket]): Promise<number> {
  a.sndbuf(4096)
  let [sent, arrived] = [0, 0]
  const take = (fd: number | null): void => {
    if (fd === null) throw new Error('the end came before it was there')
    socket.close(fd)
    arrived++
  }
  let over = false
  const receiving = (async () => {
    while (!over) {
      const outcome = await hasty.try(b, (signal) => b.recvfd(0, { signal }))
      if ('value' in outcome) take(outcome.value)
    }
  })()
  for (let i = 20 + hasty.random(20); i > 0; i--) {
    const outcome = await hasty.try(a, (signal) => a.sendfd(b.fd(), undefined, 0, { signal }))
    if ('value' in outcome) sent++
  }
  over = true
  await receiving
  while (arrived < sent) take(await b.recvfd(MSG_DONTWAIT))
  await isEmpty(b)
  return sent
}

/** Connections: accepted, or still in the backlog. */
async function connections(hasty: Hasty, bed: Bed): Promise<number> {
  const server = await bed.server()
  const { port } = server.getsockname()
  let [stand, accepted] = [0, 0]
  let over = false
  const accepting = (async () => {
    while (!over) {
      const outcome = await hasty.try(server, (signal) => server.accept({ signal }))
      if (!('value' in outcome)) continue
      accepted++
      await outcome.value.close()
    }
  })()
  for (let i = 10 + hasty.random(20); i > 0; i--) {
    await stream.inet.Client.create({ host: '127.0.0.1', port }).then((client) => client.close())
    stand++
    if (hasty.random(3) === 0) await moment(hasty.random)
  }
  over = true
  await accepting
  server.deadlines(PATIENCE_MS)
  for (; accepted < stand; accepted++) await (await server.accept()).close()
  return stand
}

/** One round of one kind; gives how many of what it counts were conserved. */
const kinds: Readonly<Record<string, (hasty: Hasty, bed: Bed) => Promise<number>>> = {
  'bytes over TCP': async (hasty, bed) => bytes(hasty, await bed.tcp()),
  'bytes over unix streams': async (hasty, bed) => bytes(hasty, await bed.unix()),
  'bytes over TLS': async (hasty, bed) => bytes(hasty, await bed.tls()),
  seqpackets: async (hasty, bed) => messages(hasty, await bed.packets()),
  'unix datagrams': async (hasty, bed) => {
    const [a, b] = await dgram.unix.pair()
    return messages(hasty, [bed.keep(a), bed.keep(b)])
  },
  'datagrams in batches': async (hasty, bed) => {
    const [a, b] = await dgram.unix.pair()
    return batches(hasty, [bed.keep(a), bed.keep(b)])
  },
  descriptors: async (hasty, bed) => descriptors(hasty, await bed.unix()),
  connections,
}

async function lane(hasty: Hasty, bounds: Bounds, conserved: Map<string, number>): Promise<void> {
  const names = Object.keys(kinds)
  while (!bounds.over) {
    const name = names[hasty.random(names.length)] as string
    const bed = new Bed()
    const round = (kinds[name] as NonNullable<(typeof kinds)[string]>)(hasty, bed)
    const count = await within(round, `a round of ${name}`, PATIENCE_MS)
    conserved.set(name, (conserved.get(name) ?? 0) + count)
    await bed.close()
  }
}

async function main(terms: Terms): Promise<Figure[]> {
  const bounds = new Bounds(terms, CALLS)
  const tally = new Tally()
  const hasty = new Hasty(randomFrom(terms.seed), bounds, tally)
  const conserved = new Map(Object.keys(kinds).map((name) => [name, 0]))
  await leavesNoFdOpen(() => Promise.all(Array.from({ length: LANES }, () => lane(hasty, bounds, conserved))))
  return [
    ['calls with a deadline or abort near completion', bounds.done],
    ['of them ended before completion', tally.ended],
    ...[...conserved].map(([name, count]): Figure => [`${name}, none lost and none doubled`, count]),
  ]
}

await program(main)
