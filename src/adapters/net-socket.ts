import { AsyncResource } from 'node:async_hooks'
import { Duplex, type DuplexOptions } from 'node:stream'
import type { AddrInfo } from '../address/addrinfo.js'
import { AF_INET, AF_INET6, IPPROTO_TCP, SOCK_STREAM } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import type { tcpOptions } from '../options/index.js'
import type { OptionMethods } from '../options/option.js'
import { type Client, type Connector, kConnector } from '../socket/connector.js'
import type { Socket, WaitOptions } from '../socket/socket.js'
import { systemError } from '../support/errors.js'
import { record } from '../support/record.js'
import * as validate from '../support/validate.js'
import { connectArguments } from './connect-arguments.js'
import { IdleTimer } from './idle-timer.js'
import { coded, connectError } from './node-errors.js'
import { isWrapped, refuseWrites } from './peer-end.js'
import { runUserCode } from './user-code.js'

/** The TCP options for which Node's sockets have methods. */
type TcpOptions = Pick<OptionMethods<typeof tcpOptions>, 'tcpnodelay' | 'tcpkeepalive'>

/** A socket of either kind, plain or encrypted, that can end its sending. */
export interface HalfClosing extends Socket {
  /** Whether TLS encrypts it. */
  readonly encrypted: boolean
  /** Ends sending: the peer sees the end of the stream. */
  end(options?: WaitOptions): Promise<void>
}

/** A callback of Node's streams. */
export type Done = (error?: Error | null) => void

// Symbols, so that a stream of the user's may have properties of any name.

/** The socket of a stream, which the stream owns. */
export const kSocket: unique symbol = Symbol('berkeley.socket')
/** Notes that so many bytes came, or were handed over. */
export const kTraffic: unique symbol = Symbol('berkeley.traffic')
/** Notes that the peer has sent everything. */
export const kPeerEnded: unique symbol = Symbol('berkeley.peerEnded')
/** Whether the peer has ended, and TLS or HTTP/2 of Node will end this side. */
export const kHasLastWords: unique symbol = Symbol('berkeley.hasLastWords')
/** Ends what the stream keeps beside its socket. */
export const kStop: unique symbol = Symbol('berkeley.stop')
/** Is called when the stream is closed, also by a stream whose listeners were removed, as libraries do when they take it over. */
export const kOnClosed: unique symbol = Symbol('berkeley.onClosed')
/** Whether the stream was made before its connection, and has none yet. */
export const kAwaitsConnection: unique symbol = Symbol('berkeley.awaitsConnection')

/** The events that tell that a stream has its connection. */
export const kConnectEvents: unique symbol = Symbol('berkeley.connectEvents')

function connectorOf(socket: object): Connector | undefined {
  return (socket as Partial<Client>)[kConnector]
}

function familyName(ai: AddrInfo | undefined): string | undefined {
  if (ai?.family === AF_INET) return 'IPv4'
  return ai?.family === AF_INET6 ? 'IPv6' : undefined
}

/**
 * What a `net.Socket` has beside the stream: names, settings, counts, and its ways to end. docs/net-socket.md has a row for each member.
 */
