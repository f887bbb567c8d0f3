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
import * as validate from '../support/validate.js'

/** What Node's stream hands over when several writes wait. */
export interface Queued {
  /** The bytes. */
  chunk: Buffer
  /** Of no meaning for bytes. */
  encoding: BufferEncoding
}

/** The options of TCP that Node has methods for. */
type TcpOptions = Pick<OptionMethods<typeof tcpOptions>, 'tcpnodelay' | 'tcpkeepalive'>

/** A socket whose sending can be ended, whether TLS encrypts it or not. */
export interface HalfClosing extends Socket {
  /** Whether TLS encrypts it. */
  readonly encrypted: boolean
  /** Says that nothing follows. */
  end(): Promise<void>
}

/** What Node is called back by. */
export type Done = (error?: Error | null) => void

function familyName(ai: AddrInfo | undefined): string | undefined {
  if (ai?.family === AF_INET) return 'IPv4'
  return ai?.family === AF_INET6 ? 'IPv6' : undefined
}

/**
 * A socket as a Node stream: reads when somebody wants to read, is written to as fast as the kernel takes it, and is half-closed
 * when one side ends. The socket belongs to the stream: destroying the stream closes it, and nothing else should use it.
 */
export class SocketDuplex extends Duplex {
  /** What is below; it belongs to this stream. */
  protected readonly socket: HalfClosing
  readonly #names: { getsockname?: AddrInfo; getpeername?: AddrInfo } = {}
  #idleMs = 0
  #idle: NodeJS.Timeout | undefined

  /** The same as `socket.duplex(options)`. */
  constructor(socket: HalfClosing, options: DuplexOptions = {}) {
    const { signal, ...others } = validate.object('options', options) as DuplexOptions
    super({ allowHalfOpen: true, ...others, objectMode: false, decodeStrings: true })
    this.socket = socket
    // Node would destroy the stream at once for one that is aborted already, before it knows of its socket.
    if (signal) addAbortSignal(signal, this)
  }

  /** What arrives next; null at the end. */
  protected receive(): Promise<Buffer | null> {
    return this.socket.recv()
  }

  // What agents and servers of HTTP call on the sockets that they know. A unix socket has no such option; Node ignores it too.

  /** As of `net.Socket`: whether small segments are sent at once. */
  setNoDelay(enable = true): this {
    if (this.#isTcp) (this.socket as unknown as TcpOptions).tcpnodelay(enable)
    return this
  }

  /** As of `net.Socket`: whether an idle connection is probed, after so many milliseconds. */
  setKeepAlive(enable = false, initialDelay = 0): this {
    if (typeof initialDelay !== 'number') throw validate.invalidType('initialDelay', 'of type number', initialDelay)
    if (!this.#isTcp) return this
    this.socket.keepalive(enable)
    const seconds = Math.floor(initialDelay / 1000)
    if (enable && seconds > 0) (this.socket as unknown as TcpOptions).tcpkeepalive(seconds)
    return this
  }

  /** As of `net.Socket`: emits `'timeout'` after so many milliseconds without traffic; 0 for never. */
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

  /** As of `net.Socket`: reads and writes that wait keep the process alive. */
  ref(): this {
    this.socket.ref()
    return this
  }

  /** As of `net.Socket`: reads and writes that wait do not keep the process alive. */
  unref(): this {
    this.socket.unref()
    return this
  }

  /** As of `net.Socket`: where the peer is; `undefined` on a unix socket, and once the socket is closed. */
  get remoteAddress(): string | undefined {
    return this.#name('getpeername')?.addr
  }

  /** As of `net.Socket`. */
  get remotePort(): number | undefined {
    return this.#name('getpeername')?.port
  }

  /** As of `net.Socket`: `'IPv4'` or `'IPv6'`. */
  get remoteFamily(): string | undefined {
    return familyName(this.#name('getpeername'))
  }

  /** As of `net.Socket`: where the peer connected to. */
  get localAddress(): string | undefined {
    return this.#name('getsockname')?.addr
  }

  /** As of `net.Socket`. */
  get localPort(): number | undefined {
    return this.#name('getsockname')?.port
  }

  /** As of `net.Socket`: `'IPv4'` or `'IPv6'`. */
  get localFamily(): string | undefined {
    return familyName(this.#name('getsockname'))
  }

  /** As of `net.Socket`: where this side is bound. */
  address(): { address?: string; port?: number; family?: string } {
    const { localAddress: address, localPort: port, localFamily: family } = this
    return address === undefined || port === undefined || family === undefined ? {} : { address, port, family }
  }

  /** Addresses stay what they were when they could first be told: logs ask for them when the connection is gone. */
  #name(call: 'getsockname' | 'getpeername'): AddrInfo | undefined {
    try {
      this.#names[call] ??= this.socket[call]()
    } catch {
      // Closed, or not connected: there is none to tell.
    }
    return this.#names[call]
  }

  get #isTcp(): boolean {
    return this.socket.fd() >= 0 && this.socket.protocol() === IPPROTO_TCP
  }

  #active(): void {
    clearTimeout(this.#idle)
    this.#idle =
      this.#idleMs > 0 && !this.destroyed ? setTimeout(() => this.emit('timeout'), this.#idleMs).unref() : undefined
  }

  /** Node asks for what arrives. */
  override _read(): void {
    this.receive().then(
      (data) => {
        this.#active()
        this.push(data)
      },
      (error: Error) => this.destroy(error),
    )
  }

  /** Node has something to send. */
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#active()
    this.socket.send(chunk).then(() => done(), done)
  }

  /** Everything that waits, in as few calls as may be, and without joining it first. */
  override _writev(queued: Queued[], done: Done): void {
    this.#sendAll(queued.map(({ chunk }) => chunk)).then(() => done(), done)
  }

  async #sendAll(chunks: Buffer[]): Promise<void> {
    for (let at = 0; at < chunks.length; at += IOV_MAX) {
      const msg = new MsgHdr()
      for (const chunk of chunks.slice(at, at + IOV_MAX)) msg.add(chunk)
      await this.socket.sendmsg(msg)
    }
  }

