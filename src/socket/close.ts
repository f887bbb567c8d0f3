import { SHUT_RD, SHUT_RDWR, SHUT_WR, SO_LINGER, SOCK_STREAM, SOL_SOCKET } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { closeFd } from '../descriptor/close-fd.js'
import type { Handle } from '../descriptor/handle.js'
import { CLOSED } from '../descriptor/owned-fd.js'
import { after, type Deadline } from '../engine/deadline.js'
import { Engine } from '../engine/engine.js'
import { AGAIN_NOW, type Operation } from '../engine/operation.js'
import { WAIT_FOREVER } from '../engine/wait.js'
import { native, registers } from '../native/sockets.js'
import { check } from '../support/errors.js'
import { record } from '../support/record.js'
import { Drain, isUnderWay } from './drain.js'
import { closeLingering } from './linger.js'
import type { Transport } from './transport.js'

/** How long the end of a TLS session may take when there is no deadline for sending. */
const END_TIMEOUT_MS = 1000

/** How a channel is to be closed. */
export interface CloseOptions {
  /** `SHUT_*` of a shutdown(2) before, for every process that shares the socket; none when absent. */
  readonly how: number | undefined
  /** Milliseconds that the end of a TLS session may take; 0 for the default. */
  readonly timeout: number
}

/**
 * Steps that are all taken, one after the other, whatever the ones before reported. As long as none of them has to wait they are taken
 * before {@link Steps.run} returns.
 */
export class Steps {
  readonly #failures: unknown[] = []
  #pending: Promise<void> | undefined

  /** Takes a step: now, or when a former one that waits is over. */
  run(step: () => unknown): void {
    this.#pending = this.#pending?.then(() => this.#take(step)) ?? this.#take(step)
  }

  #take(step: () => unknown): Promise<void> | undefined {
    try {
      const result = step()
      return result instanceof Promise ? result.then(() => undefined, this.#fail) : undefined
    } catch (error) {
      return this.#fail(error)
    }
  }

  readonly #fail = (error: unknown): undefined => {
    this.#failures.push(error)
  }

  /** Resolves when all steps are taken; rejects with what failed first. */
  async done(): Promise<void> {
    await this.#pending
    if (this.#failures.length > 0) throw this.#failures[0]
  }
}

/** What is closed: a channel. */
interface Closing extends Handle {
  /** What waits for it. */
  readonly engine: Engine
  /** What moves its bytes. */
  readonly transport: Transport
}

/** Closes a channel, in the order that docs/design.md gives reasons for. After `takeForClose()` its number is EBADF for every other call. */
export function closeChannel(steps: Steps, channel: Closing, { how, timeout }: CloseOptions): void {
  const { engine, transport, kind } = channel
  const referenced = engine.isReferenced
  const mayLinger = kind.socktype === SOCK_STREAM && native.lingers(channel.fd.fd) === 1
  const offloaded = mayLinger ? engine.offloaded : undefined
  engine.close()
  const fd = channel.fd.takeForClose()
  // What waited has ended, and a signal that was listened to may run code of the user, who may have closed it.
  if (fd < 0) {
    steps.run(() => transport.close())
    // Other code has closed it, and made something else of its number.
    if (fd !== CLOSED) steps.run(() => closeFd(fd))
    return
  }
  endSession(steps, transport, fd, { deadline: after(timeout || END_TIMEOUT_MS), referenced })
  if (how !== undefined) steps.run(() => shutDown(fd, how))
  // The last descriptor of a socket is the one whose close lingers: so that of the other thread goes first.
  if (offloaded) steps.run(() => offloaded)
  steps.run(() => (mayLinger ? closeLingering(fd, referenced) : closeFd(fd)))
}

/** Until when the end of a TLS session may take, and whether it keeps the process alive. */
interface EndWait {
  readonly deadline: Deadline
  readonly referenced: boolean
}

/** Ends a TLS session: close_notify, the end of the stream, and then nothing of the peer's may be left unread. */
function endSession(steps: Steps, transport: Transport, fd: number, wait: EndWait): void {
  const closeNotify = transport.closeNotify()
  if (closeNotify === undefined || transport.session?.isUnfinished || isToBeReset(fd))
    return steps.run(() => transport.close())
  const mustArrive = transport.pendingBytes > 0 || isUnderWay(fd)
  steps.run(() => carryOut(closeNotify, fd, wait))
  steps.run(() => transport.close())
  // Nothing may follow close_notify, so that other owners of the socket, if there are any, lose nothing.
  steps.run(() => native.shutdown(fd, SHUT_WR))
  steps.run(() => carryOut(new Drain(mustArrive), fd, wait))
}

/** Whether the user wants close(2) to reset the connection, and what was not received yet to be lost: `linger(0)`. */
function isToBeReset(fd: number): boolean {
  const known = native.getsockopt(fd, SOL_SOCKET, SO_LINGER, native.kinds.linger) >= 0
  return known && registers[0] !== 0 && registers[1] === 0
}

/** Carries out an operation; returns a promise only if it has to wait. A failure is of no interest: the peer hears no more of this side. */
function carryOut(operation: Operation<void>, fd: number, wait: EndWait): Promise<void> | undefined {
  return isDoneAtOnce(operation, fd) ? undefined : waitFor(operation, fd, wait)
}

function isDoneAtOnce(operation: Operation<void>, fd: number): boolean {
  try {
    const result = operation.attempt(fd)
    return result >= 0 && operation.finish(result) !== AGAIN_NOW
  } catch {
    return true
  }
}

async function waitFor(operation: Operation<void>, fd: number, { deadline, referenced }: EndWait): Promise<void> {
  const engine = new Engine(record({ number: () => fd }))
  engine.setReferenced(referenced)
  try {
    await engine.writer.run(operation, { ...WAIT_FOREVER, deadline })
  } catch {
    // The peer is gone, or does not read.
  } finally {
    engine.close()
  }
}

/** A connection that the peer has reset is shut down already. */
function shutDown(fd: number, how: number): void {
  const result = native.shutdown(fd, how)
  if (result !== -sys.ENOTCONN) check(result, 'shutdown')
}

/** Returns `SHUT_*` for the two arguments of close(); none when nothing is to be shut down. */
export function shutdownHow(shutrd: boolean, shutwr: boolean): number | undefined {
  if (shutrd && shutwr) return SHUT_RDWR
  if (shutrd) return SHUT_RD
  return shutwr ? SHUT_WR : undefined
}
