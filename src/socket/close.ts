import { SHUT_RD, SHUT_RDWR, SHUT_WR, SOCK_STREAM } from '../constants/exported.generated.js'
import { closeFd, closeOnPool, lingers } from '../descriptor/close-fd.js'
import { after } from '../engine/deadline.js'
import { Engine } from '../engine/engine.js'
import { type Operation, wouldBlock } from '../engine/operation.js'
import { WAIT_FOREVER } from '../engine/wait.js'
import { native } from '../native/sockets.js'
import { check, TimeoutError } from '../support/errors.js'
import { record } from '../support/record.js'
import type { Channel } from './channel.js'
import type { Transport } from './transport.js'

/** How long close_notify waits for room in the socket when there is no deadline for sending. */
const CLOSE_NOTIFY_TIMEOUT_MS = 1000

/** How a channel is to be closed. */
export interface CloseOptions {
  /** `SHUT_*` of a shutdown(2) before, for every process that shares the socket; none when absent. */
  readonly how: number | undefined
  /** Milliseconds that close_notify may wait for room; 0 for the default. */
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

/** Closes a channel, in the order that docs/design.md gives reasons for. After `takeForClose()` its number is EBADF for every other call. */
export function closeChannel(steps: Steps, channel: Channel, { how, timeout }: CloseOptions): void {
  const { engine, transport, kind } = channel
  const mayLinger = kind.socktype === SOCK_STREAM && lingers(channel.fd.fd)
  engine.close()
  const fd = channel.fd.takeForClose()
  steps.run(() => sendCloseNotify(transport, fd, timeout))
  if (how !== undefined) steps.run(() => check(native.shutdown(fd, how), 'shutdown'))
  steps.run(() => (mayLinger ? closeOnPool(fd) : closeFd(fd)))
}

/** Sends close_notify; returns a promise only if that has to wait for room. */
function sendCloseNotify(transport: Transport, fd: number, timeout: number): Promise<void> | undefined {
  const operation = transport.closeNotify()
  if (operation && wouldBlock(attempt(operation, fd)))
    return waitForRoom(operation, fd, timeout).finally(() => transport.close())
  transport.close()
  return undefined
}

/** When the peer has broken the protocol or the connection, there is nothing left to send. */
function attempt(operation: Operation<void>, fd: number): number {
  try {
    return operation.attempt(fd)
  } catch {
    return 0
  }
}

/** A peer that is gone by then is not a failure, as it would not have been one at once; a timeout is reported. */
async function waitForRoom(operation: Operation<void>, fd: number, timeout: number): Promise<void> {
  const engine = new Engine(record({ use: () => fd }))
  try {
    await engine.writer.run(operation, { ...WAIT_FOREVER, deadline: after(timeout || CLOSE_NOTIFY_TIMEOUT_MS) })
  } catch (error) {
    if (error instanceof TimeoutError) throw error
  } finally {
    engine.close()
  }
}

/** Returns `SHUT_*` for the two arguments of close(); none when nothing is to be shut down. */
export function shutdownHow(shutrd: boolean, shutwr: boolean): number | undefined {
  if (shutrd && shutwr) return SHUT_RDWR
  if (shutrd) return SHUT_RD
  return shutwr ? SHUT_WR : undefined
}
