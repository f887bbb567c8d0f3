import { EventEmitter } from 'node:events'
import { inspect } from 'node:util'
import { runUserCode } from '../adapters/user-code.js'
import { AddrInfo } from '../address/addrinfo.js'
import { MSG_DONTWAIT, SOCK_DGRAM } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { kHandle } from '../descriptor/handle.js'
import { WOULD_BLOCK, wouldBlock } from '../engine/operation.js'
import { AGAIN } from '../llsocket/again.js'
import { create } from '../llsocket/create.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { Channel } from '../socket/channel.js'
import { type Readiness, waitFor } from '../socket/readiness.js'
import { SystemError } from '../support/errors.js'
import { setImmediate } from '../support/globals.js'
import { advice, NOT_CLONEABLE } from '../support/not-cloneable.js'
import { define } from '../support/record.js'
import * as validate from '../support/validate.js'

/** The longest datagram that the limits of a system usually allow (`net.core.wmem_max`); a longer one is an error. */
const ROOM = 256 * 1024

/** So many datagrams are received in a row before others get a turn. */
const MESSAGES_PER_TURN = 64

const UNNAMED = AddrInfo.unix('', { socktype: SOCK_DGRAM })

/** What `'message'` tells of a datagram. */
export interface RemoteInfo {
  /** The length of the datagram. */
  size: number
  /** Nothing: the sender is in `path`. */
  address: Record<string, never>
  /** The path of the sender, or its abstract name after a NUL; null if it has none. Bytes, if they are no UTF-8. */
  path: string | Buffer | null
}

/** Is given the error of a send, or nothing. */
export type SendCallback = (error?: DgramError) => void

/** The errors of these sockets: `code` is a negative errno, or 1 for congestion. */
export interface DgramError extends Error {
  /** The negative errno; 1 for congestion. */
  code: number
  /** The same; absent for congestion. */
  errno?: number
  /** The call that failed; absent for congestion. */
  syscall?: string
}

const ADVICE = advice('A socket belongs to its thread: make one there; a socket')

function systemFailure(errno: number, syscall: string): DgramError {
  const error = Object.assign(new Error(`${syscall} ${errno}`), { errno, code: errno })
  define(error, 'syscall', syscall)
  return error as DgramError
}

function congestion(): DgramError {
  return Object.assign(new Error('congestion'), { code: 1 })
}

/** Makes a call, and returns the errno that it failed with; 0 for none. Wrong arguments throw. */
function errnoOf(call: () => unknown): number {
  try {
    return call() === AGAIN ? WOULD_BLOCK : 0
  } catch (error) {
    if (error instanceof SystemError) return error.errno
    throw error
  }
}

function addressOf(path: unknown): AddrInfo {
  if (typeof path !== 'string' && !(path instanceof Uint8Array))
    throw validate.invalidType('path', 'of type string or an instance of Uint8Array', path)
  return AddrInfo.unix(path, { socktype: SOCK_DGRAM })
}

/** A part of a buffer, which has to be within it. */
function partOf(buf: validate.Data, offset: unknown, length: unknown): Uint8Array {
  const bytes = validate.bytes('buf', buf)
  const from = validate.integer('offset', offset, 0, bytes.length)
  return bytes.subarray(from, from + validate.integer('length', length, 0, bytes.length - from))
}

/** Node's name for a callback of the wrong kind would be later, and elsewhere. */
function callbackOf(callback: unknown): SendCallback | undefined {
  return callback === undefined || callback === null ? undefined : (validate.func('callback', callback) as SendCallback)
}

/** The events of a socket, and their arguments. */
interface Events {
  /** A datagram has come. */
  message: [message: Buffer, rinfo: RemoteInfo]
  /** `bind()` has succeeded. */
  listening: []
  /** `connect()` has succeeded. */
  connect: []
  /** There is room again in the queue of the peer. */
  writable: []
  /** There was no room: what `send()` was given is dropped. */
  congestion: [message: validate.Data]
  /** A call has failed. */
  error: [error: DgramError]
}

/**
 * A socket as npm's unix-dgram makes it: calls are made here and now, and their events emitted before they return. It keeps the process alive until
 * it is closed, and emits no `'close'`.
 */
