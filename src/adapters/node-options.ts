import type { Socket as NodeDgram } from 'node:dgram'
import type { Server as NodeServer, Socket as NodeSocket } from 'node:net'
import { sys } from '../constants/lookup.js'
import { SocketKind } from '../descriptor/kind.js'
import { type GenericKind, genericKinds, getGeneric, type KindValue, setGeneric } from '../options/by-number.js'
import {
  allOptions,
  type ipOptions,
  type ipv6Options,
  type multicastOptions,
  type socketOptions,
  type tcpOptions,
  type udpOptions,
  type unixOptions,
} from '../options/index.js'
import type { FdOwner } from '../options/kinds/index.js'
import { defineOptions, type OptionMethods, type OptionTarget, optionTarget } from '../options/option.js'
import { systemError } from '../support/errors.js'
import { invalidType } from '../support/validate.js'
import { kSocket, NetSocket } from './net-socket.js'
import { type BoundSocket, isNodeOwned, nodeFd } from './node-handle.js'

/** A socket or server of Node, or a stream that `duplex()` has made. */
export type NodeOwned = NodeSocket | NodeServer | NodeDgram | BoundSocket | NetSocket

/** The number at this moment. */
function fdOf(socket: object): number {
  return socket instanceof NetSocket ? socket[kSocket].fd() : nodeFd(socket)
}

/**
 * The options of a `net.Socket`, `net.Server`, `net.BoundSocket` or `dgram.Socket`, which stays Node's: nothing else of it is used; or those of
 * the socket below a stream of `duplex()`, so that a handler need not know which server its request came through. While the socket is not open, every method
 * throws EBADF.
 */
class NodeOptions implements OptionTarget {
  readonly #socket: object
  /** Asks Node for the number when it is needed: the socket may close at any moment. */
  readonly #owner: FdOwner = { use: (syscall) => this.#fd(syscall) }

  constructor(socket: NodeOwned) {
    if (typeof socket !== 'object' || socket === null || !(socket instanceof NetSocket || isNodeOwned(socket)))
      throw invalidType(
        'socket',
        'an instance of net.Socket, net.Server, net.BoundSocket or dgram.Socket, or a stream of duplex()',
        socket,
      )
    this.#socket = socket
  }

  #fd(syscall: string): number {
    const fd = fdOf(this.#socket)
    if (fd < 0) throw systemError(sys.EBADF, syscall, { detail: 'the socket is not open' })
    return fd
  }

  [optionTarget](syscall: string): { owner: FdOwner; family: number } {
    return { owner: this.#owner, family: SocketKind.of(this.#fd(syscall)).family }
  }

  /**
   * Reads an option by its numbers: the same as `getsockopt` of this library's sockets.
   * @param level - `SOL_*` or `IPPROTO_*`.
   * @param name - the number of the option.
   * @param kind - the layout of the value: `'int'`, `'bool'`, `'seconds'`, `'timeval'`, `'linger'`, `'bytes'`, …
   * @returns the value, in the type of its kind.
   */
  getsockopt<K extends GenericKind>(level: number, name: number, kind: K): KindValue<K> {
    this.#fd('getsockopt')
    return getGeneric(this.#owner, level, name, kind)
  }

  /**
   * Sets an option by its numbers: the same as `setsockopt` of this library's sockets.
   * @param level - `SOL_*` or `IPPROTO_*`.
   * @param name - the number of the option.
   * @param value - the value, in the type of its kind.
   * @param kind - its layout; by default it follows from the value: `'int'` for a number, `'bool'` for a boolean, `'string'`, `'bytes'`.
   */
  setsockopt(level: number, name: number, value: unknown, kind: GenericKind = genericKinds.of(value)): void {
    this.#fd('setsockopt')
    setGeneric(this.#owner, level, name, value, kind)
  }
}

interface NodeOptions
  extends OptionMethods<typeof socketOptions>,
    OptionMethods<typeof tcpOptions>,
    OptionMethods<typeof udpOptions>,
    OptionMethods<typeof ipOptions>,
    OptionMethods<typeof ipv6Options>,
    OptionMethods<typeof multicastOptions>,
    OptionMethods<typeof unixOptions> {}
defineOptions(NodeOptions, ...allOptions)

export type { NodeOptions }

/**
 * Gives a socket of Node, or a stream of `duplex()`, the option methods of this library's sockets.
 * @param socket - a `net.Socket`, `net.Server`, `dgram.Socket`, or a stream of `duplex()`.
 * @returns an object with a method for each option; it goes with the socket.
 * @throws `ERR_INVALID_ARG_TYPE` for any other object; its methods throw EBADF while the socket is not open.
 * @example
 * options(socket).tcpusertimeout(30_000)
 * options(socket).tcpinfo().rtt
 */
export function options(socket: NodeOwned): NodeOptions {
  return new NodeOptions(socket)
}
