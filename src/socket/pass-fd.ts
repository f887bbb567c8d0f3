import { AddrInfo, addressArgument } from '../address/addrinfo.js'
import { kHandle } from '../descriptor/handle.js'
import { descriptorOf, type OpenFile } from '../descriptor/open-file.js'
import type { Operation } from '../engine/operation.js'
import { type ReceivedDescriptor, receiveDescriptor, sendDescriptor } from '../message/rights.js'
import type { unixOptions } from '../options/index.js'
import type { OptionMethods } from '../options/option.js'
import { type ErrorContext, givenFdContext } from '../support/errors.js'
import { isolate } from '../support/record.js'
import type { Channel } from './channel.js'
import { operationFlags } from './operations.js'
import { isOptions, type RecvIntoOptions, type SendOptions, type WaitOptions, withOptions } from './settings.js'
import { kRead, kWrite, type Socket } from './socket.js'

/** Options of unix sockets. By name, so that declarations refer to the rows and keep their comments. */
export interface UnixOptions extends OptionMethods<typeof unixOptions> {}

/** Options of `sendfd`, in place of its arguments behind the descriptor. */
export interface SendFdOptions extends SendOptions {
  /** The destination, on a datagram socket that is not connected. */
  ai?: AddrInfo | undefined
}

/** What unix sockets of every type have besides: they pass descriptors, and report the credentials of the peer. */
export interface UnixMethods extends UnixOptions {
  /**
   * Passes an open descriptor to the peer, with one byte of data. The receiver gets a duplicate of it.
   * @param fd - any open descriptor, of a file, a pipe or a socket, or a `FileHandle`; the caller keeps it, and may close it when the
   *   call is over.
   * @param ai - the destination, on a datagram socket that is not connected.
   * @param flags - `MSG_*` flags, OR-ed; 0 by default.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns 0: no byte of the caller's was sent. See unix(7), `SCM_RIGHTS`.
   * @throws EBADF for a descriptor that is not open; EPIPE, ECONNRESET or ECONNREFUSED when the peer has closed; TimeoutError,
   *   AbortError.
   * @example
   * await conn.sendfd(server.fd())
   */
  sendfd(fd: OpenFile, ai?: AddrInfo, flags?: number, options?: WaitOptions): Promise<0>
  /**
   * Passes an open descriptor to the peer, with the further arguments by name: `sendfd(fd, { timeout: 1000 })`.
   * @param fd - any open descriptor, or a `FileHandle`.
   * @param options - `ai`, `flags`, `timeout` in milliseconds, and `signal`.
   * @returns 0: no byte of the caller's was sent.
   * @throws as `sendfd(fd, ai, flags, options)`.
   */
  sendfd(fd: OpenFile, options: SendFdOptions): Promise<0>
  /**
   * Passes an open descriptor to an address, with the further arguments by name: `sendfd(fd, ai, { timeout: 1000 })`.
   * @param fd - any open descriptor, or a `FileHandle`.
   * @param ai - the destination.
   * @param options - `flags`, 0 by default; `timeout` in milliseconds, and `signal`.
   * @returns 0: no byte of the caller's was sent.
   * @throws as `sendfd(fd, ai, flags, options)`.
   */
  sendfd(fd: OpenFile, ai: AddrInfo | undefined, options: SendOptions): Promise<0>
  /**
   * Receives exactly one descriptor, which belongs to the caller and is close-on-exec.
   * @param flags - `MSG_*` flags, OR-ed; 0 by default.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns its number; `null` when the peer has closed.
   * @throws EMFILE when there was no free number for it, EMSGSIZE when there were more than one (all are closed), ENOMSG when the message
   *   had none. In each case the message is consumed. See unix(7), `SCM_RIGHTS`.
   * @example
   * const fd = await conn.recvfd()
   * if (fd !== null) server = await stream.inet.Server.wrap(fd)
   */
  recvfd(flags?: number, options?: WaitOptions): Promise<number | null>
  /**
   * Receives exactly one descriptor, with the arguments by name: `recvfd({ timeout: 1000 })`.
   * @param options - `flags`, 0 by default; `timeout` in milliseconds, and `signal`.
   * @returns its number; `null` when the peer has closed.
   * @throws as `recvfd(flags, options)`.
   */
  recvfd(options: RecvIntoOptions): Promise<number | null>
  /** Same as {@link UnixMethods.sendfd}: its name in lua-net. */
  sendfdsync(fd: OpenFile, ai?: AddrInfo, flags?: number, options?: WaitOptions): Promise<0>
  /** Same as {@link UnixMethods.sendfd}: its name in lua-net. */
  sendfdsync(fd: OpenFile, options: SendFdOptions): Promise<0>
  /** Same as {@link UnixMethods.sendfd}: its name in lua-net. */
  sendfdsync(fd: OpenFile, ai: AddrInfo | undefined, options: SendOptions): Promise<0>
  /** Same as {@link UnixMethods.recvfd}: its name in lua-net. */
  recvfdsync(flags?: number, options?: WaitOptions): Promise<number | null>
  /** Same as {@link UnixMethods.recvfd}: its name in lua-net. */
  recvfdsync(options: RecvIntoOptions): Promise<number | null>
}

