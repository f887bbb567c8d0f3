import { addAbortSignal, Duplex, type DuplexOptions } from 'node:stream'
import type { AddrInfo } from '../address/addrinfo.js'
import { AF_INET, AF_INET6, IOV_MAX, IPPROTO_TCP } from '../constants/exported.generated.js'
import { closeFd } from '../descriptor/close-fd.js'
import { CmsgHdr } from '../message/cmsghdr.js'
import { MsgHdr } from '../message/msghdr.js'
import type { tcpOptions } from '../options/index.js'
import type { OptionMethods } from '../options/option.js'
import type { UnixMethods } from '../socket/pass-fd.js'
import type { Socket } from '../socket/socket.js'
import { clearTimeout, setTimeout } from '../support/globals.js'
import * as validate from '../support/validate.js'

/** A write that waits in Node's stream. */
export interface Queued {
  /** The bytes. */
  chunk: Buffer
  /** Meaningless for bytes. */
  encoding: BufferEncoding
}

/** The TCP options for which Node's sockets have methods. */
type TcpOptions = Pick<OptionMethods<typeof tcpOptions>, 'tcpnodelay' | 'tcpkeepalive'>

/** A socket of either kind, plain or encrypted, that can end its sending. */
export interface HalfClosing extends Socket {
  /** Whether TLS encrypts it. */
  readonly encrypted: boolean
  /** Ends sending: the peer sees the end of the stream. */
  end(): Promise<void>
}

/** A callback of Node's streams. */
export type Done = (error?: Error | null) => void

function familyName(ai: AddrInfo | undefined): string | undefined {
  if (ai?.family === AF_INET) return 'IPv4'
  return ai?.family === AF_INET6 ? 'IPv6' : undefined
}

// Symbols, so that a stream of the user's may have properties of any name.

/** The socket of a stream, which the stream owns. */
export const kSocket: unique symbol = Symbol('berkeley.socket')
/** Receives the next data; null at the end. */
const kReceive: unique symbol = Symbol('berkeley.receive')

/**
 * A socket as a Node stream. It receives when the stream is read, sends as fast as the kernel accepts data, and supports half-open
 * connections. The stream owns the socket: destroying the stream closes it, and no other code should use it.
 */
export class SocketDuplex extends Duplex {
  /** @internal */
  readonly [kSocket]: HalfClosing
  readonly #names: { getsockname?: AddrInfo; getpeername?: AddrInfo } = {}
  #idleMs = 0
  #idle: NodeJS.Timeout | undefined

  /** Makes the stream: the same as `socket.duplex(options)`. */
  constructor(socket: HalfClosing, options: DuplexOptions = {}) {
    const { signal, ...others } = validate.object('options', options) as DuplexOptions
    super({ allowHalfOpen: true, ...others, objectMode: false, decodeStrings: true })
    this[kSocket] = socket
    // Given to super(), a signal that is already aborted would destroy the stream before it has its socket.
    if (signal) addAbortSignal(signal, this)
  }

  /** @internal */
  [kReceive](): Promise<Buffer | null> {
    return this[kSocket].recv()
  }

  // Methods of net.Socket that HTTP agents and servers call. Without TCP those for its options do nothing, as in Node.

  /** Same as in `net.Socket`: whether small segments are sent at once (`TCP_NODELAY`); true by default. */
  setNoDelay(enable = true): this {
    this.#tcp?.tcpnodelay?.(enable)
    return this
  }

  /** Same as in `net.Socket`: whether an idle connection is probed, and after how many milliseconds; 0 keeps the time that is set. */
  setKeepAlive(enable = false, initialDelay = 0): this {
    if (typeof initialDelay !== 'number') throw validate.invalidType('initialDelay', 'of type number', initialDelay)
    const tcp = this.#tcp
    const seconds = Math.floor(initialDelay / 1000)
    tcp?.keepalive(enable)
    if (enable && seconds > 0) tcp?.tcpkeepalive?.(seconds)
    return this
  }

  /** Same as in `net.Socket`: emits `'timeout'` after so many milliseconds without traffic; 0 for never. */
  setTimeout(milliseconds: number, listener?: () => void): this {
    this.#idleMs = validate.integer('milliseconds', milliseconds, 0)
    if (listener !== undefined) {
      validate.func('listener', listener)
      if (milliseconds === 0) this.off('timeout', listener)
      else this.once('timeout', listener)
    }
    this.#active()
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

  /** Same as in `net.Socket`: address, port and family of this side; an empty object if there are none. */
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
    return this[kSocket].fd() >= 0 && this[kSocket].protocol() === IPPROTO_TCP ? this[kSocket] : undefined
  }

  #active(): void {
    clearTimeout(this.#idle)
    this.#idle =
      this.#idleMs > 0 && !this.destroyed ? setTimeout(() => this.emit('timeout'), this.#idleMs).unref() : undefined
  }

