import { closeDetached } from '../descriptor/close-fd.js'
import type { OpenFile } from '../descriptor/open-file.js'
import type { Operation } from '../engine/operation.js'
import { CmsgHdr } from '../message/cmsghdr.js'
import { MsgHdr } from '../message/msghdr.js'
import type { UnixMethods } from '../socket/pass-fd.js'
import * as validate from '../support/validate.js'
import { type Done, type HalfClosing, kSocket } from './net-socket.js'
import {
  type DuplexOptions,
  kReceiver,
  kSend,
  kTake,
  kWhenConnected,
  type Queued,
  SocketDuplex,
} from './node-stream.js'
import { RecvWithFds } from './recv-with-fds.js'
import { runUserCode } from './user-code.js'

/**
 * A unix stream as a Node stream that can also pass descriptors. The event `'fds'`, with an array of descriptors, is emitted right before
 * the data that they arrived with: that ends with the bytes that they were sent with, and may begin with earlier ones. The listener
 * has to close them; without a listener they are closed.
 */
export class UnixDuplex extends SocketDuplex {
  /** @internal */
  declare readonly [kSocket]: HalfClosing & UnixMethods
  /** The descriptors to send with a chunk, until it is written. */
  readonly #fdsByChunk = new WeakMap<Uint8Array, readonly OpenFile[]>()
  #incoming: RecvWithFds | undefined

  /** Makes the stream: the same as `socket.duplex(options)`. */
  constructor(socket: HalfClosing & UnixMethods, options: DuplexOptions = {}) {
    super(socket, options)
  }

  /**
   * Writes bytes with descriptors. They stay the caller's, who may close them once the callback is called.
   * @param bytes - at least one byte.
   * @param fds - 1 to 253 open descriptors, or `FileHandle`s.
   * @param callback - called when they are sent, or with the error.
   * @returns false if the caller should wait for `'drain'` before it writes more, as `write` does.
   * @throws TypeError or RangeError for arguments that are not as described.
   */
  writeWithFds(bytes: validate.Data, fds: readonly OpenFile[], callback?: (error?: Error | null) => void): boolean {
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
    else this[kWhenConnected](() => this[kSend](this.#sendWith(chunk, fds), chunk.length, done), done)
  }

  async #sendWith(chunk: Buffer, fds: readonly OpenFile[]): Promise<void> {
    const msg = new MsgHdr()
    msg.add(chunk)
    msg.control().push(CmsgHdr.rights(...fds))
    await this[kSocket].sendmsg(msg)
  }

  /** Called by Node to send all chunks that wait; those with descriptors leave alone. */
  override _writev(queued: Queued[], done: Done): void {
    if (!queued.some(({ chunk }) => this.#fdsByChunk.has(chunk))) super._writev(queued, done)
    else
      this.#oneByOne(queued).then(
        () => runUserCode(() => done()),
        (error: Error) => runUserCode(() => done(error)),
      )
  }

  async #oneByOne(queued: Queued[]): Promise<void> {
    for (const { chunk, encoding } of queued)
      await new Promise<void>((resolve, reject) => {
        this._write(chunk, encoding, (error) => (error ? reject(error) : resolve()))
      })
  }

  /** @internal */
  override [kReceiver](): Operation<Buffer | null> {
    this.#incoming = new RecvWithFds(this[kSocket])
    return this.#incoming
  }

  /** @internal */
  override [kTake](data: Buffer): boolean {
    const fds = this.#incoming?.takeFds() ?? []
    if (fds.length > 0) this.#pass(fds)
    return super[kTake](data)
  }

  /** Gives descriptors to the listeners, or closes them. */
  #pass(fds: number[]): void {
    if (this.listenerCount('fds') > 0) runUserCode(() => void this.emit('fds', fds))
    else for (const fd of fds) closeDetached(fd)
  }
}
