import { SHUT_RD, SHUT_RDWR, SHUT_WR } from '../constants/exported.generated.js'
import { closeFd, closeFdInPool } from '../descriptor/close-fd.js'
import { after } from '../engine/deadline.js'
import { Engine } from '../engine/engine.js'
import { isNotYet, type Operation } from '../engine/operation.js'
import { native } from '../native/sockets.js'
import { check, TimeoutError } from '../support/errors.js'

/** How long a close tries to say its last words when there is no deadline for sending. */
const FAREWELL_MS = 1000

/** What a class has to say to the peer before its socket is closed. */
export interface Farewell {
  /** Says it. */
  readonly operation: Operation<void>
  /** Is called when it is said, or cannot be. */
  done(): void
}

/** How a descriptor is to be closed. */
export interface Manner {
  /** Shut down receiving first, for every process that shares the socket. */
  readonly shutrd: boolean
  /** Shut down sending first, likewise. */
  readonly shutwr: boolean
  /** close(2) would wait for unsent data: another thread has to. */
  readonly lingers: boolean
  /** Last words. */
  readonly farewell: Farewell | undefined
  /** How many milliseconds they may wait for room; 0 for the default. */
  readonly budget: number
}

/**
 * The end of a socket, step by step. Whatever one step says, the next ones are taken: the descriptor is closed in any case, and what
 * failed first is told when all is over. What need not wait is done before the call returns.
 */
export class Ending {
  readonly #failures: unknown[] = []
  readonly #work: Promise<void>[] = []

  /** Takes a step. */
  step(act: () => unknown): void {
    this.#work.push(this.#taken(act))
  }

  async #taken(act: () => unknown): Promise<void> {
    try {
      await act()
    } catch (error) {
      this.#failures.push(error)
    }
  }

  /** Closes a descriptor that nobody uses any more. */
  close(fd: number, manner: Manner): void {
    const saying = manner.farewell && this.#say(fd, manner.farewell, manner.budget)
    if (saying === undefined) this.#shutAndClose(fd, manner)
    else this.#work.push(this.#taken(() => saying).then(() => this.#closed(fd, manner)))
  }

  /** The rest, once the last words are said; its steps are not among those that are waited for already. */
  async #closed(fd: number, manner: Manner): Promise<void> {
    const rest = new Ending()
    rest.#shutAndClose(fd, manner)
    await this.#taken(() => rest.over())
  }

  #shutAndClose(fd: number, { shutrd, shutwr, lingers }: Manner): void {
    if (shutrd || shutwr) this.step(() => check(native.shutdown(fd, howOf(shutrd, shutwr)), 'shutdown'))
    this.step(() => (lingers ? closeFdInPool(fd) : closeFd(fd)))
  }

  /** Says the last words; a promise only where they have to wait for room. */
  #say(fd: number, { operation, done }: Farewell, budget: number): Promise<void> | undefined {
    let result: number
    try {
      result = operation.attempt(fd)
    } catch {
      result = 0 // the peer broke the rules, or the connection: there is nothing left to say
    }
    if (isNotYet(result)) return sayLater(fd, operation, budget).finally(done)
    done()
    return undefined
  }

  /** When everything is done. Throws what failed first. */
  async over(): Promise<void> {
    await Promise.all(this.#work)
    if (this.#failures.length > 0) throw this.#failures[0]
  }
}

/** A peer that is gone by then is no failure, as it would have been none at once; that there was no time is told. */
async function sayLater(fd: number, operation: Operation<void>, budget: number): Promise<void> {
  const engine = new Engine({ use: () => fd })
  try {
    await engine.write(operation, { deadline: after(budget || FAREWELL_MS) })
  } catch (error) {
    if (error instanceof TimeoutError) throw error
  } finally {
    engine.close()
  }
}

function howOf(shutrd: boolean, shutwr: boolean): number {
  if (shutrd && shutwr) return SHUT_RDWR
  return shutrd ? SHUT_RD : SHUT_WR
}
