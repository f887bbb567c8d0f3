import type { AddrInfo } from './address.js'
import { AF_UNIX, SO_ERROR, SOL_SOCKET, sys } from './constants.js'
import { after, budget, type Deadline, NEVER, remaining } from './deadline.js'
import { handOver, type SocketFacts } from './descriptor.js'
import { Engine } from './engine.js'
import { abortError, SystemError, systemError, TimeoutError, timeoutError } from './errors.js'
import { create } from './llsocket/factory.js'
import type { Socket as LowSocket } from './llsocket/socket.js'
import type { Constructor } from './mixin.js'
import { native, registers } from './native.js'
import { type Operation, OTHER_SIDE_FULL } from './operation.js'
import { orClosed, type PrepareOptions, prepared } from './prepare.js'
import { signalOf } from './side.js'
import type { Connected, Socket, WaitOptions } from './socket.js'
import type { Context } from './tls/context.js'
import { checkHost, handshaking, type Peer, TlsSession } from './tls/session.js'
import { contextIn, type TlsClientOptions } from './tlscfg.js'
import * as validate from './validate.js'

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

type CandidateOptions = WaitOptions &
  PrepareOptions & {
    /** Sets what the class wants of each connection. */
    ready?: ((sock: LowSocket) => void) | undefined
    /** Encrypts a connection. */
    secure?: ((facts: SocketFacts) => TlsSession) | undefined
    /** Is told of what waits for the connection. */
    onEngine?: ((engine: Engine) => void) | undefined
  }

/** One address, one new socket: connected, or closed again. */
async function candidate(ai: AddrInfo, deadline: Deadline, options: CandidateOptions): Promise<Connected> {
  const low = orClosed(prepared(create(ai, true), ai, options), (sock) => options.ready?.(sock))
  const { owned, facts } = handOver(low)
  const engine = new Engine(owned)
  options.onEngine?.(engine)
  let tls: TlsSession | undefined
  try {
    await engine.write(connecting(ai), { deadline, signal: options.signal })
    tls = options.secure?.(facts)
    if (tls) {
      tls.onProgress = () => engine.ready(true, true, false)
      await engine.write(handshaking(tls), { deadline, signal: options.signal })
    }
    engine.close()
    return { owned, facts, tls }
  } catch (error) {
    engine.close()
    tls?.close()
    owned.close()
    throw error
  }
}

/** Whether the next address is worth a try: not when the caller's time or patience is over. */
function isFinal(error: unknown): boolean {
  return error instanceof TimeoutError || !(error instanceof SystemError)
}

/**
 * Connects to the first address that answers, in their order, within one deadline. Sockets of failed tries are closed.
 * @throws the failure; of several ones the last, with all of them as `errors`.
 */
async function firstOf(list: readonly AddrInfo[], deadline: Deadline, options: CandidateOptions): Promise<Connected> {
  const errors: SystemError[] = []
  for (const ai of list) {
    try {
      return await candidate(ai, deadline, options)
    } catch (error) {
      if (isFinal(error)) throw error
      errors.push(error as SystemError)
    }
  }
  throw summary(errors)
}

function summary(errors: readonly SystemError[]): SystemError {
  const last = errors.at(-1)
  if (last === undefined) return systemError(sys.EADDRNOTAVAIL, 'connect', { detail: 'no address to connect to' })
  if (errors.length === 1) return last
  const { address, port, path, errno } = last
  const detail = `none of ${errors.length} addresses answered (${errors.map((error) => error.message).join('; ')})`
  return systemError(-errno, 'connect', { address, port, path, detail, errors })
}

/** Waits for the resolver no longer than the caller would. */
async function within<T>(work: Promise<T>, deadline: Deadline, signal: AbortSignal): Promise<T> {
  const left = remaining(deadline)
  return new Promise<T>((resolve, reject) => {
    const timer = left === NEVER ? undefined : setTimeout(() => reject(timeoutError('getaddrinfo')), left)
    const onAbort = (): void => reject(abortError(signal.reason))
    signal.addEventListener('abort', onAbort)
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    })
  })
}

/** What a client connects with: one attempt at a time, which the client's close ends. */
class Dialer {
  #attempt: AbortController | undefined
  /** What waits for the connection that is tried. */
  #engine: Engine | undefined
  #referenced = true

  /**
   * Resolves and connects within one budget of milliseconds (0 for none). `adopt` takes over the connection in the same breath in which
   * it is known that nobody has ended the attempt.
   * @throws EALREADY while another attempt is under way, ECANCELED when {@link Dialer.cancel} ended it.
   */
  async connect(
    milliseconds: number,
    lookup: () => Promise<AddrInfo[]>,
    options: CandidateOptions,
    adopt: (connected: Connected) => Promise<void>,
  ): Promise<void> {
    if (this.#attempt) throw systemError(sys.EALREADY, 'connect')
    const attempt = new AbortController()
    this.#attempt = attempt
    const { signal } = options
    const onAbort = (): void => attempt.abort(signal?.reason)
    signal?.addEventListener('abort', onAbort)
    try {
      if (signal?.aborted) throw abortError(signal.reason)
      await this.#dial(after(milliseconds), lookup, { ...options, signal: attempt.signal }, adopt)
    } catch (error) {
      throw attempt.signal.reason === CANCELED ? systemError(sys.ECANCELED, 'connect') : error
    } finally {
      signal?.removeEventListener('abort', onAbort)
      this.#attempt = undefined
      this.#engine = undefined
    }
  }

  async #dial(
    deadline: Deadline,
    lookup: () => Promise<AddrInfo[]>,
    options: CandidateOptions & { signal: AbortSignal },
    adopt: (connected: Connected) => Promise<void>,
  ): Promise<void> {
    const { signal } = options
    const onEngine = (engine: Engine): void => this.#waits(engine)
    const connected = await firstOf(await within(lookup(), deadline, signal), deadline, { ...options, onEngine })
    // Between the last event and here the client may have been closed: then nobody would own the connection.
    if (!signal.aborted) return adopt(connected)
    connected.tls?.close()
    connected.owned.close()
    throw abortError(signal.reason)
  }

