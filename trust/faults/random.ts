/**
 * Faults at random in conversations of every kind, and in the end all that was sent has arrived, by count and hash. Runs for
 * --seconds; the seed is that of BERKELEY_SEED, and decides about everything but the order of events.
 */
import { createHash } from 'node:crypto'
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type dgram, MsgHdr, type Socket, type stream } from 'berkeley'
import { freshSeed, openFds, randomFrom, tempFolder, within } from '../../test/util/index.js'
import { allDone, attach, chance, clear, INTERRUPTED, NOT_NOW, SHORT, seed } from './shim.js'
import { type Pair, seqpacketPair, tcpPair, tlsPair, udpPair, unixDgramPair, unixPair } from './sockets.js'

const ROUND_MS = 20_000
const CALLS = {
  stream: ['recv', 'recvmsg', 'send', 'sendfile', 'sendmsg'],
  datagram: ['recv', 'recvfrom', 'recvmsg', 'send', 'sendmsg', 'sendto'],
  batch: ['recvmmsg', 'sendmmsg'],
  other: ['accept4', 'epoll_wait'],
  interrupted: ['close', 'poll'],
}

type Random = (below: number) => number

/** How much went where. */
class Tally {
  readonly #hash = createHash('sha256')
  bytes = 0

  add(data: Uint8Array): void {
    this.#hash.update(data)
    this.bytes += data.length
  }

  digest(): string {
    return this.#hash.digest('hex')
  }
}

function compare(what: string, sent: Tally, received: Tally): void {
  if (sent.bytes !== received.bytes)
    throw new Error(`${what}: ${sent.bytes} bytes were sent, ${received.bytes} arrived`)
  if (sent.digest() !== received.digest()) throw new Error(`${what}: other bytes arrived than were sent`)
}

function bytesFrom(random: Random, length: number): Buffer {
  const data = Buffer.allocUnsafe(length)
  for (let at = 0; at < length; at += 4096) data.fill(random(256), at)
  return data
}

/** Lengths of every order of magnitude. */
const lengthFrom = (random: Random, most: number): number => 1 + random(Math.min(most, 2 ** random(18)))

async function sendSome(from: Socket, data: Buffer, random: Random): Promise<void> {
  if (random(3) > 0 || (from as stream.Socket).encrypted) {
    await from.send(data)
    return
  }
  const msg = new MsgHdr()
  const cut = random(data.length + 1)
  msg.add(data.subarray(0, cut))
  msg.add(data.subarray(cut))
  await from.sendmsg(msg)
}

async function receiveSome(to: Socket, random: Random, most: number): Promise<Buffer> {
  const size = lengthFrom(random, most)
  if (random(2) === 0) {
    const room = Buffer.alloc(size)
    return room.subarray(0, await to.recvinto(room))
  }
  const data = await to.recv(size)
  if (data === null) throw new Error('the end came before all data')
  return data
}

/** One direction of a stream. */
async function flow(what: string, from: Socket, to: Socket, random: Random, total: number): Promise<void> {
  const [sent, received] = [new Tally(), new Tally()]
  const sending = (async () => {
    while (sent.bytes < total) {
      const data = bytesFrom(random, lengthFrom(random, total - sent.bytes))
      await sendSome(from, data, random)
      sent.add(data)
    }
  })()
  const receiving = (async () => {
    while (received.bytes < total) received.add(await receiveSome(to, random, 1 << 18))
  })()
  await Promise.all([sending, receiving])
  compare(what, sent, received)
}

async function bothWays(what: string, pair: Pair, random: Random): Promise<void> {
  const total = lengthFrom(random, 1 << 20) + (1 << 16)
  await Promise.all([
    flow(what, pair.from, pair.to, random, total),
    flow(`${what}, back`, pair.to, pair.from, random, total),
  ])
}

/** Messages in order, so many at a time that no queue is full: a datagram that finds no room is lost by right. */
async function records(what: string, pair: Pair, random: Random, most: number): Promise<void> {
  const [sent, received] = [new Tally(), new Tally()]
  for (let round = 0; round < 20; round++) {
    const window = Array.from({ length: 1 + random(5) }, () => bytesFrom(random, lengthFrom(random, most)))
    for (const data of window) {
      await pair.from.send(data)
      sent.add(data)
    }
    for (const { length } of window) {
      const data = await pair.to.recv()
      if (data?.length !== length) throw new Error(`${what}: a record of ${length} bytes arrived as ${data?.length}`)
      received.add(data)
    }
  }
  compare(what, sent, received)
}

async function batches(what: string, pair: Pair, random: Random, most: number): Promise<void> {
  const [from, to] = [pair.from as dgram.Socket, pair.to as dgram.Socket]
  const [sent, received] = [new Tally(), new Tally()]
  for (let round = 0; round < 20; round++) {
    const datagrams = Array.from({ length: 1 + random(8) }, () => ({
      data: bytesFrom(random, lengthFrom(random, most)),
    }))
    await from.sendmany(datagrams)
    for (const { data } of datagrams) sent.add(data)
    for (let left = datagrams.length; left > 0; ) {
      using batch = await to.recvmany()
      for (const { data } of batch) received.add(data)
      left -= batch.length
    }
  }
  compare(what, sent, received)
}

const FILE_BYTES = 1 << 20