export class Socket extends EventEmitter<Events> {
  /** The descriptor; -1 once it is closed. */
  fd: number
  /** Returns the type of the socket, `'unix_dgram'`. */
  type: string
  /** Whether `connect()` has succeeded. */
  declare connected?: boolean
  /** @internal */
  readonly [NOT_CLONEABLE] = ADVICE
  readonly #socket: LowSocket
  readonly #channel: Channel
  #awaitsRoom = false
  #hasThrown = false

  /** @internal */
  constructor(type: string, listener?: (message: Buffer, rinfo: RemoteInfo) => void) {
    super()
    if (type !== 'unix_dgram') throw new Error(`Unsupported socket type: ${type}`)
    let socket: LowSocket | undefined
    const errno = errnoOf(() => {
      socket = create(UNNAMED, true)
    })
    if (socket === undefined) throw systemFailure(errno, 'socket')
    Channel.prepare(socket)
    this.#socket = socket
    this.#channel = socket[kHandle] as Channel
    this.fd = socket.fd()
    this.type = type
    if (typeof listener === 'function') this.on('message', listener)
    void this.#receive()
  }

  /**
   * Binds the socket to a path, and emits `'listening'` or `'error'`. Closing does not remove the socket file.
   * @param path - the path, or an abstract name, which begins with a NUL.
   */
  bind(path: string | Uint8Array): void {
    const errno = errnoOf(() => this.#socket.bind(addressOf(path)))
    if (errno === 0) this.emit('listening')
    else this.emit('error', systemFailure(errno, 'bind'))
  }

  /**
   * Sets the peer, and emits `'connect'` or `'error'`.
   * @param path - the path, or an abstract name, which begins with a NUL.
   */
  connect(path: string | Uint8Array): void {
    const errno = errnoOf(() => this.#socket.connect(addressOf(path)))
    if (errno !== 0) return void this.emit('error', systemFailure(errno, 'connect'))
    this.connected = true
    this.emit('connect')
  }

  /**
   * Sends a datagram to the peer of a connected socket.
   * @param buf - the data; a string is sent as UTF-8.
   * @param callback - called before this returns, with the error if there is one.
   */
  send(buf: validate.Data, callback?: SendCallback): void
  /**
   * Sends a part of a buffer as a datagram to a path. The callback is called before it returns; without one a failure is `'error'`. When
   * the queue of the peer of a connected socket is full the datagram is dropped: with a callback `Error('congestion')` with `code` 1,
   * without one the event `'congestion'`; `'writable'` says when there is room again.
   * @param buf - the memory; a string is sent as UTF-8.
   * @param offset - where the data begins, in bytes.
   * @param length - its length in bytes.
   * @param path - the path, or an abstract name, which begins with a NUL.
   * @param callback - called before this returns, with the error if there is one.
   */
  send(buf: validate.Data, offset: number, length: number, path: string | Uint8Array, callback?: SendCallback): void
  send(buf: validate.Data, ...args: unknown[]): void {
    if (this.connected) this.#sendToPeer(buf, callbackOf(args[0]))
    else this.#sendTo(buf, args)
  }

  #sendToPeer(buf: validate.Data, callback: SendCallback | undefined): void {
    const bytes = validate.bytes('buf', buf)
    const errno = errnoOf(() => this.#socket.send(bytes, MSG_DONTWAIT))
    if (!wouldBlock(errno) && errno !== -sys.ENOBUFS) return this.#report(errno, callback)
    this.#awaitRoom()
    if (callback) callback(congestion())
    else this.emit('congestion', buf)
  }

  #sendTo(buf: validate.Data, [offset, length, path, callback]: readonly unknown[]): void {
    const [bytes, done] = [partOf(buf, offset, length), callbackOf(callback)]
    this.#report(
      errnoOf(() => this.#socket.sendto(bytes, addressOf(path), MSG_DONTWAIT)),
      done,
    )
  }

  #report(errno: number, callback: SendCallback | undefined): void {
    const error = errno === 0 ? undefined : systemFailure(errno, 'send')
    if (callback) {
      if (error) callback(error)
      else callback()
    } else if (error) this.emit('error', error)
  }

