// Peers that are slow on purpose, and a server that bounds everything: each call, each connection, their number.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type SystemError, stream } from 'berkeley'
import { closing, closingAll, countFds, eventually, leavesNoFd, within } from '../util/index.js'
import type { Test } from './common.js'

leavesNoFd()

interface Bounds {
  /** For each call. */
  readonly call: number
  /** For the whole of a connection. */
  readonly whole: number
  /** The most connections at a time: the others wait in the backlog. */
  readonly most: number
}

/** How a connection ended, for the tests to count. */
type Tally = Map<string, number>

/** Reads a line, however it is cut, within the bounds. */
async function line(conn: stream.inet.Socket, signal: AbortSignal): Promise<string> {
  let text = ''
  while (!text.endsWith('\n')) {
    const part = await conn.recv(1024, 0, { signal })
    if (part === null) throw Object.assign(new Error('the end before a line'), { name: 'End' })
    text += part
    if (text.length > 4096) throw Object.assign(new Error('too long a line'), { name: 'TooLong' })
  }
  return text
}

/** A server that answers a line with a long answer, and has a bound for everything. */
class Bounded {
  readonly tally: Tally = new Map()
  open = 0
  peak = 0
  #room: (() => void) | undefined

  constructor(
    readonly server: stream.inet.Server,
    readonly bounds: Bounds,
    readonly answer: Buffer,
  ) {}

  async run(): Promise<void> {
    while (this.server.fd() >= 0) {
      if (this.open >= this.bounds.most) await new Promise<void>((room) => (this.#room = room))
      const conn = await this.server.accept().catch(() => undefined)
      if (conn) void this.#serve(conn)
    }
  }

  async #serve(conn: stream.inet.Socket): Promise<void> {
    this.peak = Math.max(this.peak, ++this.open)
    const end = await this.#talk(conn).then(
      () => 'served',
      (error: Error) => error.name,
    )
    await conn.close()
    this.open--
    this.tally.set(end, (this.tally.get(end) ?? 0) + 1)
    this.#room?.()
  }

  async #talk(conn: stream.inet.Socket): Promise<void> {
    const signal = AbortSignal.timeout(this.bounds.whole)
    conn.deadlines(this.bounds.call, this.bounds.call)
    await line(conn, signal)
    await conn.send(this.answer, 0, { signal })
  }
}

async function bounded(t: Test, bounds: Bounds, answer = Buffer.from('answer')): Promise<Bounded> {
  const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
  server.listen(512)
  const one = new Bounded(server, bounds, answer)
  void one.run()
  return one
}

const client = async (t: Test, { server }: Bounded): Promise<stream.inet.Client> =>
  closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port: server.getsockname().port as number }))

const clients = (t: Test, to: Bounded, count: number): Promise<stream.inet.Client[]> =>
  Promise.all(Array.from({ length: count }, () => client(t, to)))

describe('slow peers (H39)', () => {
  test('the deadline of a call ends connections that send nothing or half a request', async (t) => {
    const to = await bounded(t, { call: 500, whole: 60_000, most: 1000 })
    const silent = await clients(t, to, 100)
    const half = await clients(t, to, 100)
    await Promise.all(half.map((one) => one.send('GET /')))
    const good = await client(t, to)
    await good.send('hello\n')
    assert.equal(String(await good.recv()), 'answer')
    await eventually(() => to.open === 0, 'the end of all of them')
    assert.deepEqual(Object.fromEntries(to.tally), { TimeoutError: 200, served: 1 })
    for (const one of [...silent, ...half]) assert.equal(await one.recv(), null)
  })

  test('the deadline of the connection ends clients that send one byte at a time', async (t) => {
    const to = await bounded(t, { call: 10_000, whole: 300, most: 1000 })
    const drops = await clients(t, to, 20)
    const dripping = setInterval(() => {
      for (const one of drops) if (one.fd() >= 0) one.send('x').catch(() => {})
    }, 20)
    t.after(() => clearInterval(dripping))
    await eventually(() => to.tally.get('AbortError') === drops.length, 'the end of all of them')
  })

  test('the deadline of send() ends clients that do not read, and no memory is held for them', async (t) => {
    const to = await bounded(t, { call: 500, whole: 60_000, most: 1000 }, Buffer.alloc(64 << 20))
    const before = process.memoryUsage()
    const deaf = await clients(t, to, 20)
    await Promise.all(deaf.map((one) => one.send('a line\n')))
    await eventually(() => to.open === deaf.length, 'their connections')
    const during = process.memoryUsage()
    // Nothing is queued: each call holds on to the one answer that all of them are given.
    assert.ok(during.external - before.external < 32 << 20, `${during.external - before.external} bytes`)
    await eventually(() => to.tally.get('TimeoutError') === deaf.length, 'the end of all of them')
  })

  test('a server serves no more connections at a time than it allows, and the others later', async (t) => {
    const to = await bounded(t, { call: 150, whole: 60_000, most: 10 })
    const fds = countFds()
    const silent = await clients(t, to, 30)
    const good = await clients(t, to, 30)
    const answers = Promise.all(
      good.map(async (one) => {
        await one.send('hello\n')
        return String(await one.recv())
      }),
    )
    assert.deepEqual(await within(answers, 'service'), Array(good.length).fill('answer'))
    assert.equal(to.peak, 10)
    await eventually(() => to.tally.get('TimeoutError') === silent.length, 'the end of those who are silent')
    for (const one of [...silent, ...good]) await one.close()
    await eventually(() => countFds() <= fds, 'the end of all of them')
  })

  test('close() ends all calls of slow connections', async (t) => {
    const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
    server.listen()
    const { port = 0 } = server.getsockname()
    const conns: stream.inet.Socket[] = []
    for (let i = 0; i < 20; i++) {
      closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port }))
      conns.push(await server.accept())
    }
    const waits = conns.flatMap((conn) => [conn.recv(), conn.send(Buffer.alloc(64 << 20))])
    const ends = Promise.all(waits.map((one) => one.catch((error: SystemError) => error.code)))
    await Promise.all(closingAll(t, conns).map((conn) => conn.close()))
    assert.deepEqual(new Set(await within(ends, 'their ends')), new Set(['ECANCELED']))
  })
})
