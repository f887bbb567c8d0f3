import type { AddrInfo } from '../address/addrinfo.js'
import { AF_UNIX, SO_ERROR, SOL_SOCKET } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { handOver, type SocketFacts } from '../descriptor/descriptor.js'
import { type Deadline, NEVER, remaining } from '../engine/deadline.js'
import { Engine } from '../engine/engine.js'
import { type Operation, OTHER_SIDE_FULL } from '../engine/operation.js'
import { PATIENT, type Patience } from '../engine/wait.js'
import { create } from '../llsocket/create.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { native, registers } from '../native/sockets.js'
import { abortError, SystemError, systemError, TimeoutError, timeoutError } from '../support/errors.js'
import { handshakeOperation, type TlsSession } from '../tls/session.js'
import { orClosed, type PrepareOptions, prepared } from './prepare.js'
import type { Connected } from './socket.js'

const nameRoom = Buffer.alloc(native.limits.sockaddr_max)
const otherRoom = Buffer.alloc(native.limits.sockaddr_max)

/** How far a connection under way has come: `-EINPROGRESS`, 0, or `-errno`. SO_ERROR can be read only once, so it comes first. */
function progress(fd: number): number {
  const result = native.getsockopt(fd, SOL_SOCKET, SO_ERROR, native.kinds.int)
  if (result < 0) return result
  const errno = registers[0] ?? 0
  if (errno !== 0) return -errno
  const peer = native.getpeername(fd, nameRoom)
  if (peer === -sys.ENOTCONN) return -sys.EINPROGRESS
  return peer < 0 ? peer : refusedBySelf(fd, peer)
}

/** A loopback connection to a free ephemeral port may meet itself: nobody listens there, so it counts as refused. */
function refusedBySelf(fd: number, peerLength: number): number {
  const length = native.getsockname(fd, otherRoom)
  const same =
    length === peerLength && otherRoom.subarray(0, length).equals(nameRoom.subarray(0, length)) && isInet(nameRoom)
  return same ? -sys.ECONNREFUSED : 0
}

function isInet(name: Buffer): boolean {
  return native.addressParts(name) !== AF_UNIX
}

function connecting(ai: AddrInfo): Operation<void> {
  let started = false
  return {
    syscall: 'connect',
    attempt(fd) {
      if (started) return progress(fd)
      const result = native.connect(fd, ai.sockaddr)
      // An interrupted connect goes on by itself (connect(2), POSIX).
      if (result === -sys.EINPROGRESS || result === -sys.EINTR || result === 0) started = true
      return result === -sys.EINTR ? -sys.EINPROGRESS : result === 0 ? progress(fd) : result
    },
    finish: () => undefined,
    context: () => ai.context(),
    ...(ai.family === AF_UNIX ? { paused: OTHER_SIDE_FULL } : {}),
  }
}

/** How an address becomes a connection. */
export interface Approach extends PrepareOptions {
  /** The addresses to try, in their order. */
  lookup(): Promise<AddrInfo[]>
  /** Sets what the class wants of each connection. */
  ready(sock: LowSocket): void
  /** Encrypts a connection. */
  readonly secure: ((facts: SocketFacts) => TlsSession) | undefined
}

/** Whether the next address is worth a try: not when the caller's time or patience is over. */
function isFinal(error: unknown): boolean {
  return error instanceof TimeoutError || !(error instanceof SystemError)
}

function summary(errors: readonly SystemError[]): SystemError {
  const last = errors.at(-1)
  if (last === undefined) return systemError(sys.EADDRNOTAVAIL, 'connect', { detail: 'no address to connect to' })
  if (errors.length === 1) return last
  const { address, port, path, errno } = last
  const detail = `none of ${errors.length} addresses answered (${errors.map((error) => error.message).join('; ')})`
  return systemError(-errno, 'connect', { address, port, path, detail, errors })
}

function drop({ engine, tls, owned }: Connected): void {
  engine.close()
  tls?.close()
  owned.drop()
}

/**
 * One attempt of a client to connect, within one deadline. Its end may come from outside at any moment: while somebody is asked for the
 * address, while the kernel connects, during the handshake, and in the turns of the microtask queue between them.
 */
