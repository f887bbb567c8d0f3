// Connections that open, speak and close at random, so that each number of a descriptor soon belongs to another file. Every byte says
// whose it is: none may arrive anywhere else.
import { SOCK_STREAM, stream } from 'berkeley'
import { socket } from 'berkeley/llsocket'
import { abstractName, randomFrom, within } from '../../test/util/index.js'
import { Bounds, type Figure, leavesNoFdOpen, program, type Terms } from '../program.js'
import { moment, type Random } from './moments.js'
import { Pattern } from './pattern.js'

type End = stream.Socket

const ACTORS = 32
const OPERATIONS = 1_000_000
const PATIENCE_MS = 60_000

/** How a call may end whose socket, or whose peer, is closed in the midst of it. */
const EXPECTED = new Set(['ECANCELED', 'EBADF', 'EPIPE', 'ECONNRESET', 'ECONNABORTED', 'ENOTCONN'])

/** The connections of the whole run: the listeners, the arrivals, and how much was done. */
class World {
  readonly bounds: Bounds
  connections = 0
  bytes = 0
  /** Numbers that the very next call gave to another file. */
  reused = 0
  readonly #servers: (stream.inet.Server | stream.unix.Server)[] = []
  readonly #arrivals = new Map<number, (conn: End) => void>()
  readonly #accepting: Promise<void>[] = []
  readonly #strangers = new Set<Promise<void>>()
  readonly #path = abstractName()
  #port = 0

  constructor(terms: Terms) {
    this.bounds = new Bounds(terms, OPERATIONS)
  }