  /**
   * Sends a part of a buffer as a datagram to a path: the same as `send()`.
   * @param buf - the memory; a string is sent as UTF-8.
   * @param offset - where the data begins, in bytes.
   * @param length - its length in bytes.
   * @param path - the path, or an abstract name, which begins with a NUL.
   * @param callback - called before this returns, with the error if there is one.
   */
  sendto(buf: validate.Data, offset: number, length: number, path: string | Uint8Array, callback?: SendCallback): void {
    this.send(buf, offset, length, path, callback)
  }

  /**
   * Closes it, at once.
   * @throws an error with `code` and `errno` -9 (EBADF) when it is closed already.
   */
  close(): void {
    const isClosed = this.#socket.fd() < 0
    this.#channel.engine.close()
    const errno = isClosed ? -sys.EBADF : errnoOf(() => this.#socket.close())
    if (errno !== 0) throw systemFailure(errno, 'close')
    this.fd = -1
  }

  [Symbol.dispose](): void {
    if (this.fd >= 0) this.close()
  }

  [inspect.custom](): string {
    return `Socket { fd: ${this.fd}, type: '${this.type}' }`
  }

  /** Emits what comes, until the socket is closed. */
  async #receive(): Promise<void> {
    while (await this.#comes('readable')) {
      let more = true
      for (let count = 0; count < MESSAGES_PER_TURN && more; count++) more = this.#receiveOne()
      // The exception of a listener comes first.
      if (!this.#hasThrown) continue
      this.#hasThrown = false
      await new Promise((turn) => setImmediate(turn))
    }
  }

  /** Receives one datagram; false if there may be no other one, or it is not its turn. */
  #receiveOne(): boolean {
    let received: ReturnType<LowSocket['recvfrom']> = AGAIN
    const errno = errnoOf(() => {
      received = this.#socket.fd() < 0 ? AGAIN : this.#socket.recvfrom(ROOM, MSG_DONTWAIT)
      return received
    })
    if (wouldBlock(errno)) return false
    this.#hasThrown = !runUserCode(() => {
      if (errno !== 0) this.emit('error', systemFailure(errno, 'recv'))
      else this.#emitMessage(received as unknown as [Buffer, AddrInfo | null])
    })
    return !this.#hasThrown
  }

  #emitMessage([data, sender]: [Buffer, AddrInfo | null]): void {
    // What has no name is of the family alone.
    this.emit('message', data, { size: data.length, address: {}, path: sender?.path || null })
  }

  #awaitRoom(): void {
    if (this.#awaitsRoom) return
    this.#awaitsRoom = true
    this.#comes('writable').then((hasRoom) => {
      this.#awaitsRoom = false
      if (hasRoom) runUserCode(() => void this.emit('writable'))
    })
  }

  /** Waits for readiness; false once the socket is closed. */
  #comes(readiness: Readiness): Promise<boolean> {
    return waitFor(this.#channel, readiness, undefined, undefined).then(
      () => true,
      () => false,
    )
  }

  /**
   * Throws: unix sockets have no such setting, as in `unix-dgram`.
   * @hidden
   */
  address(): never {
    return notImplemented()
  }

  /**
   * Throws: unix sockets have no such setting, as in `unix-dgram`.
   * @hidden
   */
  setTTL(_ttl: number): never {
    return notImplemented()
  }

  /**
   * Throws: unix sockets have no such setting, as in `unix-dgram`.
   * @hidden
   */
  setBroadcast(_flag: boolean): never {
    return notImplemented()
  }

  /**
   * Throws: unix sockets have no such setting, as in `unix-dgram`.
   * @hidden
   */
  setMulticastTTL(_ttl: number): never {
    return notImplemented()
  }

  /**
   * Throws: unix sockets have no such setting, as in `unix-dgram`.
   * @hidden
   */
  setMulticastLoopback(_flag: boolean): never {
    return notImplemented()
  }

  /**
   * Throws: unix sockets have no such setting, as in `unix-dgram`.
   * @hidden
   */
  addMembership(_multicastAddress: string, _multicastInterface?: string): never {
    return notImplemented()
  }

  /**
   * Throws: unix sockets have no such setting, as in `unix-dgram`.
   * @hidden
   */
  dropMembership(_multicastAddress: string, _multicastInterface?: string): never {
    return notImplemented()
  }
}

function notImplemented(): never {
  throw new Error('not implemented')
}
