// The same scenarios over node:net and over duplex(), on each side of the connection: what a program sees must be the same.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, test } from 'node:test'
import { leavesNoFd, within } from '../util/index.js'
import {
  berkeley,
  type End,
  type Implementation,
  node,
  type Options,
  type Stream,
  type Test,
} from './implementations.js'

leavesNoFd()

interface Sides {
  readonly client: Implementation
  readonly server: Implementation
}

/** Runs a scenario; what it returns is what the program has seen. */
type Scenario = (t: Test, sides: Sides) => Promise<unknown>

type Connection = [client: End, server: End]

/** A connection whose ends stay open when the other one has ended. */
async function connection(t: Test, sides: Sides): Promise<Connection> {
  return connectionWith(t, sides, { allowHalfOpen: true })
}

async function connectionWith(t: Test, { client, server }: Sides, options: Options): Promise<Connection> {
  const listener = await server.listen(t, options)
  return Promise.all([client.connect(t, listener.port, options), listener.accept()])
}

/** Notes the events of a stream by name, in their order. */
function noted(stream: Duplex, ...names: string[]): string[] {
  const seen: string[] = []
  for (const name of names) stream.on(name, () => seen.push(name))
  return seen
}

const closed = (...ends: End[]): Promise<unknown> => within(Promise.all(ends.map((end) => end.closed)), "'close'")

/** What arrives until the end. Unlike `text()` of Node it does not destroy the stream then. */
async function whole(stream: Duplex): Promise<string> {
  const parts: Buffer[] = []
  stream.on('data', (data: Buffer) => parts.push(data)).resume()
  await within(once(stream, 'end'), "'end'")
  return String(Buffer.concat(parts))
}

/** The code of the next error. */
const failure = async (stream: Duplex): Promise<unknown> =>
  ((await within(once(stream, 'error'), 'an error')) as [{ code?: string }])[0].code

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | null | undefined)?.code ?? null

const stateOf = (stream: Stream): unknown => ({
  state: stream.readyState,
  flags: [stream.connecting, stream.pending, stream.destroyed],
  bytes: [stream.bytesRead, stream.bytesWritten],
})