/** sendmsg(2) with one descriptor. */
export class SendFd implements Operation<0> {
  readonly flags: number
  readonly #channel: Channel
  readonly #file: OpenFile
  #passed = -1
  readonly #to: AddrInfo | undefined
  #sysFlags = 0
  #sockaddr: Uint8Array | undefined

  constructor(channel: Channel, file: OpenFile, to: AddrInfo | undefined, flags: number) {
    this.#channel = channel
    this.flags = flags
    this.#file = file
    this.#to = to
  }

  get syscall(): string {
    return 'sendfd'
  }

  check(): void {
    this.#channel.transport.requirePlain('sendfd')
    this.prepare()
    if (this.#to !== undefined) this.#sockaddr = addressArgument('ai', this.#to).sockaddr
    this.#sysFlags = operationFlags(this.flags)
  }

  /** For each attempt, because a FileHandle may be closed meanwhile. */
  prepare(): void {
    this.#passed = descriptorOf('fd', this.#file, 'sendfd')
  }

  attempt(fd: number): number {
    return sendDescriptor(fd, this.#passed, this.#sockaddr, this.#sysFlags)
  }

  finish(): 0 {
    return 0
  }

  context(errno?: number): ErrorContext {
    return { ...this.#to?.context(), ...givenFdContext(this.#passed, errno) }
  }
}

/** recvmsg(2) of one descriptor. */
export class RecvFd implements Operation<number | null>, ReceivedDescriptor {
  readonly flags: number
  readonly #channel: Channel
  /** The descriptor that was received, -1 for the end. */
  fd = -1
  #sysFlags = 0

  constructor(channel: Channel, flags: number) {
    this.#channel = channel
    this.flags = flags
  }

  get syscall(): string {
    return 'recvfd'
  }

  check(): void {
    this.#channel.transport.requirePlain('recvfd')
    this.#sysFlags = operationFlags(this.flags)
  }

  attempt(fd: number): number {
    // Again: a reader whose turn came before may have read ahead.
    this.#channel.transport.requirePlain('recvfd')
    return receiveDescriptor(fd, this.#sysFlags, this.#channel.kind.zeroMeansEof, this)
  }

  finish(): number | null {
    return this.fd < 0 ? null : this.fd
  }
}

isolate(SendFd, RecvFd)

/** Passes a descriptor: see {@link UnixMethods.sendfd}. */
export function sendfd(
  sock: Socket,
  fd: OpenFile,
  ai: AddrInfo | SendFdOptions | undefined,
  flags: number | SendOptions,
  options: WaitOptions | undefined,
): Promise<0> {
  if (isOptions(ai) && !(ai instanceof AddrInfo))
    return withOptions(sendfdNamed, [sock, fd], ai, ['ai', 'flags'], [flags, options])
  if (isOptions(flags)) return withOptions(sendfdNamed, [sock, fd, ai], flags, ['flags'], [options])
  return sock[kWrite](new SendFd(sock[kHandle], fd, ai, flags), options)
}

function sendfdNamed(
  [sock, fd, to]: [sock: Socket, fd: OpenFile, to?: AddrInfo | undefined],
  { ai = to, flags = 0 }: SendFdOptions,
  wait: WaitOptions,
): Promise<0> {
  return sock[kWrite](new SendFd(sock[kHandle], fd, ai, flags), wait)
}

/** Receives a descriptor: see {@link UnixMethods.recvfd}. */
export function recvfd(
  sock: Socket,
  flags: number | RecvIntoOptions,
  options: WaitOptions | undefined,
): Promise<number | null> {
  if (isOptions(flags)) return withOptions(recvfdNamed, sock, flags, ['flags'], [options])
  return sock[kRead](new RecvFd(sock[kHandle], flags), options)
}

function recvfdNamed(sock: Socket, { flags = 0 }: RecvIntoOptions, wait: WaitOptions): Promise<number | null> {
  return sock[kRead](new RecvFd(sock[kHandle], flags), wait)
}
