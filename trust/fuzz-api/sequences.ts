/** Calls in any order on both ends of a pair, each checked against the model. */
import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { seqpacket, stream } from 'berkeley'
import fc from 'fast-check'
import { answers, closePassed, type End, type Kind, Model, passed, Real } from './model.js'

/** More is not sent before it is received: a send never waits. */
const QUEUE_MAX = 20_000
const BUFSIZE = 65_536

type Step = fc.AsyncCommand<Model, Real>

/** Most steps are about one end. */
abstract class OfEnd implements Step {
  readonly side: number
  constructor(side: number) {
    this.side = side
  }

  check(model: Readonly<Model>): boolean {
    return this.may(model.end(this.side), model)
  }

  async run(model: Model, real: Real): Promise<void> {
    await this.act(model, real)
    await real.agree(model)
  }

  toString(): string {
    return `${this.constructor.name}(${this.side})`
  }

  may(_end: End, _model: Model): boolean {
    return true
  }

  abstract act(model: Model, real: Real): Promise<void>
}

class Send extends OfEnd {
  readonly bytes: number
  constructor(side: number, bytes: number) {
    super(side)
    this.bytes = bytes
  }

  override may(_end: End, model: Model): boolean {
    return model.queued(1 - this.side) < QUEUE_MAX
  }

  async act(model: Model, real: Real): Promise<void> {
    const end = model.end(this.side)
    const result = await real.receive(this.side, (sock) => sock.send(Buffer.alloc(this.bytes))).outcome
    if (!end.open) assert.equal(result, 'EBADF')
    else if (end.mute) assert.match(String(result), /^(EPIPE|ECONNRESET|ERR_TLS_\w+)$/)
    else {
      assert.equal(result, this.bytes)
      await arrived(model, real, 1 - this.side, { bytes: this.bytes, fd: false })
    }
  }
}

/** Something came: the call that waits for it has it now. */
async function arrived(model: Model, real: Real, side: number, message: { bytes: number; fd: boolean }): Promise<void> {
  const end = model.end(side)
  end.queue.push(message)
  if (!end.waiting) return
  end.waiting = false
  assert.equal(lengthOf(await real.ended(side)), model.take(side))
}

/** That the peer has thrown something away is told once, before or after what is queued. */
function wasReset(end: End, result: unknown): boolean {
  if (!end.reset || result !== 'ECONNRESET') return false
  end.reset = false
  return true
}

const lengthOf = (value: unknown): unknown => (Buffer.isBuffer(value) ? value.length : value)

class Receive extends OfEnd {
  /** The model knows one call that waits. */
  override may(end: End): boolean {
    return !end.waiting
  }

  async act(model: Model, real: Real): Promise<void> {
    const expected = answers(model, this.side)
    const call = real.receive(this.side, (sock, signal) => sock.recv(BUFSIZE, 0, { signal }))
    if (expected.length === 0) {
      model.end(this.side).waiting = true
      real.calls[this.side] = call
      return
    }
    const result = lengthOf(await call.outcome)
    if (wasReset(model.end(this.side), result)) return
    if (typeof result === 'number') assert.equal(result, model.take(this.side))
    else assert.ok(expected.includes(result), `${String(result)} is none of ${expected.join(', ')}`)
  }
}

/** Nothing is there: the deadline ends it, and later calls find what comes. */
class ReceiveInTime extends OfEnd {
  override may({ waiting }: End, model: Model): boolean {
    return !waiting && answers(model, this.side).length === 0
  }

  async act(_model: Model, real: Real): Promise<void> {
    const sock = real.sock(this.side)
    sock.deadlines(1)
    const { outcome } = real.receive(this.side, () => sock.recv())
    sock.deadlines(0)
    assert.equal(await outcome, 'ETIMEDOUT')
  }
}

class Abort extends OfEnd {
  override may(end: End): boolean {
    return end.waiting
  }

  async act(model: Model, real: Real): Promise<void> {
    real.calls[this.side]?.abort.abort()
    model.end(this.side).waiting = false
    assert.equal(await real.ended(this.side), 'ABORT_ERR')
  }
}

/** What waits on an end that is no more has to end; what waits on the other one gets the end. */
async function over(model: Model, real: Real, side: number, waited: boolean): Promise<void> {
  model.close(side)
  if (waited) assert.equal(await real.ended(side), 'ECANCELED')
  await told(model, real, 1 - side)
}

async function told(model: Model, real: Real, side: number): Promise<void> {
  const end = model.end(side)
  if (!end.waiting) return
  end.waiting = false
  const result = await real.ended(side)
  assert.ok(answers(model, side).includes(result), String(result))
}

class Close extends OfEnd {
  async act(model: Model, real: Real): Promise<void> {
    const { open, waiting } = model.end(this.side)
    await real.sock(this.side).close()
    if (open) await over(model, real, this.side, waiting)
  }
}