export class Attempt {
  readonly #approach: Approach
  readonly #patience: Patience
  /** What waits for the connection that is tried. */
  #engine: Engine | undefined
  /** Ends the wait for the addresses. */
  #giveUp: ((error: unknown) => void) | undefined
  #referenced: boolean
  #canceled = false

  constructor(approach: Approach, deadline: Deadline, signal: AbortSignal | undefined, referenced: boolean) {
    this.#approach = approach
    this.#patience = deadline === NEVER && signal === undefined ? PATIENT : { deadline, signal }
    this.#referenced = referenced
  }

  /**
   * Connects to the first address that answers; `adopt` takes the connection over in the same breath in which it is known that nobody has
   * ended the attempt. Sockets of failed tries are closed.
   * @throws ECANCELED when {@link Attempt.cancel} ended it; the failure; of several ones the last, with all of them as `errors`.
   */
  async run(adopt: (connected: Connected) => Promise<void>): Promise<void> {
    const connected = await this.#connected()
    try {
      this.#refuseEnded()
    } catch (error) {
      drop(connected)
      throw error
    }
    return adopt(connected)
  }

  async #connected(): Promise<Connected> {
    try {
      this.#refuseEnded()
      const list = await this.#found()
      this.#refuseEnded()
      return await this.#firstOf(list)
    } catch (error) {
      throw this.#canceled ? canceled() : error
    }
  }

  /** What somebody from outside has ended it with, if anybody did. */
  #ending(): Error | undefined {
    if (this.#canceled) return canceled()
    const { signal } = this.#patience
    return signal?.aborted ? abortError(signal.reason) : undefined
  }

  #refuseEnded(): void {
    const ending = this.#ending()
    if (ending) throw ending
  }

  /** Waits for the resolver no longer than the caller would. */
  #found(): Promise<AddrInfo[]> {
    const { deadline, signal } = this.#patience
    const left = remaining(deadline)
    return new Promise((resolve, reject) => {
      const timer = left === NEVER ? undefined : setTimeout(() => reject(timeoutError('getaddrinfo')), left)
      const onAbort = (): void => reject(abortError(signal?.reason))
      const over = (): void => {
        this.#giveUp = undefined
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
      }
      this.#giveUp = reject
      signal?.addEventListener('abort', onAbort)
      this.#approach.lookup().finally(over).then(resolve, reject)
    })
  }

  async #firstOf(list: readonly AddrInfo[]): Promise<Connected> {
    const errors: SystemError[] = []
    for (const ai of list) {
      try {
        return await this.#candidate(ai)
      } catch (error) {
        if (isFinal(error)) throw error
        this.#refuseEnded()
        errors.push(error as SystemError)
      }
    }
    throw summary(errors)
  }

  /** One address, one new socket: connected, or closed again. */
  async #candidate(ai: AddrInfo): Promise<Connected> {
    const approach = this.#approach
    const low = orClosed(prepared(create(ai, true), ai, approach), (sock) => approach.ready(sock))
    const { owned, facts } = handOver(low)
    const engine = new Engine(owned)
    let tls: TlsSession | undefined
    try {
      this.#waitBy(engine)
      await engine.write(connecting(ai), this.#patience)
      this.#refuseEnded()
      tls = approach.secure?.(facts)
      if (tls) await this.#handshake(engine, tls)
      return { owned, facts, engine, tls }
    } catch (error) {
      drop({ owned, facts, engine, tls })
      throw error
    }
  }

  #handshake(engine: Engine, tls: TlsSession): Promise<void> {
    tls.onProgress = () => engine.ready(true, true, false)
    return engine.write(handshakeOperation(tls), this.#patience)
  }

  /** What prepares a socket is the user's, and may have closed the client. */
  #waitBy(engine: Engine): void {
    this.#refuseEnded()
    this.#engine = engine
    engine.refer(this.#referenced)
  }

  /** Whether it keeps the process alive, once the address is known: a lookup does as long as it takes. */
  refer(referenced: boolean): void {
    this.#referenced = referenced
    this.#engine?.refer(referenced)
  }

  /** Ends it; once its connection is adopted, it is over anyway. */
  cancel(): void {
    // Who aborted it before has ended it.
    this.#canceled ||= !this.#patience.signal?.aborted
    this.#giveUp?.(this.#ending())
    this.#engine?.close()
  }
}

function canceled(): SystemError {
  return systemError(sys.ECANCELED, 'connect')
}