export abstract class NetSocket extends Duplex {
  /** @internal */
  readonly [kSocket]: HalfClosing
  /** @internal */
  declare [kOnClosed]?: () => void
  /** Same as in `net.Socket`: the milliseconds that were given to `setTimeout()`. */
  timeout?: number
  readonly #names: { getsockname?: AddrInfo; getpeername?: AddrInfo } = record({})
  readonly #idle = new IdleTimer(
    () => (this.writableLength === 0 ? 0 : this[kSocket].bufferedAmount),
    // In the asynchronous context in which the stream was made, and not in that of its last use.
    AsyncResource.bind(() => this.emit('timeout')),
  )
  #hasLastWords = false
  #received = 0
  #sent = 0

  /** Connects the socket of a stream that was made before its connection. */
  readonly #connector: Connector | undefined
  #connecting = false

  constructor(socket: HalfClosing, options: DuplexOptions) {
    super(options)
    this[kSocket] = socket
    if (socket.fd() < 0) this.#connector = connectorOf(socket)
    if (this.#connector) this.#connector.onAttempt = (attempt) => this.#follow(attempt)
  }

  /**
   * Same as in `net.Socket`: connects, and destroys the stream if that fails. What is written before waits. Without an address it
   * connects to that of the client's options; with one to `port` and `host`, or to `path`, or as options say (those of the client's
   * `create()`).
   * @param args - `[port[, host]]`, `path` or options, and a listener for `'connect'`.
   * @returns this stream.
   * @throws TypeError or RangeError for arguments that are not as described; EISCONN when the stream has had its connection, EALREADY
   *   while it connects.
   */
  connect(...args: readonly unknown[]): this {
    const connector = this.#connector
    if (connector === undefined || !this[kAwaitsConnection])
      throw systemError(sys.EISCONN, 'connect', { detail: 'the stream has had its connection' })
    if (this.#connecting) throw systemError(sys.EALREADY, 'connect')
    const { options, listener } = connectArguments(args)
    if (listener) this.once('connect', listener)
    const signal = options && connector.configure(options, 'encrypted' in this)
    // The code that follows the attempt knows of a failure before.
    connector.connect(0, { signal }).catch((error: Error) => this.destroy(connectError(error)))
    return this
  }

  /** Follows an attempt to connect, whichever code has begun it. */
  #follow(attempt: Promise<void>): void {
    this.#connecting = true
    attempt.then(
      () => this.#connected(),
      () => {
        this.#connecting = false
      },
    )
  }

  #connected(): void {
    this.#connecting = false
    if (this.destroyed) return
    this.#idle.restart()
    for (const event of this[kConnectEvents]) runUserCode(() => void this.emit(event))
  }

  /** @internal */
  get [kConnectEvents](): readonly string[] {
    return ['connect', 'ready']
  }

  /** @internal */
  get [kAwaitsConnection](): boolean {
    return this.#connector !== undefined && this[kSocket].fd() < 0
  }

  /** @internal */
  [kTraffic](received: number, sent: number): void {
    this.#received += received
    this.#sent += sent
    this.#idle.restart()
  }

  /** @internal */
  [kPeerEnded](): void {
    // First, so that listeners of one event are still there. Not before, because libraries that take a stream over remove all listeners.
    if (!this.allowHalfOpen) this.prependListener('end', () => this.#endWithPeer())
  }

  /** When the peer has ended, so does this side, unless another part ends it with a message of its own (close_notify). */
  #endWithPeer(): void {
    this.allowHalfOpen = this.#hasLastWords = isWrapped(this)
    if (!this.#hasLastWords) refuseWrites(this)
  }

  /** @internal */
  get [kHasLastWords](): boolean {
    return this.#hasLastWords
  }

  /** @internal */
  [kStop](): void {
    this.#idle.stop()
  }

  /**
   * Same as in `net.Socket`: whether small segments are sent at once (`TCP_NODELAY`); true by default. Without TCP it does nothing.
   * @param enable - true by default.
   * @returns this stream.
   */
  setNoDelay(enable = true): this {
    if (this[kAwaitsConnection]) return this.once('connect', () => this.setNoDelay(enable))
    this.#tcp?.tcpnodelay?.(Boolean(enable))
    return this
  }

  /**
   * Same as in `net.Socket`: whether an idle connection is probed, and after how many milliseconds; 0 keeps the time that is set. Without
   * TCP it does nothing.
   * @param enable - false by default.
   * @param initialDelay - milliseconds, 0 by default, which keeps the time that is set.
   * @returns this stream.
   */
  setKeepAlive(enable = false, initialDelay = 0): this {
    if (typeof initialDelay !== 'number') throw validate.invalidType('initialDelay', 'of type number', initialDelay)
    if (this[kAwaitsConnection]) return this.once('connect', () => this.setKeepAlive(enable, initialDelay))
    const tcp = this.#tcp
    const seconds = Math.floor(initialDelay / 1000)
    tcp?.keepalive(Boolean(enable))
    if (enable && seconds > 0) tcp?.tcpkeepalive?.(seconds)
    return this
  }

  /**
   * Same as in `net.Socket`: emits `'timeout'` after so many milliseconds without traffic; 0 for never. While a write moves, however
   * slowly, there is traffic.
   * @param milliseconds - the time without traffic; 0 for no timeout.
   * @param listener - a listener of `'timeout'`, for one event.
   * @returns this stream.
   */
  setTimeout(milliseconds: number, listener?: () => void): this {
    const time = validate.atLeast('milliseconds', milliseconds, 0)
    if (this.destroyed) return this
    this.timeout = milliseconds
    if (listener !== undefined) {
      validate.func('listener', listener)
      if (time === 0) this.off('timeout', listener)
      else this.once('timeout', listener)
    }
    this.#idle.set(time)
    return this
  }

  /** Same as in `net.Socket`: reads and writes that wait keep the process alive. */
  ref(): this {
    this[kSocket].ref()
    return this
  }

  /** Same as in `net.Socket`: reads and writes that wait do not keep the process alive. */
  unref(): this {
    this[kSocket].unref()
    return this
  }

  /** Same as in `net.Socket`: ends the stream, and destroys it once everything has been sent, whether or not the peer ends, too. */
  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }

  /**
   * Same as in `net.Socket`: closes a TCP connection by a reset, and destroys the stream. A stream that is closed already is destroyed with
   * `ERR_SOCKET_CLOSED`.
   * @throws `ERR_INVALID_HANDLE_TYPE` if it is no TCP.
   */
  resetAndDestroy(): this {
    if (this.#connecting) return this.once('connect', () => this.resetAndDestroy())
    if (this.pending) return this.destroy(coded(new Error('Socket is closed'), 'ERR_SOCKET_CLOSED'))
    const tcp = this.#tcp
    if (tcp === undefined) throw coded(new TypeError('This handle type cannot be sent'), 'ERR_INVALID_HANDLE_TYPE')
    tcp.linger(0)
    return this.destroy()
  }

  /** Same as in `net.Socket`: how many bytes were received. */
  get bytesRead(): number {
    return this.#received
  }

  /** Same as in `net.Socket`: how many bytes were written, those that wait in this process included. */
  get bytesWritten(): number {
    return this.#sent + this.writableLength
  }

  /** Same as in `net.Socket`: how many bytes wait in this process; `undefined` once it is closed. */
  get bufferSize(): number | undefined {
    return this.pending ? undefined : this.writableLength
  }

  /** Same as in `net.Socket`: whether it is being connected. */
  get connecting(): boolean {
    return this.#connecting
  }

  /** Same as in `net.Socket`: whether there is no connection, not yet or no longer. */
  get pending(): boolean {
    return this.#connecting || this[kSocket].fd() < 0
  }

  /** Same as in `net.Socket`: `'opening'`, `'open'`, `'readOnly'`, `'writeOnly'` or `'closed'`. */
  get readyState(): 'opening' | 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (this.connecting) return 'opening'
    if (this.readable) return this.writable ? 'open' : 'readOnly'
    return this.writable ? 'writeOnly' : 'closed'
  }

  /** Same as in `net.Socket`: the address of the peer; `undefined` on a unix socket, and if it was first asked for after the close. */
  get remoteAddress(): string | undefined {
    return this.#name('getpeername')?.addr
  }

  /** Same as in `net.Socket`: the port of the peer. */
  get remotePort(): number | undefined {
    return this.#name('getpeername')?.port
  }

  /** Same as in `net.Socket`: the family of the peer's address, `'IPv4'` or `'IPv6'`. */
  get remoteFamily(): string | undefined {
    return familyName(this.#name('getpeername'))
  }

  /** Same as in `net.Socket`: the address of this side. */
  get localAddress(): string | undefined {
    return this.#name('getsockname')?.addr
  }

  /** Same as in `net.Socket`: the port of this side. */
  get localPort(): number | undefined {
    return this.#name('getsockname')?.port
  }

  /** Same as in `net.Socket`: the family of this side's address, `'IPv4'` or `'IPv6'`. */
  get localFamily(): string | undefined {
    return familyName(this.#name('getsockname'))
  }

  /**
   * Same as in `net.Socket`: address, port and family of this side; an empty object if there are none.
   * @returns the address.
   */
  address(): { address?: string; port?: number; family?: string } {
    const { localAddress: address, localPort: port, localFamily: family } = this
    return address === undefined || port === undefined || family === undefined ? {} : { address, port, family }
  }

  /** An address, which is kept from the first time it was known: logs ask for it when the connection is closed. */
  #name(call: 'getsockname' | 'getpeername'): AddrInfo | undefined {
    try {
      this.#names[call] ??= this[kSocket][call]()
    } catch {
      // Closed, or not connected.
    }
    return this.#names[call]
  }

  /** The socket with its TCP options; undefined if it is not TCP, or closed. */
  get #tcp(): (HalfClosing & Partial<TcpOptions>) | undefined {
    const socket = this[kSocket]
    const isTcp = socket.fd() >= 0 && socket.socktype() === SOCK_STREAM && socket.protocol() === IPPROTO_TCP
    return isTcp ? socket : undefined
  }
}