  /** Called by Node to read. */
  override _read(): void {
    this[kReceive]().then(
      (data) => {
        this.#active()
        this.push(data)
      },
      (error: Error) => this.destroy(error),
    )
  }

  /** Called by Node to send a chunk. */
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#active()
    this[kSocket].send(chunk).then(() => done(), done)
  }

  /** Called by Node to send all chunks that wait: in as few calls as possible, and without copying them together. */
  override _writev(queued: Queued[], done: Done): void {
    this.#sendAll(queued.map(({ chunk }) => chunk)).then(() => done(), done)
  }

  async #sendAll(chunks: Buffer[]): Promise<void> {
    for (let at = 0; at < chunks.length; at += IOV_MAX) {
      const msg = new MsgHdr()
      for (const chunk of chunks.slice(at, at + IOV_MAX)) msg.add(chunk)
      await this[kSocket].sendmsg(msg)
    }
  }

  /** Called by Node at the end of the data: the peer sees the end, too. */
  override _final(done: Done): void {
    this[kSocket].end().then(() => done(), done)
  }

  /** Called by Node when the stream is destroyed: closes the socket. */
  override _destroy(error: Error | null, done: Done): void {
    clearTimeout(this.#idle)
    this[kSocket].close().then(
      () => done(error),
      (failure: Error) => done(error ?? failure),
    )
  }
}

/**
 * A unix stream as a Node stream that can also pass descriptors. The event `'fds'`, with an array of descriptors, is emitted right before
 * the data that they arrived with: that ends with the bytes that they were sent with, and may begin with earlier ones. The listener
 * has to close them; without a listener they are closed.
 */
export class UnixDuplex extends SocketDuplex {
  /** @internal */
  declare readonly [kSocket]: HalfClosing & UnixMethods
  /** The descriptors to send with a chunk, until it is written. */
  readonly #fdsByChunk = new WeakMap<Uint8Array, readonly number[]>()
  readonly #incoming = new MsgHdr()

  /** Makes the stream: the same as `socket.duplex(options)`. */
  constructor(socket: HalfClosing & UnixMethods, options: DuplexOptions = {}) {
    super(socket, options)
  }

  /**
   * Writes bytes with descriptors. They stay the caller's, who may close them once the callback is called.
   * @param bytes - at least one byte.
   * @param fds - 1 to 253 open descriptors.
   * @param callback - called when they are sent, or with the error.
   * @returns false if the caller should wait for `'drain'` before it writes more, as `write` does.
   * @throws TypeError or RangeError for arguments that are not as described.
   */
  writeWithFds(bytes: validate.Data, fds: readonly number[], callback?: (error?: Error | null) => void): boolean {
    // A copy: its identity is the key of the descriptors.
    const chunk = Buffer.from(validate.bytes('bytes', bytes))
    if (chunk.length === 0) throw validate.outOfRange('bytes', 'at least one byte', bytes)
    if (!Array.isArray(fds)) throw validate.invalidType('fds', 'an instance of Array', fds)
    const passed = [...fds]
    CmsgHdr.rights(...passed) // throws if one of them cannot be a descriptor
    if (callback !== undefined) validate.func('callback', callback)
    this.#fdsByChunk.set(chunk, passed)
    return this.write(chunk, callback)
  }

  /** Called by Node to send a chunk, perhaps with descriptors. */
  override _write(chunk: Buffer, encoding: BufferEncoding, done: Done): void {
    const fds = this.#fdsByChunk.get(chunk)
    if (fds === undefined) super._write(chunk, encoding, done)
    else this.#sendWith(chunk, fds).then(() => done(), done)
  }

  async #sendWith(chunk: Buffer, fds: readonly number[]): Promise<void> {
    const msg = new MsgHdr()
    msg.add(chunk)
    msg.control().push(CmsgHdr.rights(...fds))
    await this[kSocket].sendmsg(msg)
  }

  override _writev(queued: Queued[], done: Done): void {
    if (!queued.some(({ chunk }) => this.#fdsByChunk.has(chunk))) super._writev(queued, done)
    else this.#oneByOne(queued).then(() => done(), done)
  }

  async #oneByOne(queued: Queued[]): Promise<void> {
    for (const { chunk, encoding } of queued)
      await new Promise<void>((resolve, reject) => {
        this._write(chunk, encoding, (error) => (error ? reject(error) : resolve()))
      })
  }

  /** @internal */
  override async [kReceive](): Promise<Buffer | null> {
    const msg = this.#incoming
    if (msg.length === 0) msg.addn(65536)
    const count = await this[kSocket].recvmsg(msg)
    if (count === null) return null
    const fds = [...msg.control()].flatMap((cmsg) => cmsg.take())
    if (fds.length > 0 && !this.emit('fds', fds)) for (const fd of fds) closeFd(fd)
    return msg.concat()
  }
}