class CloseFromGetter extends OfEnd {
  override may({ open }: End): boolean {
    return open
  }

  async act(model: Model, real: Real): Promise<void> {
    const sock = real.sock(this.side)
    const { waiting } = model.end(this.side)
    const closes = {
      get signal(): undefined {
        void sock.close()
        return undefined
      },
    }
    assert.match(String(await real.receive(this.side, () => sock.recv(1, 0, closes)).outcome), /^(EBADF|ECANCELED)$/)
    await over(model, real, this.side, waiting)
  }
}

class CloseFromHook extends OfEnd {
  /** Behind a call that waits it would only wait for its turn, and its hook is for a wait of its own. */
  override may({ waiting }: End, model: Model): boolean {
    return !waiting && answers(model, this.side).length === 0
  }

  async act(model: Model, real: Real): Promise<void> {
    const sock = real.sock(this.side)
    sock.onwaitrecv(() => void sock.close())
    assert.equal(await real.receive(this.side, () => sock.recv()).outcome, 'ECANCELED')
    await over(model, real, this.side, false)
  }
}

/** The descriptor goes to another object: what waits on the former one is over, and nothing is lost. */
class Rewrap extends OfEnd {
  override may({ open }: End, model: Model): boolean {
    return open && !model.secure
  }

  async act(model: Model, real: Real): Promise<void> {
    const end = model.end(this.side)
    const fd = real.sock(this.side).detach()
    if (end.waiting) assert.equal(await real.ended(this.side), 'ECANCELED')
    end.waiting = false
    assert.equal(real.sock(this.side).fd(), -1)
    const { wrap } = model.kind === 'stream' ? stream.unix : seqpacket.unix
    real.socks[this.side] = await wrap(fd)
  }
}

class EndSending extends OfEnd {
  override may({ open }: End, model: Model): boolean {
    return open && !model.secure
  }

  async act(model: Model, real: Real): Promise<void> {
    real.sock(this.side).closew()
    model.end(this.side).mute = true
    model.end(1 - this.side).ended = true
    await told(model, real, 1 - this.side)
  }
}

class EndReceiving extends OfEnd {
  override may({ open }: End, model: Model): boolean {
    return open && !model.secure
  }

  async act(model: Model, real: Real): Promise<void> {
    real.sock(this.side).closer()
    model.end(this.side).ended = true
    model.end(1 - this.side).mute = true
    await told(model, real, this.side)
  }
}

class Refer extends OfEnd {
  async act(_model: Model, real: Real): Promise<void> {
    real.sock(this.side).unref()
    await turn()
    real.sock(this.side).ref()
  }
}

class SendFd extends OfEnd {
  override may(end: End, model: Model): boolean {
    return model.kind === 'seqpacket' && end.open && !end.mute && model.queued(1 - this.side) < QUEUE_MAX
  }

  async act(model: Model, real: Real): Promise<void> {
    assert.equal(await real.receive(this.side, (sock) => sock.sendfd(passed)).outcome, 0)
    await arrived(model, real, 1 - this.side, { bytes: 1, fd: true })
  }
}

class ReceiveFd extends OfEnd {
  override may({ queue, open, waiting }: End, model: Model): boolean {
    return model.kind === 'seqpacket' && open && !waiting && queue.length > 0
  }

  async act(model: Model, real: Real): Promise<void> {
    const result = await real.receive(this.side, (sock) => sock.recvfd()).outcome
    if (wasReset(model.end(this.side), result)) return
    const [message] = model.end(this.side).queue.splice(0, 1)
    if (message?.fd) closePassed(result)
    assert.equal(message?.fd ? typeof result : result, message?.fd ? 'number' : 'ENOMSG')
  }
}

/** A call of a group: it receives at one end, or sends from the other one. */
interface OneOf {
  receives: boolean
  size: number
  /** Whether it is aborted as soon as all have been called. */
  hasty: boolean
}

/**
 * Many calls at once on both ends, none of which waits for another one to settle. What is received in the order of the calls is what was
 * sent in that order; what was not received is still there.
 */
class Together extends OfEnd {
  readonly calls: readonly OneOf[]
  constructor(side: number, calls: readonly OneOf[]) {
    super(side)
    this.calls = calls
  }

  override may(end: End, model: Model): boolean {
    const from = model.end(1 - this.side)
    const isQuiet = !(end.waiting || end.ended || end.reset || from.mute)
    return end.open && from.open && isQuiet && model.queued(this.side) < QUEUE_MAX
  }

