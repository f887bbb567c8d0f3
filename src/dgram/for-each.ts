import { AsyncResource } from 'node:async_hooks'
import type { AddrInfo } from '../address/addrinfo.js'
import { AF_UNIX, MSG_DONTWAIT } from '../constants/exported.generated.js'
import { refuseJoined } from '../descriptor/receiving.js'
import { after, type Deadline } from '../engine/deadline.js'
import { AGAIN_NOW, HOLD, type Operation, WOULD_BLOCK, YIELD } from '../engine/operation.js'
import { clearControl } from '../message/cmsghdrs.js'
import type { KeptMessage } from '../message/kept.js'
import type { Channel } from '../socket/channel.js'
import { runLoop, waitOf } from '../socket/for-each.js'
import type { DirectionSettings, IterationOptions } from '../socket/settings.js'
import { untruncated } from '../support/receive-buffer.js'
import { isolate } from '../support/record.js'
import { isThenable } from '../support/thenable.js'
import { type Inbox, type Layout, layoutFor } from './inbox.js'
import { type Holder, KeptTransport } from './kept-transport.js'
import { Reports } from './reports.js'

/** The function of a loop over datagrams. */
type Give = (data: Buffer, from: AddrInfo | null) => unknown

/** How a loop receives. */
interface Manner extends Layout {
  /** Milliseconds that each wait may take, 0 for any. */
  readonly timeout: number
}

/**
 * Receives datagrams until it is ended, as many by one call as there are, and gives each to a function from within the event that brought
 * it. What it has received and cannot give, because the function returns a promise, throws, or ends the loop, is kept for the next call
 * that receives.
 */
class ForEachDatagram implements Operation<void>, Holder {
  /** The call must have returned before the function is called. */
  readonly defers = true
  /** When the wait for the next datagram is over. */
  deadline: Deadline | undefined
  held: PromiseLike<unknown> | undefined
  readonly #channel: Channel
  readonly #inbox: Inbox
  readonly #give: Give
  readonly #manner: Manner
  readonly #kept: KeptTransport
  readonly #reports = new Reports()
  /** Has the asynchronous context of the call. */
  readonly #context = new AsyncResource('berkeley.forEach')
  /** What was kept, if the last attempt has found that. */
  #found: KeptMessage | undefined
  /** The rows of the inbox that were not given yet. */
  #next = 0
  #end = 0
  #isGiving = false
  /** The last call has filled the inbox: others get a turn before the next one. */
  #mustYield = false

  constructor(channel: Channel, inbox: Inbox, give: Give, manner: Manner) {
    this.#channel = channel
    this.#inbox = inbox
    this.#give = give
    this.#manner = manner
    this.#kept = KeptTransport.begin(channel, this)
    this.#beginWait()
  }

  get syscall(): string {
    return 'recvmmsg'
  }

  get retryOn(): ReadonlySet<number> {
    return this.#reports.retryOn
  }

  attempt(fd: number): number {
    // The function has caused an event: its turn is when the function has returned.
    if (this.#isGiving) return WOULD_BLOCK
    this.#found = this.#kept.nextMessage(0)
    if (this.#found !== undefined) return 1
    if (this.#mustYield) {
      this.#mustYield = false
      return YIELD
    }
    refuseJoined(this.#channel, fd, 'recvmmsg')
    return this.#reports.count(this.#inbox.receive(this, fd, this.#manner, MSG_DONTWAIT))
  }

  /** Fewer than there was room for are all that there were. */
  drained(count: number): boolean {
    return this.#found === undefined && count < this.#manner.most
  }

  finish(count: number): typeof AGAIN_NOW | typeof HOLD {
    const found = this.#found
    this.#found = undefined
    if (found === undefined) {
      this.#next = 0
      this.#end = count
      this.#mustYield = count === this.#manner.most
    }
    this.#isGiving = true
    try {
      if (found !== undefined) return this.#answered(this.#giveKept(found))
      return count === 1 ? this.#giveRows() : this.#giveBatch()
    } finally {
      this.#isGiving = false
      this.leaveRest()
      this.#inbox.leave(this)
      this.#beginWait()
    }
  }

  /** What is sent from within the function leaves when all of them were given. */
  #giveBatch(): typeof AGAIN_NOW | typeof HOLD {
    const { engine } = this.#channel
    const begins = engine.beginGathering()
    try {
      return this.#giveRows()
    } finally {
      this.leaveRest()
      if (begins) engine.endGathering()
    }
  }

  #giveRows(): typeof AGAIN_NOW | typeof HOLD {
    const { reader } = this.#channel.engine
    while (this.#next < this.#end) {
      const answer = this.#giveRow(this.#next++)
      if (isThenable(answer)) return this.#hold(answer)
      if (!reader.isRunning(this)) break
    }
    return AGAIN_NOW
  }

  #giveRow(row: number): unknown {
    const inbox = this.#inbox
    const { room } = this.#manner
    inbox.discardControl(row)
    untruncated(this.syscall, inbox.size(row), room, 0)
    return this.#context.runInAsyncScope(this.#give, undefined, inbox.data(row, room), inbox.sender(row))
  }

  #giveKept({ data, size, addr, control }: KeptMessage): unknown {
    if (control !== undefined) clearControl(control)
    untruncated(this.syscall, size, Math.min(data.length, this.#manner.room), 0)
    return this.#context.runInAsyncScope(this.#give, undefined, data, addr)
  }

  #answered(answer: unknown): typeof AGAIN_NOW | typeof HOLD {
    return isThenable(answer) ? this.#hold(answer) : AGAIN_NOW
  }

  /** The time of the function is its own. */
  #hold(answer: PromiseLike<unknown>): typeof HOLD {
    this.held = Promise.resolve(answer).then(() => this.#beginWait())
    return HOLD
  }

  #beginWait(): void {
    const { timeout } = this.#manner
    if (timeout > 0) this.deadline = after(timeout)
  }

  get rest(): number {
    return this.#end - this.#next
  }

  /** What is left in the inbox goes to the next call that receives. Of a closed socket it is dropped. */
  leaveRest(): void {
    if (this.#next === this.#end) return
    const isClosed = this.#channel.fd.fd < 0
    while (this.#next < this.#end) {
      const row = this.#next++
      if (isClosed) this.#inbox.discardControl(row)
      else this.#kept.messages.add(this.#inbox.take(row, this.#manner.room))
    }
    this.#channel.engine.reader.recordEvents(true, false)
  }

  /** It is over. */
  close(): void {
    this.#kept.finish(this)
  }
}

isolate(ForEachDatagram)

/** Runs a loop over datagrams, as `forEach()` does over what has no boundaries. */
export async function forEachDatagram(
  channel: Channel,
  [inbox, give]: readonly [Inbox, Give],
  settings: DirectionSettings | undefined,
  options: IterationOptions,
): Promise<void> {
  channel.fd.use('recvmmsg')
  const layout = layoutFor(options.bufsize, channel.kind.family === AF_UNIX)
  const manner = { ...layout, timeout: waitOf(settings, options) }
  const operation = new ForEachDatagram(channel, inbox, give, manner)
  try {
    await runLoop(channel, operation, settings, options)
  } finally {
    operation.close()
  }
}
