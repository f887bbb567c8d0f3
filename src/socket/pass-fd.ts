import { type AddrInfo, addressArgument } from '../address/addrinfo.js'
import type { Operation } from '../engine/operation.js'
import { type ReceivedDescriptor, receiveDescriptor, sendDescriptor } from '../message/rights.js'
import { unixOptions } from '../options/index.js'
import { defineOptions, type OptionMethods } from '../options/option.js'
import type { ErrorContext } from '../support/errors.js'
import * as validate from '../support/validate.js'
import { defineLocked } from './locked.js'
import type { Constructor } from './mixin.js'
import type { Inner } from './operations.js'
import { verbFlags } from './settings.js'
import type { Socket, WaitOptions } from './socket.js'

/** Options of unix sockets. By name, so that declarations refer to the rows and keep their comments. */
export interface UnixOptions extends OptionMethods<typeof unixOptions> {}

/** What unix sockets of every type can beside the rest: pass descriptors, and tell who is at the other end. */
export interface UnixMethods extends UnixOptions {
  /**
   * Passes a descriptor, with one byte of data. It stays the caller's, who may close it when the call is over.
   * @param fd - any open descriptor: a file, a pipe, a socket.
   * @param ai - where to, on a datagram socket that is not connected.
   * @returns 0: no byte of the caller's was sent. See unix(7), `SCM_RIGHTS`.
   */
  sendfd(fd: number, ai?: AddrInfo, flags?: number, options?: WaitOptions): Promise<0>
  /**
   * Receives exactly one descriptor, which belongs to the caller and is close-on-exec.
   * @returns its number; `null` when the peer has closed.
   * @throws EMFILE when there was no free number for it, EMSGSIZE when there were more than one (all are closed), ENOMSG when
   *   the message had none. In each case the message is consumed. See unix(7), `SCM_RIGHTS`.
   */
  recvfd(flags?: number, options?: WaitOptions): Promise<number | null>
  /** `sendfd` in turn: waits for the calls before it, first come, first served, instead of being refused. */
  sendfdsync(...args: Parameters<UnixMethods['sendfd']>): ReturnType<UnixMethods['sendfd']>
  /** `recvfd` in turn. */
  recvfdsync(...args: Parameters<UnixMethods['recvfd']>): ReturnType<UnixMethods['recvfd']>
}

/** sendmsg(2) with one descriptor. */
class SendingDescriptor implements Operation<0> {
  readonly flags: number
  readonly #inner: Inner
  readonly #passed: number
  readonly #to: AddrInfo | undefined

  constructor(inner: Inner, passed: number, to: AddrInfo | undefined, flags: number) {
    this.#inner = inner
    this.#passed = passed
    this.#to = to
    this.flags = flags
  }

  get syscall(): string {
    return 'sendfd'
  }

  check(): void {
    this.#inner.plain('sendfd')
    validate.descriptor('fd', this.#passed)
    if (this.#to !== undefined) addressArgument('ai', this.#to)
    verbFlags(this.flags)
  }

  attempt(fd: number): number {
    return sendDescriptor(fd, this.#passed, this.#to, this.flags)
  }

  finish(): 0 {
    return 0
  }

  context(): ErrorContext {
    return this.#to?.context() ?? {}
  }
}

/** recvmsg(2) of one descriptor. */
class ReceivingDescriptor implements Operation<number | null>, ReceivedDescriptor {
  readonly flags: number
  fd = -1
  readonly #inner: Inner

  constructor(inner: Inner, flags: number) {
    this.#inner = inner
    this.flags = flags
  }

  get syscall(): string {
    return 'recvfd'
  }

  check(): void {
    this.#inner.plain('recvfd')
    verbFlags(this.flags)
  }

  attempt(fd: number): number {
    return receiveDescriptor(fd, this.flags, this.#inner.zeroIsEnd, this)
  }

  finish(): number | null {
    return this.fd < 0 ? null : this.fd
  }
}

/** A class of unix sockets. */
export function withUnix<B extends Constructor<Socket>>(Base: B): B & Constructor<UnixMethods> {
  class Unix extends Base {
    sendfd(fd: number, ai?: AddrInfo, flags = 0, options?: WaitOptions): Promise<0> {
      return this.write(new SendingDescriptor(this as unknown as Inner, fd, ai, flags), options)
    }

    recvfd(flags = 0, options?: WaitOptions): Promise<number | null> {
      return this.read(new ReceivingDescriptor(this as unknown as Inner, flags), options)
    }
  }
  defineOptions(Unix, unixOptions)
  defineLocked(Unix, ['sendfd', 'recvfd'])
  return Unix as unknown as B & Constructor<UnixMethods>
}
