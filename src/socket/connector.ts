import type { AddrInfo } from '../address/addrinfo.js'
import { AF_UNIX, SO_ERROR, SOL_SOCKET } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import type { SocketKind } from '../descriptor/kind.js'
import { after, type Deadline, NEVER, remaining, wholeBudget } from '../engine/deadline.js'
import type { Engine } from '../engine/engine.js'
import { type Operation, RETRY_AFTER_PAUSE } from '../engine/operation.js'
import { WAIT_FOREVER, type Wait } from '../engine/wait.js'
import { create } from '../llsocket/create.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { native, registers } from '../native/sockets.js'
import { ignoreAbort, isAborted, listenForAbort, reasonOf } from '../support/abort-signal.js'
import {
  abortError,
  type ErrorContext,
  SystemError,
  systemError,
  TimeoutError,
  timeoutError,
} from '../support/errors.js'
import { clearTimeout, setTimeout } from '../support/globals.js'
import { isolate, record } from '../support/record.js'
import * as validate from '../support/validate.js'
import type { TlsSession } from '../tls/session.js'
import { Channel } from './channel.js'
import { closeOnError } from './create.js'
import { signalOf, type WaitOptions } from './settings.js'
import { kAddHooks, kReplaceChannel, type Socket, type SocketHooks } from './socket.js'

/** The methods of clients. */
export interface Connecting {
  /**
   * Connects to the first address that answers, in the order of the lookup; with `tlscfg` the handshake is a part of it. On a connected
   * client the old connection is replaced only when the new one is established. A unix socket whose server has a full backlog tries again
   * with growing pauses.
   * @param conndeadl - budget of lookup and connection in whole milliseconds, 0 for none.
   * @param options - `signal` ends the attempt.
   * @throws SystemError: `EAI_*` of the lookup, ECONNREFUSED, ENOENT, … of connect(2); with several addresses `errors` has one
   *   for each. TlsError when the handshake fails. TimeoutError when the budget is used up, EALREADY while another attempt is in progress,
   *   ECANCELED when the client was closed meanwhile. On a connected client also what the close of the old connection reported: the new one
   *   is in place then.
   */
  connect(conndeadl?: number, options?: WaitOptions): Promise<void>
}

/** How a client finds its peer, and what its connections get. */
export interface ConnectPlan {
  /** Returns the addresses to try, in their order. */
  lookup(): Promise<AddrInfo[]>
  /** Is given each new socket before it connects. */
  prepare(sock: LowSocket, ai: AddrInfo): void
  /** Makes the TLS session of a connection; absent in the clear. */
  readonly secure?: ((kind: SocketKind) => TlsSession) | undefined
}

/** Where a client keeps its {@link Connector}. */
export const kConnector: unique symbol = Symbol('berkeley.connector')

/** What the options of a client come to. */
export interface ClientPlan {
  readonly plan: ConnectPlan
  /** Ends the first attempt: later ones have their own. */
  readonly signal: AbortSignal | undefined
}

/** Connects for a client class: one attempt at a time, which closing the client ends. */
export class Connector implements SocketHooks {
  readonly #client: Socket
  /** Where to connect to; a client that was not made by `create()` has nowhere to. */
  plan: ConnectPlan | undefined
  #attempt: ConnectAttempt | undefined
  #referenced = true

  constructor(client: Socket) {
    this.#client = client
    client[kAddHooks](this)
  }