  async open(): Promise<void> {
    const tcp = await stream.inet.Server.create({ host: '127.0.0.1' })
    const unix = await stream.unix.Server.create({ path: this.#path })
    this.#servers.push(tcp, unix)
    for (const server of this.#servers) {
      server.listen()
      this.#accepting.push(this.#accept(server))
    }
    this.#port = tcp.getsockname().port
  }

  async close(): Promise<void> {
    for (const server of this.#servers) await server.close()
    await Promise.all([...this.#accepting, ...this.#strangers])
  }

  async #accept(server: stream.inet.Server | stream.unix.Server): Promise<void> {
    for await (const conn of server) {
      const arriving = this.#arrived(conn)
      this.#strangers.add(arriving)
      void arriving.finally(() => this.#strangers.delete(arriving))
    }
  }

  /** The first word is the number of the connection; one that ends before it has no owner. */
  async #arrived(conn: End): Promise<void> {
    const name = await this.#nameOf(conn)
    const take = name === undefined ? undefined : this.#arrivals.get(name)
    if (take) take(conn)
    else if (name === undefined) await conn.close()
    else throw new Error(`nobody has opened connection ${name}`)
  }

  async #nameOf(conn: End): Promise<number | undefined> {
    const parts: Buffer[] = []
    for (let length = 0; length < 4; ) {
      this.bounds.count()
      const part = await expected(conn.recv(4 - length))
      if (!part) return undefined
      parts.push(part)
      length += part.length
    }
    return Buffer.concat(parts).readUInt32LE()
  }

  /** A client and the connection that the server has of it; nothing where the client left before it said its name. */
  async connected(id: number, tcp: boolean, shy: boolean): Promise<[End, End] | undefined> {
    const arrival = new Promise<End>((resolve) => this.#arrivals.set(id, resolve))
    const client = await (tcp
      ? stream.inet.Client.create({ host: '127.0.0.1', port: this.#port })
      : stream.unix.Client.create({ path: this.#path }))
    this.bounds.count(2)
    try {
      if (shy) {
        await client.close()
        return undefined
      }
      const name = Buffer.alloc(4)
      name.writeUInt32LE(id)
      await client.send(name)
      return [client, await arrival]
    } finally {
      this.#arrivals.delete(id)
    }
  }
}

/** What it came to; nothing where its socket or the peer was closed. */
async function expected<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (EXPECTED.has((error as { code?: string }).code ?? '')) return undefined
    throw error
  }
}

/** A pair whose one end went over a third socket: what arrives has another number, and is the same. */
async function passed(world: World): Promise<[End, End]> {
  const [a, b] = await stream.unix.pair()
  const [from, to] = await stream.unix.pair()
  const arriving = to.recvfd()
  await from.sendfd(b.fd())
  // From here on the number is anybody's.
  await b.close()
  const fd = await arriving
  world.bounds.count(6)
  if (fd === null) throw new Error('the descriptor did not arrive')
  const end = await stream.wrap(fd)
  await Promise.all([from.close(), to.close()])
  return [a, end]
}

/** Closes an end, and takes the number that is free now: two system calls in a row, with nothing between them. */
function reopened(former: End, world: World): [End, End] {
  const fd = former.fd()
  void former.close()
  const [a, b] = socket.pair(SOCK_STREAM, true)
  world.bounds.count(2)
  if (fd === a.fd() || fd === b.fd()) world.reused++
  return [new stream.unix.Socket(a), new stream.unix.Socket(b)]
}

/** A conversation between two ends, until one of them is closed. */
class Conversation {
  readonly #world: World
  readonly #random: Random
  readonly #ends: [End, End]
  readonly #id: number

  constructor(world: World, random: Random, ends: [End, End]) {
    this.#world = world
    this.#random = random
    this.#ends = ends
    this.#id = ++world.connections
  }

  /** Speaks and listens in both directions; closes at some moment. */
  async run(close: (a: End, b: End) => unknown): Promise<void> {
    const [a, b] = this.#ends
    const messages = 1 + this.#random(12)
    const all = [this.#speak(a, 0, messages), this.#listen(b, 0), this.#speak(b, 1, messages), this.#listen(a, 1)]
    for (let i = this.#random(6); i >= 0; i--) await moment(this.#random)
    await close(a, b)
    await this.#isClosed(a)
    await Promise.all([b.close(), ...all])
    await this.#isClosed(b)
  }

  async #speak(end: End, direction: 0 | 1, messages: number): Promise<void> {
    const pattern = new Pattern(this.#id, direction)
    for (let i = 0; i < messages; i++) {
      const data = pattern.take(1 + this.#random(this.#random(32) === 0 ? 60_000 : 900))
      this.#world.bounds.count()
      if ((await expected(end.send(data))) === undefined) return
      if (this.#random(4) === 0) await moment(this.#random)
    }
  }

  async #listen(end: End, direction: 0 | 1): Promise<void> {
    const pattern = new Pattern(this.#id, direction)
    for (;;) {
      this.#world.bounds.count()
      const data = await expected(end.recv(1 + this.#random(5000)))
      if (!data) return
      pattern.check(data)
      this.#world.bytes += data.length
    }
  }

  /** The file that has its number now must not be affected. */
  async #isClosed(end: End): Promise<void> {
    this.#world.bounds.count(2)
    for (const call of [end.recv(), end.send('a stray word')]) {
      const code = await call.then(
        () => 'no error',
        (error: { code: string }) => error.code,
      )
      if (end.fd() !== -1 || code !== 'EBADF') throw new Error(`a closed socket has fd ${end.fd()}, and says ${code}`)
    }
  }
}

/** Opens, speaks, closes, again and again. */
async function act(world: World, random: Random): Promise<void> {
  while (!world.bounds.over) {
    const ends = await opened(world, random)
    if (ends) await within(spoken(world, random, ends), 'the end of a conversation', PATIENCE_MS)
  }
}

/** A conversation; at its end, half of the time, another one on the same number. */
async function spoken(world: World, random: Random, ends: [End, End]): Promise<void> {
  let next: [End, End] | undefined
  await new Conversation(world, random, ends).run((a, b) => {
    const way = random(4)
    if (way < 2) next = reopened(a, world)
    else if (way === 2) return Promise.all([a.close(), b.close()])
    return a.close()
  })
  if (next) await new Conversation(world, random, next).run((a) => a.close())
}

let names = 0

async function opened(world: World, random: Random): Promise<[End, End] | undefined> {
  const kind = random(4)
  if (kind === 0) return passed(world)
  if (kind === 1) return stream.unix.pair()
  return world.connected(++names, kind === 2, random(16) === 0)
}

async function main(terms: Terms): Promise<Figure[]> {
  const random = randomFrom(terms.seed)
  const world = new World(terms)
  await leavesNoFdOpen(async () => {
    await world.open()
    await Promise.all(Array.from({ length: ACTORS }, () => act(world, random)))
    await world.close()
  })
  if (world.reused === 0) throw new Error('no number was ever reused: nothing was shown')
  return [
    ['operations on reused descriptor numbers', world.bounds.done],
    ['connections', world.connections],
    ['numbers reused by the next call', world.reused],
    ['bytes received, each on its own connection', world.bytes],
  ]
}

await program(main)