  async act(model: Model, real: Real): Promise<void> {
    let sends = 0
    const made = this.calls.map(({ receives, size }) =>
      receives
        ? real.receive(this.side, (sock, signal) => sock.recv(this.#room(model, size), 0, { signal }))
        : // Each has bytes of its own, which are greater than those of the ones before.
          real.receive(1 - this.side, (sock) => sock.send(Buffer.alloc(size, ++sends))),
    )
    made.forEach((call, i) => {
      if (this.calls[i]?.hasty) call.abort.abort()
    })
    await real.settle()
    // What waits now would wait for what comes later.
    for (const { abort } of made) abort.abort()
    this.#judge(await Promise.all(made.map(({ outcome }) => outcome)), model)
  }

  #room(model: Model, size: number): number {
    return model.kind === 'stream' ? size : BUFSIZE
  }

  #judge(outcomes: readonly unknown[], model: Model): void {
    const { queue } = model.end(this.side)
    const before = model.queued(this.side)
    const pieces: Buffer[] = []
    let isEmpty = false
    this.calls.forEach(({ receives, size, hasty }, i) => {
      const outcome = outcomes[i]
      if (receives && Buffer.isBuffer(outcome)) pieces.push(outcome)
      else assert.equal(outcome, receives ? 'ABORT_ERR' : size)
      if (receives && outcome === 'ABORT_ERR' && !hasty) isEmpty = true
      if (!receives) queue.push({ bytes: size, fd: false })
    })
    const received = Buffer.concat(pieces)
    const fresh = received.subarray(before)
    assert.ok(Buffer.from(fresh).sort().equals(fresh), 'what came later was received before')
    const left = model.kind === 'stream' ? this.#takeBytes(queue, received.length) : takeMessages(queue, pieces)
    if (isEmpty) assert.equal(left, 0, 'a call waits although something is there')
  }

  /** Takes that many bytes off the queue, and returns how many are left. */
  #takeBytes(queue: End['queue'], count: number): number {
    const left = queue.splice(0).reduce((sum, { bytes }) => sum + bytes, 0) - count
    assert.ok(left >= 0, `${-left} bytes were received that nobody had sent`)
    if (left > 0) queue.push({ bytes: left, fd: false })
    return left
  }

  override toString(): string {
    const calls = this.calls.map(({ receives, size, hasty }) => `${receives ? 'r' : 's'}${size}${hasty ? '!' : ''}`)
    return `Together(${this.side}, ${calls.join(' ')})`
  }
}

/** Takes those messages off the queue, and returns how many are left. */
function takeMessages(queue: End['queue'], messages: readonly Buffer[]): number {
  const taken = queue.splice(0, messages.length)
  assert.deepEqual(
    messages.map(({ length }) => length),
    taken.map(({ bytes }) => bytes),
  )
  return queue.length
}

class Secure implements Step {
  check({ kind, secure, ends }: Readonly<Model>): boolean {
    const isReady = ends.every(
      ({ open, ended, mute, waiting, queue }) => open && !(ended || mute || waiting || queue.length),
    )
    return kind === 'stream' && !secure && isReady
  }

  async run(model: Model, real: Real): Promise<void> {
    await real.secure()
    model.secure = true
  }

  toString(): string {
    return 'Secure()'
  }
}

const side = fc.integer({ min: 0, max: 1 })

const oneOf: fc.Arbitrary<OneOf> = fc.record({
  receives: fc.boolean(),
  size: fc.integer({ min: 1, max: 1789 }),
  hasty: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
})

/** Steps as fast-check makes them. Which of them were made is a part of what made a failure small: `replayPath` says it. */
export const steps = (most: number, replayPath?: string): fc.Arbitrary<Iterable<Step>> =>
  fc.commands(
    [
      ...[Send, Send].map((Class) =>
        fc.tuple(side, fc.integer({ min: 1, max: 3000 })).map(([at, n]) => new Class(at, n)),
      ),
      ...[Receive, Receive, Receive, ReceiveInTime, Abort, Close, CloseFromGetter, CloseFromHook].map((Class) =>
        side.map((at) => new Class(at)),
      ),
      ...[Rewrap, EndSending, EndReceiving, Refer, SendFd, ReceiveFd].map((Class) => side.map((at) => new Class(at))),
      fc.tuple(side, fc.array(oneOf, { minLength: 2, maxLength: 11 })).map(([at, calls]) => new Together(at, calls)),
      fc.constant(new Secure()),
    ],
    { maxCommands: most, size: 'max', ...(replayPath === undefined ? {} : { replayPath }) },
  )

export const kinds = fc.constantFrom<Kind>('stream', 'seqpacket')

/** One sequence. */
export async function runSequence(kind: Kind, sequence: Iterable<Step>): Promise<void> {
  const real = await Real.create(kind)
  try {
    await fc.asyncModelRun(() => ({ model: new Model(kind), real }), sequence)
  } finally {
    await real.close()
  }
}