  /** Connects, and replaces the channel of the client: see {@link Connecting}. */
  async connect(conndeadl: number, options: WaitOptions): Promise<void> {
    const milliseconds = wholeBudget('conndeadl', conndeadl)
    const signal = signalOf(options)
    if (this.plan === undefined)
      throw systemError(sys.EDESTADDRREQ, 'connect', { detail: 'no address was given to create()' })
    if (this.#attempt) throw systemError(sys.EALREADY, 'connect')
    const attempt = new ConnectAttempt(this.plan, after(milliseconds), signal, this.#referenced)
    this.#attempt = attempt
    const isOver = (): void => {
      if (this.#attempt === attempt) this.#attempt = undefined
    }
    const adopt = (channel: Channel): Promise<void> => {
      // The new connection is established: what is left is the end of the former one.
      isOver()
      return this.#client[kReplaceChannel](channel)
    }
    await attempt.run(adopt).finally(isOver)
  }

  close(): void {
    this.#attempt?.cancel()
  }

  release(): void {
    this.#attempt?.cancel()
  }

  setReferenced(referenced: boolean): void {
    this.#referenced = referenced
    this.#attempt?.setReferenced(referenced)
  }
}

/** A client object that can connect. */
interface Client extends Connecting {
  readonly [kConnector]: Connector
}

/** Gives a new client its plan, and connects it unless `connect` is false. */
export async function createClient<C extends Client>(
  client: C,
  { plan, signal }: ClientPlan,
  connect: boolean,
  conndeadl: number,
): Promise<C> {
  client[kConnector].plan = plan
  if (validate.boolean('connect', connect)) await client.connect(conndeadl, { signal })
  return client
}

/**
 * One attempt of a client to connect, within one deadline. It may be ended from outside at any moment: during the lookup, while the kernel
 * connects, during the handshake, and in the turns of the microtask queue between them.
 */
class ConnectAttempt {
  readonly #plan: ConnectPlan
  readonly #wait: Wait
  /** Waits for the connection that is being tried. */
  #engine: Engine | undefined
  /** Ends the wait for the lookup. */
  #abandonLookup: ((error: unknown) => void) | undefined
  #referenced: boolean
  #canceled = false

  constructor(plan: ConnectPlan, deadline: Deadline, signal: AbortSignal | undefined, referenced: boolean) {
    this.#plan = plan
    this.#wait = deadline === NEVER && signal === undefined ? WAIT_FOREVER : { deadline, signal, onWait: undefined }
    this.#referenced = referenced
  }

  /**
   * Connects to the first address that answers. `adopt` is given the channel in the same turn of the microtask queue in which it was checked
   * that the attempt has not been ended. Sockets of failed tries are closed.
   * @throws ECANCELED when {@link ConnectAttempt.cancel} ended it; else the failure, the last of several with all of them as `errors`.
   */
  async run(adopt: (channel: Channel) => Promise<void>): Promise<void> {
    const channel = await this.#connect()
    try {
      this.#checkNotEnded()
    } catch (error) {
      channel.closeQuietly()
      throw error
    }
    return adopt(channel)
  }

  async #connect(): Promise<Channel> {
    try {
      this.#checkNotEnded()
      const list = await this.#lookup()
      this.#checkNotEnded()
      return await this.#firstOf(list)
    } catch (error) {
      throw this.#canceled ? canceled() : error
    }
  }

  /** Returns the error with which the attempt was ended from outside, if it was. */
  #ending(): Error | undefined {
    if (this.#canceled) return canceled()
    const { signal } = this.#wait
    return isAborted(signal) ? abortError(reasonOf(signal)) : undefined
  }

  #checkNotEnded(): void {
    const ending = this.#ending()
    if (ending) throw ending
  }

  /** Waits for the resolver no longer than the caller would. */
  #lookup(): Promise<AddrInfo[]> {
    const { deadline, signal } = this.#wait
    const left = remaining(deadline)
    return new Promise((resolve, reject) => {
      const timer = left === NEVER ? undefined : setTimeout(() => reject(timeoutError('getaddrinfo')), left)
      const onAbort = (): void => reject(this.#ending())
      const isOver = (): void => {
        this.#abandonLookup = undefined
        clearTimeout(timer)
        if (signal) ignoreAbort(signal, onAbort)
      }
      this.#abandonLookup = reject
      if (signal) listenForAbort(signal, onAbort)
      this.#plan.lookup().finally(isOver).then(resolve, reject)
    })
  }

  async #firstOf(list: readonly AddrInfo[]): Promise<Channel> {
    const errors: SystemError[] = []
    for (const ai of list) {
      try {
        return await this.#try(ai)
      } catch (error) {
        if (isFinal(error)) throw error
        this.#checkNotEnded()
        errors.push(error as SystemError)
      }
    }
    throw summary(errors)
  }

