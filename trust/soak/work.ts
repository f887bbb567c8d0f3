// What a busy process does all day: conversations, datagrams, TLS, descriptors, deadlines. Each is a loop until it is over.
import { setTimeout as pause } from 'node:timers/promises'
import { connect, dgram, listen, type Socket, stream, type tls } from 'berkeley'
import { within } from '../../test/util/index.js'
import { served, trusting } from '../races/bed.js'
import type { Random } from '../races/moments.js'
import { Pattern } from '../races/pattern.js'
import type { Heart } from './watch.js'

const PATIENCE_MS = 60_000
/** How late a deadline may be beside what the event loop was late by at that time. */
const TOLERANCE_MS = 30
const EXCHANGES = 200
const BATCH = 16

/** What runs, and what came of it. */
export interface Shift {
  readonly random: Random
  readonly heart: Heart
  over: boolean
  readonly counts: Record<'bytes' | 'connections' | 'handshakes' | 'datagrams' | 'descriptors' | 'deadlines', number>
  /** The latest deadline, beside the event loop's own delay. */
  latest: number
}

let ids = 0

/** Sends some bytes one way, and checks that they are those. */
async function say(from: Socket, to: Socket, sent: Pattern, got: Pattern, length: number): Promise<void> {
  const sending = from.send(sent.take(length))
  while (got.at < sent.at) {
    const data = await within(to.recv(), 'what was sent', PATIENCE_MS)
    if (data === null) throw new Error('the end came early')
    got.check(data)
  }
  await sending
}

/** Question and answer, some hundred times, until both say goodbye. */
async function converse(shift: Shift, a: stream.Socket, b: stream.Socket): Promise<void> {
  const { random, counts } = shift
  const id = ++ids
  const [there, arrived] = [new Pattern(id, 0), new Pattern(id, 0)]
  const [back, returned] = [new Pattern(id, 1), new Pattern(id, 1)]
  for (let i = 1 + random(EXCHANGES); i > 0 && !shift.over; i--) {
    await say(a, b, there, arrived, 1 + random(random(100) === 0 ? 200_000 : 2000))
    await say(b, a, back, returned, 1 + random(2000))
    await pause(random(4))
  }
  const ending = a.end()
  if ((await within(b.recv(), 'the end', PATIENCE_MS)) !== null) throw new Error('more came than was sent')
  await ending
  counts.bytes += there.at + back.at
}

/** Connections over TCP, in the clear or with TLS. */
function conversations(tlscfg: tls.Context | undefined): (shift: Shift) => Promise<void> {
  return async (shift) => {
    const server = await listen({ host: '127.0.0.1', tlscfg })
    const { port } = server.getsockname()
    while (!shift.over) {
      const accepting = server.accept().then(async (conn) => {
        if (tlscfg) await conn.handshake()
        return conn
      })
      const client = await connect({ host: '127.0.0.1', port, ...(tlscfg ? { tlscfg: trusting } : {}) })
      const peer = await accepting
      await converse(shift, client, peer)
      await Promise.all([client.close(), peer.close()])
      shift.counts.connections++
      if (tlscfg) shift.counts.handshakes++
    }
    await server.close()
  }
}

/** Datagrams one by one and in batches; what was sent is received before more is sent, so that none has to be dropped. */
async function datagrams(shift: Shift): Promise<void> {
  const [a, b] = [await udp(), await udp()]
  const name = b.getsockname()
  for (let number = 0; !shift.over; number += BATCH) {
    const many = Array.from({ length: BATCH }, (_, i) => ({ data: new Pattern(number + i, 0).take(20), addr: name }))
    await a.sendmany(many)
    for (let got = 0; got < BATCH; ) {
      using batch = await within(b.recvmany(BATCH, 64), 'datagrams', PATIENCE_MS)
      for (const { data } of batch) new Pattern(number + got++, 0).check(data)
    }
    shift.counts.datagrams += BATCH
    await pause(shift.random(4))
  }
  await Promise.all([a.close(), b.close()])
}

async function udp(): Promise<dgram.inet.Socket> {
  const sock = await dgram.inet.Socket.create({ host: '127.0.0.1', port: 0 })
  await sock.bind()
  return sock
}

/** Descriptors on their way: what arrives is the connection that was sent. */
async function descriptors(shift: Shift): Promise<void> {
  const [from, to] = await stream.unix.pair()
  while (!shift.over) {
    const [a, b] = await stream.unix.pair()
    await from.sendfd(b.fd())
    await b.close()
    const fd = await within(to.recvfd(), 'a descriptor', PATIENCE_MS)
    if (fd === null) throw new Error('no descriptor came')
    const end = await stream.wrap(fd)
    const id = ++ids
    await say(a, end, new Pattern(id, 0), new Pattern(id, 0), 100)
    await Promise.all([a.close(), end.close()])
    shift.counts.descriptors++
    await pause(shift.random(5))
  }
  await Promise.all([from.close(), to.close()])
}

/** Deadlines that pass: none early, none later than the event loop was. */
async function deadlines(shift: Shift): Promise<void> {
  const [a, b] = await stream.unix.pair()
  while (!shift.over) {
    const budget = 1 + shift.random(200)
    a.deadlines(budget)
    const before = performance.now()
    const call = a.recv()
    const begin = performance.now() // the thread may have stood still in between
    const name = await call.then(
      () => 'data',
      (error: Error) => error.name,
    )
    const end = performance.now()
    const late = end - begin - budget
    if (name !== 'TimeoutError') throw new Error(`a deadline ended with ${name}`)
    const beside = late - shift.heart.delaySince(begin + budget)
    if (end - before < budget || beside > TOLERANCE_MS)
      throw new Error(
        `a deadline of ${budget} ms was ${late.toFixed(1)} ms late, ${beside.toFixed(1)} beside the event loop`,
      )
    shift.latest = Math.max(shift.latest, beside)
    shift.counts.deadlines++
  }
  await Promise.all([a.close(), b.close()])
}

/** All that goes on at the same time. */
export const work: readonly ((shift: Shift) => Promise<void>)[] = [
  ...Array.from({ length: 4 }, () => conversations(undefined)),
  ...Array.from({ length: 2 }, () => conversations(served)),
  datagrams,
  descriptors,
  ...Array.from({ length: 8 }, () => deadlines),
]