/** A port on which nobody listens. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  await once(probe.close(), 'close')
  return port
}

/** Lets everything happen that is not waiting for anything else. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((turn) => setTimeout(turn, 1))
}

const scenarios: Record<string, Scenario> = {
  async 'an echo'(t, sides) {
    const [client, server] = await connection(t, sides)
    const events = noted(client.stream, 'finish', 'end', 'close')
    server.stream.pipe(server.stream)
    for (const word of ['one ', 'two ', 'three']) client.stream.write(word)
    client.stream.end()
    const echoed = await whole(client.stream)
    await closed(client, server)
    return { echoed, events, destroyed: [client.stream.destroyed, server.stream.destroyed] }
  },

  async 'a half-close'(t, sides) {
    const [client, server] = await connection(t, sides)
    client.stream.end('question')
    const question = await whole(server.stream)
    const open = { readable: client.stream.readable, writable: server.stream.writable, closed: server.stream.closed }
    server.stream.write('an answer ')
    await settle()
    server.stream.end('in two parts')
    const answer = await whole(client.stream)
    await closed(client, server)
    return { question, open, answer }
  },

  async 'a write after the end'(t, sides) {
    const [client, server] = await connection(t, sides)
    server.stream.resume()
    client.stream.end('all')
    const failed = failure(client.stream)
    const accepted = client.stream.write('more')
    const code = await failed
    await closed(client)
    return { accepted, code }
  },

  async backpressure(t, sides) {
    const [client, server] = await connection(t, sides)
    server.stream.pause()
    client.stream.resume()
    const events = noted(client.stream, 'drain')
    let written = 0
    const chunk = Buffer.alloc(1 << 20)
    while (client.stream.write(chunk) || written < 64) written++
    written++
    await settle()
    const before = [client.stream.writableNeedDrain, events.length]
    let arrived = 0
    server.stream.on('data', (data: Buffer) => {
      arrived += data.length
    })
    server.stream.resume()
    if (client.stream.writableNeedDrain) await within(once(client.stream, 'drain'), "'drain'")
    client.stream.end()
    await within(once(server.stream, 'end'), 'the end')
    server.stream.end()
    await closed(client, server)
    return { before, drained: events.length, lost: written * chunk.length - arrived }
  },

  async 'a refused connection'(t, { client }) {
    const port = await freePort()
    const error = await client.connect(t, port).then(
      () => assert.fail('it was accepted'),
      (reason: Record<string, unknown>) => reason,
    )
    const { code, errno, syscall, address, message } = error
    return {
      code,
      errno,
      syscall,
      address,
      hasPort: error['port'] === port,
      message: `${message}`.replace(`${port}`, ''),
    }
  },

  async 'a reset'(t, sides) {
    const [client, server] = await connection(t, sides)
    const events = noted(client.stream, 'end', 'error', 'close')
    client.stream.resume()
    client.stream.write('x')
    await within(once(server.stream.resume(), 'data'), 'data')
    const failed = failure(client.stream)
    server.stream.resetAndDestroy()
    const code = await failed
    await closed(client)
    return { code, events, destroyed: client.stream.destroyed, errored: client.stream.errored !== null }
  },

  async 'destroy() with an error'(t, sides) {
    const [client, server] = await connection(t, sides)
    const events = noted(client.stream, 'end', 'error', 'close')
    // Before it ends: an end is told to those who listen then.
    const rest = whole(server.stream)
    client.stream.destroy(new Error('enough'))
    await closed(client)
    return { events, message: client.stream.errored?.message, rest: await rest }
  },

  async 'a transfer of 16 MiB in both directions'(t, sides) {
    const [client, server] = await connection(t, sides)
    const data = randomBytes(16 << 20)
    const hash = createHash('sha256')
    const echoing = pipeline(server.stream, server.stream)
    const sending = pipeline(slices(data), client.stream, { end: true })
    let bytes = 0
    for await (const part of client.stream) {
      hash.update(part)
      bytes += part.length
    }
    await within(Promise.all([echoing, sending]), 'both directions')
    return { bytes, same: hash.digest('hex') === createHash('sha256').update(data).digest('hex') }
  },

  async 'the end of the peer, for a stream that only writes'(t, sides) {
    const [client, server] = await connectionWith(t, sides, {})
    const events = noted(client.stream, 'finish', 'end', 'close')
    client.stream.write('x')
    server.stream.resume().end()
    return { hadError: await within(client.closed, "'close'"), events, server: await within(server.closed, "'close'") }
  },

  async 'the end of the peer, with data that nobody has read'(t, sides) {
    const [client, server] = await connectionWith(t, sides, {})
    const events = noted(client.stream, 'finish', 'end', 'close')
    server.stream.resume().end('unread')
    await settle()
    const before = [...events, client.stream.readyState]
    const rest = await whole(client.stream)
    return { before, rest, hadError: await within(client.closed, "'close'"), events }
  },

  async 'a reset of a stream that only writes'(t, sides) {
    const [client, server] = await connectionWith(t, sides, {})
    const failed = failure(client.stream)
    server.stream.resetAndDestroy()
    return { code: await failed, hadError: await within(client.closed, "'close'") }
  },

  async 'a write after the end of the peer'(t, sides) {
    const [client, server] = await connectionWith(t, sides, {})
    server.stream.resume().end()
    const failed = within(once(client.stream, 'error'), 'an error')
    const called = new Promise((resolve) => {
      const write = (): void => void client.stream.write('late', (error) => resolve(codeOf(error)))
      // The stream ends by itself in the tick after 'end', and is not through with that in the next one.
      client.stream.resume().once('end', () => process.nextTick(() => process.nextTick(write)))
    })
    const [error] = (await failed) as [NodeJS.ErrnoException]
    return { code: error.code, message: error.message, called: await called, closed: await client.closed }
  },

  async 'destroy() and a reset, as "close" tells them'(t, sides) {
    const [client, server] = await connectionWith(t, sides, {})
    client.stream.on('error', () => undefined).destroy(new Error('enough'))
    server.stream.on('error', () => undefined).resume()
    const ends = [await client.closed, await within(server.closed, "'close'")]
    const [other] = await connectionWith(t, sides, {})
    other.stream.destroy()
    return [...ends, await other.closed]
  },

  async 'counts and states'(t, sides) {
    const [client, server] = await connectionWith(t, sides, {})
    const seen: unknown[] = [stateOf(client.stream)]
    client.stream.cork()
    client.stream.write('12345')
    seen.push(stateOf(client.stream), client.stream.bufferSize)
    client.stream.uncork()
    assert.equal(String(await within(once(server.stream.resume(), 'data'), 'data')), '12345')
    await settle()
    seen.push(stateOf(client.stream), stateOf(server.stream))
    client.stream.end('67')
    seen.push(stateOf(client.stream))
    await closed(client, server)
    return [...seen, stateOf(client.stream), stateOf(server.stream), client.stream.bufferSize]
  },

  async 'destroySoon() with a peer that never ends'(t, sides) {
    const [client, server] = await connection(t, sides)
    const data = randomBytes(3_000_017)
    server.stream.write(data)
    server.stream.destroySoon()
    const parts: Buffer[] = []
    client.stream.on('data', (part: Buffer) => parts.push(part))
    await within(server.closed, "'close' although the peer has not ended")
    await within(once(client.stream, 'end'), 'the end')
    return { whole: Buffer.concat(parts).equals(data), state: client.stream.readyState }
  },

  async 'resetAndDestroy() of a closed stream'(t, sides) {
    const [client] = await connectionWith(t, sides, {})
    client.stream.destroy()
    await client.closed
    const same = client.stream.resetAndDestroy() === client.stream
    return { same, errored: codeOf(client.stream.errored) }
  },

  async 'writes that wait when the stream is destroyed'(t, sides) {
    const [client, server] = await connectionWith(t, sides, {})
    server.stream.pause()
    const called: unknown[] = []
    const ends = Array.from(
      { length: 8 },
      (_, i) =>
        new Promise<void>((resolve) => {
          client.stream.write(Buffer.alloc(8 << 20), (error) => {
            // The first may have been in the kernel, which each of the two says in its way, as Node's versions do with the code of the others.
            if (i > 0) called.push(codeOf(error) !== null)
            resolve()
          })
        }),
    )
    await settle()
    client.stream.destroy()
    await within(Promise.all(ends), 'the callbacks')
    return { called, hadError: await client.closed }
  },

  async 'setTimeout() with times that are none'(t, sides) {
    const [client] = await connectionWith(t, sides, {})
    const outcomes = [1500.5, 0, -1, Number.NaN, Number.POSITIVE_INFINITY, '5'].map((time) => {
      try {
        client.stream.setTimeout(time as number)
        return client.stream.timeout
      } catch (error) {
        return codeOf(error)
      }
    })
    return outcomes
  },

  async 'a timeout without traffic, and anew after traffic'(t, sides) {
    const [client, server] = await connectionWith(t, sides, {})
    client.stream.setTimeout(20.5)
    await within(once(client.stream, 'timeout'), 'the timeout')
    server.stream.write('x')
    client.stream.resume()
    await within(once(client.stream, 'timeout'), 'another timeout')
    return client.stream.timeout
  },

  async 'no timeout while one large write moves slowly'(t, sides) {
    const [client, server] = await connectionWith(t, sides, {})
    const events = noted(client.stream, 'timeout')
    const start = performance.now()
    client.stream.setTimeout(120)
    client.stream.end(Buffer.alloc(24 << 20))
    let bytes = 0
    // Less than a timeout passes between two pieces, and much more until the whole has left.
    while (!server.stream.readableEnded) {
      bytes += (server.stream.read() as Buffer | null)?.length ?? 0
      await new Promise((turn) => setTimeout(turn, performance.now() - start < 500 ? 20 : 0))
    }
    client.stream.setTimeout(0)
    await closed(client)
    return { bytes, events }
  },

  async 'a stream that connects later'(t, { client, server }) {
    const listener = await server.listen(t)
    const { stream, closed } = client.unconnected(t)
    const events = noted(stream, 'connect', 'ready', 'finish', 'end', 'close')
    const flags = [[stream.connecting, stream.pending]]
    stream.connect(listener.port, '127.0.0.1', () => events.push('listener'))
    stream.write('before the connection')
    stream.end(' and the end')
    flags.push([stream.connecting, stream.pending])
    const state = [stream.readyState, stream.bytesWritten]
    const accepted = await listener.accept()
    const arrived = await whole(accepted.stream)
    flags.push([stream.connecting, stream.pending])
    stream.resume()
    return { flags, state, arrived, hadError: await within(closed, "'close'"), events }
  },

  async 'a stream whose connection is refused'(t, { client }) {
    const port = await freePort()
    const { stream, closed } = client.unconnected(t)
    const events = noted(stream, 'connect', 'ready', 'error', 'close')
    const failed = failure(stream)
    stream.connect(port, '127.0.0.1')
    const called = new Promise((resolve) => stream.write('x', (error) => resolve(codeOf(error))))
    const code = await failed
    return { code, isCalled: (await called) !== null, hadError: await closed, events, state: stream.readyState }
  },

  async 'a stream that is destroyed while it connects'(t, { client, server }) {
    const listener = await server.listen(t)
    const { stream, closed } = client.unconnected(t)
    const events = noted(stream, 'connect', 'ready', 'error', 'close')
    stream.connect(listener.port, '127.0.0.1')
    const called = new Promise((resolve) => stream.write('x', (error) => resolve(codeOf(error))))
    stream.destroy()
    return {
      hadError: await within(closed, "'close'"),
      isCalled: (await called) !== null,
      events,
      state: stream.readyState,
    }
  },
}

function* slices(data: Buffer): Generator<Buffer> {
  for (let at = 0; at < data.length; at += 100_000) yield data.subarray(at, at + 100_000)
}

describe('duplex() and node:net (H117)', () => {
  for (const [name, scenario] of Object.entries(scenarios))
    for (const [client, server] of [
      [berkeley, berkeley],
      [berkeley, node],
      [node, berkeley],
    ] as const)
      test(`${name} looks the same with a client of ${client.name} and a server of ${server.name} as with node:net alone`, async (t) => {
        const expected = await scenario(t, { client: node, server: node })
        assert.deepEqual(await scenario(t, { client, server }), expected)
      })
})