  #waits(engine: Engine): void {
    this.#engine = engine
    if (!this.#referenced) engine.unref()
  }

  /** Whether an attempt keeps the process alive, once its address is known: a lookup does as long as it takes. */
  refer(referenced: boolean): void {
    this.#referenced = referenced
    if (referenced) this.#engine?.ref()
    else this.#engine?.unref()
  }

  /** Ends an attempt that is under way. */
  cancel(): void {
    this.#attempt?.abort(CANCELED)
  }
}

/** The reason of an attempt that the client's close ended. */
const CANCELED = Symbol('canceled')

/** How a class of clients finds its peer, and what it does when it has it. */
export interface Dial<Options> {
  /** A copy of the options; refuses what can never work, before anything is asked. */
  checked(options: Options): Options
  /** The addresses to try, in their order. */
  lookup(options: Options): Promise<AddrInfo[]>
  /** The host that a certificate has to be for; none where options name a path. */
  host?(options: Options): string | undefined
  /** Sets what a connection is to have, before it is one. */
  ready?(sock: LowSocket, options: Options): void
}

/** What a client can. */
export interface Connecting {
  /**
   * Connects to the first address that answers, in the order of the lookup; with `tlscfg` the handshake is a part of it. On a connected client the old connection is
   * replaced only when the new one stands. A unix socket whose server has a full backlog tries again with growing pauses.
   * @param conndeadl - budget of lookup and connection in milliseconds, 0 for none.
   * @param options - `signal` ends the attempt.
   * @throws SystemError: `EAI_*` of the lookup, ECONNREFUSED, ENOENT, … of connect(2); with several addresses `errors` has one
   *   for each. TlsError when the handshake fails. TimeoutError when the budget is used up, EALREADY while another attempt is under way, ECANCELED when the
   *   client was closed meanwhile.
   */
  connect(conndeadl?: number, options?: WaitOptions): Promise<void>
}

/** Making clients. */
export interface ClientMaker<Options> {
  /**
   * Makes a client, and connects it unless `connect` is false.
   * @param conndeadl - budget of lookup and connection in milliseconds, 0 for none.
   * @throws as {@link Connecting.connect}.
   */
  create<C>(this: new () => C, options: Options, connect?: boolean, conndeadl?: number): Promise<C>
}

/** What is said of TLS, and of no TLS: it would be passed over. */
function refuseWithout({ servername, session }: TlsClientOptions): void {
  if (servername !== undefined || session !== undefined)
    throw validate.invalidValue('options', 'has a "servername" or a "session" without a "tlscfg"', { servername })
}

/** A class of sockets that connect. */
export function withDialer<B extends Constructor<Socket>, Options extends WaitOptions & PrepareOptions>(
  Base: B,
  dial: Dial<Options>,
): B & Constructor<Connecting> & ClientMaker<Options> {
  class Client extends Base {
    #options: Options | undefined
    #context: Context | undefined
    readonly #dialer = new Dialer()

    static async create(this: new () => Client, options: Options, connect = true, conndeadl = 0): Promise<Client> {
      const given = dial.checked(options)
      const client = new this()
      client.#context = contextIn(given, false)
      if (client.#context) checkHost(client.#context, client.#peer(given))
      else refuseWithout(given as TlsClientOptions)
      // The signal is for the first attempt: later ones have their own.
      client.#options = { ...given, signal: undefined }
      if (validate.boolean('connect', connect)) await client.connect(conndeadl, { signal: given.signal })
      return client
    }

    async connect(conndeadl = 0, wait: WaitOptions = {}): Promise<void> {
      const milliseconds = budget('conndeadl', conndeadl)
      const signal = signalOf(wait)
      const options = this.#options
      if (options === undefined)
        throw systemError(sys.EDESTADDRREQ, 'connect', { detail: 'no address was given to create()' })
      const lookup = (): Promise<AddrInfo[]> => dial.lookup(options)
      const secure = this.#context && this.#secure(this.#context, this.#peer(options))
      const ready = (sock: LowSocket): void => dial.ready?.(sock, options)
      const adopt = (connected: Connected): Promise<void> => this.replace(connected)
      await this.#dialer.connect(milliseconds, lookup, { ...options, signal, secure, ready }, adopt)
    }

    #peer(options: Options & TlsClientOptions): Peer {
      const { servername, session } = options
      return { host: dial.host?.(options), servername, session }
    }

    #secure(context: Context, peer: Peer): (facts: SocketFacts) => TlsSession {
      return ({ family }) => new TlsSession(context, { ...peer, shortIsAll: family !== AF_UNIX })
    }

    override ref(): this {
      this.#dialer.refer(true)
      return super.ref()
    }

    override unref(): this {
      this.#dialer.refer(false)
      return super.unref()
    }

    /** Ends an attempt to connect. */
    protected override closing(): void {
      this.#dialer.cancel()
      super.closing()
    }

    /** The same: what waits ends when the descriptor is given away. */
    protected override released(): void {
      this.#dialer.cancel()
      super.released()
    }
  }
  return Client as unknown as B & Constructor<Connecting> & ClientMaker<Options>
}
