// Very many senders on one socket, and a peer that reads in its own time: every message arrives whole, once, and in the order of the calls,
// whatever the type of the socket; what waits takes little memory, and others are served meanwhile.
import { connect, dgram, listen, type Socket, seqpacket, stream, tls } from 'berkeley'
import { dns, leaf, root } from '../../test/tls/pki.js'
import { within } from '../../test/util/index.js'
import { Bounds, type Figure, leavesNoFdOpen, program, type Terms } from '../program.js'

const SENDERS = 2000
const MESSAGES = 2_000_000
/** Neither a power of two, nor a divisor of one. */
const MESSAGE_BYTES = 61
const PATIENCE_MS = 60_000
const MOST_MB = 150
const MB = 1 << 20

/** Which message it is: the round, the sender, and bytes that follow from both. */
function message(round: number, sender: number): Buffer {
  const data = Buffer.alloc(MESSAGE_BYTES, round + sender)
  data.writeUInt32LE(round)
  data.writeUInt32LE(sender, 4)
  return data
}

/** Checks what arrives, message by message. */
class Arrivals {
  #round = 0
  #sender = 0
  #rest: Buffer = Buffer.alloc(0)

  take(piece: Buffer): void {
    let data = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece])
    for (; data.length >= MESSAGE_BYTES; data = data.subarray(MESSAGE_BYTES))
      this.#check(data.subarray(0, MESSAGE_BYTES))
    this.#rest = data
  }

  #check(data: Buffer): void {
    if (!data.equals(message(this.#round, this.#sender)))
      throw new Error(
        `sender ${data.readUInt32LE(4)} of round ${data.readUInt32LE()}, not ${this.#sender} of ${this.#round}`,
      )
    if (++this.#sender < SENDERS) return
    this.#sender = 0
    this.#round++
  }

  /** How many rounds have arrived whole. */
  get rounds(): number {
    return this.#round
  }
}

/** Receives until a round has arrived; a piece at a time, of an odd size, and with pauses. */
async function receive(sock: Socket, arrivals: Arrivals): Promise<void> {
  const wanted = arrivals.rounds + 1
  for (let i = 0; arrivals.rounds < wanted; i++) {
    const piece = await within(sock.recv(1021), 'a message', PATIENCE_MS)
    if (piece === null) throw new Error('the end came before the messages')
    arrivals.take(piece)
    if (i % 97 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
}

/** One question and one answer, on a connection of its own. */
async function served([client, peer]: [Socket, Socket]): Promise<void> {
  await client.send('anybody there?')
  await peer.send((await peer.recv()) as Buffer)
  if (String(await within(client.recv(), 'an answer', PATIENCE_MS)) !== 'anybody there?')
    throw new Error('nobody there')
}

/** A round: every sender sends once, all at the same time. */
async function round([a, b]: [Socket, Socket], other: [Socket, Socket], arrivals: Arrivals): Promise<void> {
  const number = arrivals.rounds
  const sending = Array.from({ length: SENDERS }, (_, sender) => a.send(message(number, sender)))
  const asked = served(other)
  const sent = Promise.all(sending)
  await Promise.all([receive(b, arrivals), sent, asked])
  if ((await sent).some((count) => count !== MESSAGE_BYTES)) throw new Error('a message was not sent whole')
  if (a.bufferedAmount !== 0) throw new Error(`${a.bufferedAmount} bytes are said to wait although all were sent`)
}

async function tcp(): Promise<[Socket, Socket]> {
  const server = await listen({ host: '127.0.0.1' })
  const accepting = server.accept()
  const client = await connect({ host: '127.0.0.1', port: server.getsockname().port })
  const pair: [Socket, Socket] = [client, await accepting]
  await server.close()
  return pair
}

async function encrypted(): Promise<[Socket, Socket]> {
  const authority = root()
  const identity = leaf(authority, { names: [dns('localhost')] })
  const [a, b] = await stream.unix.pair()
  const server = await tls.wrap(b, tls.Context.server({ cert: identity.pem, key: identity.keyPem }))
  const [client] = await Promise.all([tls.wrap(a, { ca: authority.pem, servername: 'localhost' }), server.handshake()])
  return [client, server]
}

const kinds: Readonly<Record<string, () => Promise<[Socket, Socket]>>> = {
  TCP: tcp,
  'a unix stream': stream.unix.pair,
  TLS: encrypted,
  'a seqpacket socket': seqpacket.unix.pair,
  'a unix datagram socket': dgram.unix.pair,
}

async function main(terms: Terms): Promise<Figure[]> {
  const sent = new Map(Object.keys(kinds).map((name) => [name, 0]))
  const before = process.memoryUsage.rss()
  let grown = 0
  await leavesNoFdOpen(async () => {
    const each = { ...terms, seconds: terms.seconds / sent.size }
    for (const [name, make] of Object.entries(kinds)) {
      const bounds = new Bounds(each, MESSAGES / sent.size)
      const [pair, other] = [await make(), await stream.unix.pair()]
      const arrivals = new Arrivals()
      pair[0].sndbuf(8192)
      do {
        await round(pair, other, arrivals)
        bounds.count(SENDERS)
      } while (!bounds.over)
      sent.set(name, bounds.done)
      grown = Math.max(grown, Math.round((process.memoryUsage.rss() - before) / MB))
      await Promise.all([...pair, ...other].map((sock) => sock.close()))
    }
  })
  if (grown > MOST_MB) throw new Error(`${SENDERS} sends that wait took ${grown} MB`)
  return [
    ['senders on one socket at the same time', SENDERS],
    ...[...sent].map(([name, count]): Figure => [`messages over ${name}, each whole, once, and in its turn`, count]),
    ['memory for them, MB', grown],
  ]
}

await program(main)