  /** Tries one address with one new socket, which is connected or closed afterwards. */
  async #try(ai: AddrInfo): Promise<Channel> {
    const sock = create(ai, true)
    Channel.prepare(sock)
    const channel = Channel.from(closeOnError(sock, () => this.#plan.prepare(sock, ai)))
    try {
      // The prepare hook is the user's, and may have closed the client.
      this.#checkNotEnded()
      this.#engine = channel.engine
      channel.engine.setReferenced(this.#referenced)
      await channel.engine.writer.run(new Connect(ai), this.#wait)
      this.#checkNotEnded()
      if (this.#plan.secure) await this.#handshake(channel, this.#plan.secure)
      return channel
    } catch (error) {
      channel.closeQuietly()
      throw error
    }
  }

  #handshake(channel: Channel, secure: (kind: SocketKind) => TlsSession): Promise<void> {
    channel.encrypt(secure(channel.kind))
    return channel.engine.writer.run(channel.transport.handshake(), this.#wait)
  }

  /** Sets whether it keeps the process alive once the address is known; a lookup does as long as it takes. */
  setReferenced(referenced: boolean): void {
    this.#referenced = referenced
    this.#engine?.setReferenced(referenced)
  }

  /** Ends it. Once its channel is adopted there is nothing left to end. */
  cancel(): void {
    // If the signal was aborted before, that has ended it.
    this.#canceled ||= !isAborted(this.#wait.signal)
    this.#abandonLookup?.(this.#ending())
    this.#engine?.close()
  }
}

function canceled(): SystemError {
  return systemError(sys.ECANCELED, 'connect')
}

/** Whether the next address must not be tried, because the deadline has passed or the attempt was ended. */
function isFinal(error: unknown): boolean {
  return error instanceof TimeoutError || !(error instanceof SystemError)
}

function summary(errors: readonly SystemError[]): SystemError {
  const last = errors.at(-1)
  if (last === undefined) return systemError(sys.EADDRNOTAVAIL, 'connect', { detail: 'no address to connect to' })
  if (errors.length === 1) return last
  const { address, port, path, errno } = record(last)
  const detail = `none of ${errors.length} addresses answered (${errors.map((error) => error.message).join('; ')})`
  return systemError(-errno, 'connect', { address, port, path, detail, errors })
}

/** connect(2), and how it ends. */
class Connect implements Operation<void> {
  readonly pauseOn: ReadonlySet<number> | undefined
  readonly #ai: AddrInfo
  #isStarted = false

  constructor(ai: AddrInfo) {
    this.#ai = ai
    this.pauseOn = ai.family === AF_UNIX ? RETRY_AFTER_PAUSE : undefined
  }

  get syscall(): string {
    return 'connect'
  }

  attempt(fd: number): number {
    if (this.#isStarted) return progress(fd)
    const result = native.connect(fd, this.#ai.sockaddr)
    // An interrupted connect goes on by itself (connect(2), POSIX).
    if (result === -sys.EINPROGRESS || result === -sys.EINTR || result === 0) this.#isStarted = true
    if (result === -sys.EINTR) return -sys.EINPROGRESS
    return result === 0 ? progress(fd) : result
  }

  finish(): undefined {
    return undefined
  }

  context(): ErrorContext {
    return this.#ai.context()
  }
}

isolate(Connect)

const peerName = Buffer.alloc(native.limits.sockaddr_max)
const localName = Buffer.alloc(native.limits.sockaddr_max)

/** How far a connection in progress has come: `-EINPROGRESS`, 0, or `-errno`. SO_ERROR can be read only once, so it comes first. */
function progress(fd: number): number {
  const result = native.getsockopt(fd, SOL_SOCKET, SO_ERROR, native.kinds.int)
  if (result < 0) return result
  const errno = registers[0] ?? 0
  if (errno !== 0) return -errno
  const peer = native.getpeername(fd, peerName)
  if (peer === -sys.ENOTCONN) return -sys.EINPROGRESS
  return peer < 0 ? peer : refuseSelf(fd, peer)
}

/** A loopback connection to a free ephemeral port may meet itself: nothing listens there, so it counts as refused. */
function refuseSelf(fd: number, peerLength: number): number {
  const length = native.getsockname(fd, localName)
  const isSelf = length === peerLength && localName.subarray(0, length).equals(peerName.subarray(0, length))
  return isSelf && native.addressParts(peerName) !== AF_UNIX ? -sys.ECONNREFUSED : 0
}
