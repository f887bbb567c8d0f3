import { AddrInfo } from '../address.js'
import { defineLocked } from '../locked.js'
import { receiveDescriptor, sendDescriptor } from '../message/rights.js'
import type { Constructor } from '../mixin.js'
import { unixOptions } from '../options/index.js'
import { defineOptions, type OptionMethods } from '../options/option.js'
import { verbFlags } from '../side.js'
import type { Socket, WaitOptions } from '../socket.js'
import * as validate from '../validate.js'

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

/** A class of unix sockets. */
export function withUnix<B extends Constructor<Socket>>(Base: B): B & Constructor<UnixMethods> {
  class Unix extends Base {
    sendfd(fd: number, ai?: AddrInfo, flags = 0, options?: WaitOptions): Promise<0> {
      return this.write(() => {
        this.plain('sendfd')
        const passed = validate.descriptor('fd', fd)
        const to = ai === undefined ? undefined : destination(ai)
        const bits = verbFlags(flags)
        return {
          syscall: 'sendfd',
          flags,
          attempt: (socket) => sendDescriptor(socket, passed, to, bits),
          finish: () => 0 as const,
          context: () => to?.context() ?? {},
        }
      }, options)
    }

    recvfd(flags = 0, options?: WaitOptions): Promise<number | null> {
      return this.read(() => {
        this.plain('recvfd')
        const bits = verbFlags(flags)
        const received = { fd: -1 }
        return {
          syscall: 'recvfd',
          flags,
          attempt: (fd) => receiveDescriptor(fd, bits, this.zeroIsEnd, received),
          finish: () => (received.fd < 0 ? null : received.fd),
        }
      }, options)
    }
  }
  defineOptions(Unix, unixOptions)
  defineLocked(Unix, ['sendfd', 'recvfd'])
  return Unix as unknown as B & Constructor<UnixMethods>
}

function destination(value: unknown): AddrInfo {
  if (!(value instanceof AddrInfo)) throw validate.invalidType('ai', 'an instance of AddrInfo', value)
  return value
}
