/**
 * What a pair of connected unix sockets has to do, whatever is called in whatever order: a model of both ends that says of each call
 * whether it is answered at once, waits, or is refused, and with which code.
 */
import assert from 'node:assert/strict'
import { closeSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { seqpacket, stream, tls } from 'berkeley'
import { within } from '../../test/util/index.js'
import { FILE, HOST, sharedContexts } from './world.js'

export type Kind = 'stream' | 'seqpacket'
type Sock = stream.unix.Socket | seqpacket.unix.Socket

/** What is on its way to an end. */
interface Message {
  bytes: number
  fd: boolean
}

/** What is known of one end. */
export interface End {
  open: boolean
  /** On their way to it; those of a stream run together. */
  queue: Message[]
  /** Nothing follows what is queued. */
  ended: boolean
  /** What it sends is refused. */
  mute: boolean
  /** Its other end has thrown away what it had sent. */
  reset: boolean
  waiting: boolean
}

/** A call that waits, and what it came to. */
interface Call {
  outcome: Promise<unknown>
  settled: boolean
  abort: AbortController
}

const newEnd = (): End => ({ open: true, queue: [], ended: false, mute: false, reset: false, waiting: false })

const codeOf = (error: unknown): string => String((error as { code?: unknown }).code)

/** How a promise ended: a value, or the code of the error. */
const outcomeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => value,
    (error: unknown) => codeOf(error),
  )

export class Model {
  readonly kind: Kind
  ends: [End, End] = [newEnd(), newEnd()]
  secure = false

  constructor(kind: Kind) {
    this.kind = kind
  }

  end(side: number): End {
    return this.ends[side] as End
  }

  /** Bytes that are queued at an end. */
  queued(side: number): number {
    return this.end(side).queue.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** What a receive takes off the queue: all of a stream, a message of the others. */
  take(side: number): number {
    const { queue } = this.end(side)
    const taken = this.kind === 'stream' ? queue.splice(0) : queue.splice(0, 1)
    return taken.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** What follows from the end of one side for both. */
  close(side: number): void {
    const [own, other] = [this.end(side), this.end(1 - side)]
    own.open = false
    own.waiting = false
    other.ended = true
    other.mute = true
    if (own.queue.length > 0) other.reset = true
    own.queue.length = 0
  }
}

/** The sockets themselves, and what waits on them. */
export class Real {
  socks: [Sock, Sock]
  readonly calls: [Call | undefined, Call | undefined] = [undefined, undefined]

  private constructor(socks: [Sock, Sock]) {
    this.socks = socks
  }

  static async create(kind: Kind): Promise<Real> {
    return new Real(kind === 'stream' ? await stream.unix.pair() : await seqpacket.unix.pair())
  }

  sock(side: number): Sock {
    return this.socks[side] as Sock
  }

  /** Begins a receive. */
  receive(side: number, recv: (sock: Sock, signal: AbortSignal) => Promise<unknown>): Call {
    const abort = new AbortController()
    const call: Call = { outcome: outcomeOf(recv(this.sock(side), abort.signal)), settled: false, abort }
    call.outcome.finally(() => {
      call.settled = true
    })
    return call
  }

  /** Lets the loop turn until nothing new can come of what was called. */
  async settle(): Promise<void> {
    for (let i = 0; i < 3; i++) await turn()
  }

  /** What waits still has to wait when the model says so. */
  async agree(model: Model): Promise<void> {
    await this.settle()
    for (const side of [0, 1])
      if (model.end(side).waiting) assert.equal(this.calls[side]?.settled, false, `side ${side} waits no longer`)
  }

  /** What a call that waited came to. */
  async ended(side: number): Promise<unknown> {
    const call = this.calls[side] as Call
    this.calls[side] = undefined
    return within(call.outcome, `the end of what waits on side ${side}`, 10_000)
  }

  /** Goes on with TLS. */
  async secure(): Promise<void> {
    const { server, client } = sharedContexts()
    const [a, b] = this.socks as [stream.unix.Socket, stream.unix.Socket]
    const [one, two] = await Promise.all([
      tls.wrap(a, client, { servername: HOST }),
      tls.wrap(b, server).then(async (sock) => {
        await sock.handshake()
        return sock
      }),
    ])
    this.socks = [one, two]
  }

  /** Closes both, and whatever waits has to end. */
  async close(): Promise<void> {
    await Promise.all(this.socks.map((sock) => sock.close().catch(() => undefined)))
    for (const side of [0, 1]) if (this.calls[side]) await this.ended(side)
    for (const sock of this.socks) assert.equal(sock.fd(), -1)
  }
}

/** An open file, to be passed. */
export const passed = FILE

/** What a receive is answered with that need not wait: the count, null, or a code; several where the kernel may choose. */
export function answers(model: Model, side: number): unknown[] {
  const { open, queue, ended, reset } = model.end(side)
  if (!open) return ['EBADF']
  if (queue.length > 0) return [model.queued(side)]
  if (reset || (ended && model.secure)) return [null, 'ECONNRESET', 'EPIPE', 'ERR_TLS_TRUNCATED']
  return ended ? [null] : []
}

export function closePassed(fd: unknown): void {
  if (typeof fd === 'number') closeSync(fd)
}