  /** Node has no more to send: the peer is to see the end. */
  override _final(done: Done): void {
    this.socket.end().then(() => done(), done)
  }

  /** The stream is over: so is the socket. */
  override _destroy(error: Error | null, done: Done): void {
    clearTimeout(this.#idle)
    this.socket.close().then(
      () => done(error),
      (failure: Error) => done(error ?? failure),
    )
  }
}

/**
 * A unix stream as a Node stream that can also pass descriptors. The event `'fds'` comes right before the data that they
 * arrived with, which may begin with bytes that were sent before theirs, and ends with theirs; without a listener they are closed.
 */
export class UnixDuplex extends SocketDuplex {
  /** What is below; it belongs to this stream. */
  declare protected readonly socket: HalfClosing & UnixMethods
  /** Descriptors that go with a chunk which waits to be written. */
  readonly #passengers = new WeakMap<Uint8Array, readonly number[]>()
  readonly #incoming = new MsgHdr()

  /** The same as `socket.duplex(options)`. */
  constructor(socket: HalfClosing & UnixMethods, options: DuplexOptions = {}) {
    super(socket, options)
  }

  /**
   * Writes bytes, at least one, with descriptors. They stay the caller's, who may close them when the callback was called.
   * @returns false when the stream wants no more before `'drain'`, as `write` does.
   */
  writeWithFds(bytes: validate.Data, fds: readonly number[], callback?: (error?: Error | null) => void): boolean {
    // A chunk of its own: its identity is what finds the descriptors again.
    const chunk = Buffer.from(validate.bytes('bytes', bytes))
    if (chunk.length === 0) throw validate.outOfRange('bytes', 'at least one byte', bytes)
    if (!Array.isArray(fds)) throw validate.invalidType('fds', 'an instance of Array', fds)
    const passengers = [...fds]
    CmsgHdr.rights(...passengers) // refuses what is no list of descriptors
    if (callback !== undefined) validate.func('callback', callback)
    this.#passengers.set(chunk, passengers)
    return this.write(chunk, callback)
  }

  /** Node has something to send, perhaps with descriptors. */
  override _write(chunk: Buffer, encoding: BufferEncoding, done: Done): void {
    const fds = this.#passengers.get(chunk)
    if (fds === undefined) super._write(chunk, encoding, done)
    else this.#sendWith(chunk, fds).then(() => done(), done)
  }

  async #sendWith(chunk: Buffer, fds: readonly number[]): Promise<void> {
    const msg = new MsgHdr()
    msg.add(chunk)
    msg.control().push(CmsgHdr.rights(...fds))
    await this.socket.sendmsg(msg)
  }

  override _writev(queued: Queued[], done: Done): void {
    if (!queued.some(({ chunk }) => this.#passengers.has(chunk))) super._writev(queued, done)
    else this.#oneByOne(queued).then(() => done(), done)
  }

  async #oneByOne(queued: Queued[]): Promise<void> {
    for (const { chunk, encoding } of queued)
      await new Promise<void>((resolve, reject) => {
        this._write(chunk, encoding, (error) => (error ? reject(error) : resolve()))
      })
  }

  protected override async receive(): Promise<Buffer | null> {
    const msg = this.#incoming
    if (msg.length === 0) msg.addn(65536)
    const count = await this.socket.recvmsg(msg)
    if (count === null) return null
    const fds = [...msg.control()].flatMap((cmsg) => cmsg.take())
    if (fds.length > 0 && !this.emit('fds', fds)) for (const fd of fds) closeFd(fd)
    return msg.concat()
  }
}