/** A file, of which any part can be told from any other. */
function makeFile(path: string): Buffer {
  const data = Buffer.allocUnsafe(FILE_BYTES)
  for (let at = 0; at < FILE_BYTES; at += 4) data.writeUInt32LE(Math.imul(at, 0x9e3779b1) >>> 0, at)
  writeFileSync(path, data)
  return data
}

async function files(what: string, pair: Pair, random: Random, path: string, whole: Buffer): Promise<void> {
  const file = openSync(path, 'r')
  const [sent, received] = [new Tally(), new Tally()]
  try {
    const parts = Array.from({ length: 1 + random(4) }, () => {
      const offset = random(FILE_BYTES - 1)
      return { offset, length: 1 + random(FILE_BYTES - offset) }
    })
    const total = parts.reduce((sum, { length }) => sum + length, 0)
    const sending = (async () => {
      for (const { offset, length } of parts) {
        const count = await (pair.from as stream.Socket).sendfile(file, length, offset)
        sent.add(whole.subarray(offset, offset + count))
      }
    })()
    const receiving = (async () => {
      while (received.bytes < total) received.add(await receiveSome(pair.to, random, 1 << 18))
    })()
    await Promise.all([sending, receiving])
    compare(what, sent, received)
  } finally {
    closeSync(file)
  }
}

interface Kind {
  readonly what: string
  readonly open: () => Promise<Pair>
  readonly run: (what: string, pair: Pair, random: Random) => Promise<void>
  /** A short count of a datagram would be a datagram that was cut. */
  readonly isStream: boolean
}

function kindsOf(path: string, whole: Buffer): Kind[] {
  const sendfile: Kind['run'] = (what, pair, random) => files(what, pair, random, path, whole)
  const small: Kind['run'] = (what, pair, random) => records(what, pair, random, 4096)
  const many: Kind['run'] = (what, pair, random) => batches(what, pair, random, 2000)
  const flows = { run: bothWays, isStream: true }
  return [
    { what: 'TCP', open: tcpPair, ...flows },
    { what: 'unix stream', open: unixPair, ...flows },
    { what: 'TLS 1.3', open: () => tlsPair('TLSv1.3'), ...flows },
    { what: 'TLS 1.2', open: () => tlsPair('TLSv1.2'), ...flows },
    { what: 'TLS over unix', open: () => tlsPair('TLSv1.3', true), ...flows },
    { what: 'sendfile, TCP', open: tcpPair, run: sendfile, isStream: true },
    { what: 'sendfile, TLS', open: () => tlsPair('TLSv1.3'), run: sendfile, isStream: true },
    { what: 'seqpacket', open: seqpacketPair, run: small, isStream: false },
    { what: 'UDP', open: udpPair, run: small, isStream: false },
    { what: 'unix datagram', open: unixDgramPair, run: small, isStream: false },
    { what: 'UDP batches', open: udpPair, run: many, isStream: false },
    { what: 'unix datagram batches', open: unixDgramPair, run: many, isStream: false },
  ]
}

function letFaultsCome(isStream: boolean, perMillion: number): void {
  const kinds = isStream ? INTERRUPTED | NOT_NOW | SHORT : INTERRUPTED | NOT_NOW
  for (const call of isStream ? CALLS.stream : CALLS.datagram) chance(call, kinds, perMillion)
  for (const call of CALLS.batch) chance(call, INTERRUPTED | NOT_NOW | SHORT, perMillion)
  for (const call of CALLS.other) chance(call, INTERRUPTED | NOT_NOW, perMillion)
  for (const call of CALLS.interrupted) chance(call, INTERRUPTED, perMillion)
  // That of a datagram socket does not wait for anybody.
  if (isStream) chance('connect', INTERRUPTED, perMillion)
}

const RATES = [1_000, 20_000, 100_000, 400_000]

/** One conversation under faults, from the connection to the close. Gives the number of faults. */
async function round(kind: Kind, random: Random): Promise<number> {
  const before = openFds().size
  letFaultsCome(kind.isStream, RATES[random(RATES.length)] as number)
  try {
    const pair = await within(kind.open(), `${kind.what}: connecting`, ROUND_MS)
    try {
      await within(kind.run(kind.what, pair, random), kind.what, ROUND_MS)
    } finally {
      await within(pair.close(), `${kind.what}: closing`, ROUND_MS)
    }
    const faults = allDone()
    const open = openFds().size
    if (open > before) throw new Error(`${kind.what}: ${open - before} descriptors were left open`)
    return faults
  } finally {
    clear()
  }
}

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '10' } } })
const start = freshSeed()
const random = randomFrom(start)
seed(start)

const cleanups: (() => void)[] = []
const path = join(tempFolder({ after: (act) => cleanups.push(act as () => void) }), 'file')
const kinds = kindsOf(path, makeFile(path))
// The first use of everything opens what stays open, and loads the addon of TLS.
for (const kind of kinds) await (await kind.open()).close()
attach()

let [rounds, faults, deviations] = [0, 0, 0]
const end = performance.now() + Number(values.seconds) * 1000
while (performance.now() < end && deviations === 0) {
  const kind = kinds[rounds % kinds.length] as Kind
  try {
    faults += await round(kind, random)
    rounds++
  } catch (error) {
    deviations++
    console.log(`deviation: ${(error as Error).message} (round ${rounds}, BERKELEY_SEED=${start})`)
  }
}
for (const act of cleanups) act()
console.log(JSON.stringify({ rounds, faults, deviations, seed: start }))
process.exitCode = deviations > 0 ? 1 : 0
