import { inspect } from 'node:util'
import { type AddrInfo, adoptSockaddr } from '../address/addrinfo.js'
import { readName } from '../address/names.js'
import { AF_UNIX, SO_ERROR, SOL_SOCKET } from '../constants/exported.generated.js'
import { nameOf, sys } from '../constants/lookup.js'
import { native, registers } from '../native/sockets.js'
import { type GenericKind, genericKinds, getGeneric, type KindValue, setGeneric } from '../options/by-number.js'
import { type OptionTarget, optionTarget } from '../options/option.js'
import type { DiagnosticsSubject } from '../support/diagnostics.js'
import { check, checkAnswer } from '../support/errors.js'
import { flushGatheredData } from '../support/gathered-data.js'
import { advice, NOT_CLONEABLE } from '../support/not-cloneable.js'
import { record } from '../support/record.js'
import * as validate from '../support/validate.js'
import { Handle, kHandle } from './handle.js'
import { SocketKind } from './kind.js'
import { claim, kSubject, OwnedFd, untrack } from './owned-fd.js'

/**
 * Takes over the descriptor of a socket that comes from elsewhere, and makes it close-on-exec.
 * @throws EBADF, or ENOTSOCK when it is not a socket; EBUSY when an object of this library owns it already, in any thread.
 */
export function adopt(fd: unknown): Handle {
  const number = validate.descriptor('fd', fd)
  const kind = SocketKind.of(number)
  claim(number, 'wrap')
  try {
    setCloexec(number, true)
  } catch (error) {
    untrack(number)
    throw error
  }
  return new Handle(new OwnedFd(number, 'Socket'), kind)
}

/** Sets or clears close-on-exec. See fcntl(2), `FD_CLOEXEC`. */
export function setCloexec(fd: number, cloexec: boolean): void {
  check(native.fcntl(fd, sys.F_SETFD, cloexec ? sys.FD_CLOEXEC : 0), 'fcntl')
}

/** Sets or clears `O_NONBLOCK`. See fcntl(2). */
export function setNonblock(fd: number, enable: boolean): void {
  const flags = check(native.fcntl(fd, sys.F_GETFL, 0), 'fcntl')
  const wanted = enable ? flags | sys.O_NONBLOCK : flags & ~sys.O_NONBLOCK
  if (wanted !== flags) check(native.fcntl(fd, sys.F_SETFL, wanted), 'fcntl')
}

/** Returns the pending error as a positive errno, 0 for none; reading it clears it (`SO_ERROR`, socket(7)). */
export function takeError(fd: number): number {
  check(native.getsockopt(fd, SOL_SOCKET, SO_ERROR, native.kinds.int), 'getsockopt')
  return registers[0] ?? 0
}

/** What `queuedBytes` of the addon is asked for. */
const [UNREAD, UNACKNOWLEDGED, UNSENT] = [0, 1, 2]

/** What the names of a socket are called, and the calls that tell them. */
const NAMES = [
  ['local', 'getsockname'],
  ['peer', 'getpeername'],
] as const

const ADVICE = advice(
  'A socket belongs to its thread: pass the number that detach() or unwrap() gives, and wrap() it there; a socket',
)

/**
 * A socket object: everything that moves no data and never waits. The synchronous and the asynchronous classes both are descriptors, and
 * differ in how they move data.
 */
export abstract class Descriptor implements OptionTarget {
  /** @internal */
  [kHandle]: Handle
  /** @internal */
  readonly [NOT_CLONEABLE] = ADVICE

  /** Takes over an open descriptor. */
  protected constructor(handle: Handle) {
    this[kHandle] = handle
    handle.fd.heldBy(this)
  }

  /** @internal */
  [kSubject](): DiagnosticsSubject {
    return record({ socket: this, ...this.#names() })
  }

  /** The addresses that there are. */
  #names(): { local?: AddrInfo; peer?: AddrInfo } {
    const names: { local?: AddrInfo; peer?: AddrInfo } = {}
    if (this[kHandle].fd.fd < 0) return names
    for (const [label, syscall] of NAMES) {
      const name = this.#nameOrError(syscall)
      if (typeof name !== 'number') names[label] = name
    }
    return names
  }

  [optionTarget](syscall: string): { owner: OwnedFd; family: number } {
    return { owner: this.#owner(syscall), family: this[kHandle].kind.family }
  }

  /** The owner of the descriptor, which is open. */
  #owner(syscall: string): OwnedFd {
    const { fd } = this[kHandle]
    fd.use(syscall)
    return fd
  }

  /** Returns the file descriptor, -1 once the socket is closed. */
  fd(): number {
    // Others may use it now.
    flushGatheredData()
    return this[kHandle].fd.fd
  }

  /** Returns the address family, `AF_*`. */
  family(): number {
    return this[kHandle].kind.family
  }

  /** Returns the type, `SOCK_*`. See socket(2). */
  socktype(): number {
    return this[kHandle].kind.socktype
  }

  /** Returns the protocol, `IPPROTO_*`; 0 for unix sockets. */
  protocol(): number {
    return this[kHandle].kind.protocol
  }

  #name(syscall: 'getsockname' | 'getpeername'): AddrInfo {
    return checkAnswer(this.#nameOrError(syscall), syscall)
  }

  #nameOrError(syscall: 'getsockname' | 'getpeername'): AddrInfo | number {
    const { fd, kind } = this[kHandle]
    const number = fd.use(syscall)
    const name = readName((room) => native[syscall](number, room))
    return typeof name === 'number' ? name : adoptSockaddr(name.sockaddr, kind.socktype, kind.protocol)
  }

  /**
   * Returns the address that the socket is bound to.
   * @see {@link https://man7.org/linux/man-pages/man2/getsockname.2.html getsockname(2)}
   */
  getsockname(): AddrInfo {
    return this.#name('getsockname')
  }

  /**
   * Returns the address of the peer that the socket is connected to.
   * @throws ENOTCONN when there is none. See getpeername(2).
   */
  getpeername(): AddrInfo {
    return this.#name('getpeername')
  }

  #queued(which: number, request: string): number {
    return check(native.queuedBytes(this[kHandle].fd.use('ioctl'), which), 'ioctl', { detail: request })
  }

  /**
   * Returns the number of bytes that arrived and have not been received; of datagrams those of the next one. With TLS they are encrypted.
   * @throws EINVAL when the socket listens; ENOTTY, EOPNOTSUPP or EINVAL where its family cannot tell. See tcp(7), udp(7), `SIOCINQ`.
   */
  siocinq(): number {
    return this.#queued(UNREAD, 'SIOCINQ')
  }

  /**
   * Returns the number of bytes that were sent and have not left: of TCP that the peer has not acknowledged, of UDP that are in the send
   * queue, of unix sockets that have not been received.
   * @throws as {@link Descriptor.siocinq}. See tcp(7), udp(7), unix(7), `SIOCOUTQ`.
   */
  siocoutq(): number {
    return this.#queued(UNACKNOWLEDGED, 'SIOCOUTQ')
  }

  /**
   * Returns the number of bytes that were given to the kernel and that it has not sent yet, of TCP only. See `SIOCOUTQNSD`.
   * @throws EINVAL or ENOTTY for other protocols.
   */
  siocoutqnsd(): number {
    return this.#queued(UNSENT, 'SIOCOUTQNSD')
  }

  /** Whether the next byte is the one that was marked urgent. See sockatmark(3). */
  atmark(): boolean {
    return check(native.sockatmark(this[kHandle].fd.use('sockatmark')), 'sockatmark') === 1
  }

  /**
   * Whether the descriptor is closed on execve(2), or makes it so. Every descriptor is, from its creation. See fcntl(2), `FD_CLOEXEC`.
   * @param enable - whether to close it on execve(2); without it nothing is changed.
   */
  cloexec(enable?: boolean): boolean {
    const { fd } = this[kHandle]
    if (enable !== undefined) setCloexec(fd.use('fcntl'), validate.boolean('enable', enable))
    return (check(native.fcntl(fd.use('fcntl'), sys.F_GETFD, 0), 'fcntl') & sys.FD_CLOEXEC) !== 0
  }

  /** Whether `O_NONBLOCK` is set. The flag belongs to the open socket: every owner of a duplicate can change it. See fcntl(2). */
  isnonblock(): boolean {
    return (check(native.fcntl(this[kHandle].fd.use('fcntl'), sys.F_GETFL, 0), 'fcntl') & sys.O_NONBLOCK) !== 0
  }

  /**
   * Reads any option, by numbers.
   * @param level - `SOL_*` or `IPPROTO_*`.
   * @param name - number of the option.
   * @param kind - how the value is laid out: `'int'`, `'bool'`, `'seconds'`, `'timeval'`, `'linger'`, `'bytes'`, …
   * @returns the value, in the type of its kind.
   * @throws ENOPROTOOPT when the kernel does not know it. See getsockopt(2).
   * @example
   * sock.getsockopt(SOL_SOCKET, SO_RCVBUF, 'int')
   */
  getsockopt<K extends GenericKind>(level: number, name: number, kind: K): KindValue<K> {
    return getGeneric(this.#owner('getsockopt'), level, name, kind)
  }

  /**
   * Sets any option, by numbers. Without a kind a number is an `'int'`, a boolean a `'bool'`, a string a `'string'`, and a Uint8Array
   * `'bytes'`.
   * @param level - `SOL_*` or `IPPROTO_*`.
   * @param name - number of the option.
   * @param value - the value, in the type of its kind.
   * @param kind - how the value is laid out: `'int'`, `'bool'`, `'seconds'`, `'timeval'`, `'linger'`, `'bytes'`, …; by default it follows
   *   from the value.
   * @throws ENOPROTOOPT when the kernel does not know it. See setsockopt(2).
   * @example
   * sock.setsockopt(SOL_SOCKET, SO_RCVLOWAT, 100)
   */
  setsockopt(level: number, name: number, value: unknown, kind: GenericKind = genericKinds.of(value)): void {
    setGeneric(this.#owner('setsockopt'), level, name, value, kind)
  }

  [inspect.custom](): string {
    const { fd, kind } = this[kHandle]
    const isOpen = fd.fd >= 0
    const parts = [`fd ${isOpen ? fd.fd : 'closed'}`, nameOf('AF_', kind.family), nameOf('SOCK_', kind.socktype)]
    if (isOpen) parts.push(...this.#inspectNames())
    return `${this.constructor.name} { ${parts.join(', ')} }`
  }

  #inspectNames(): string[] {
    return Object.entries(this.#names())
      .filter(([, name]) => this[kHandle].kind.family !== AF_UNIX || name.path !== '')
      .map(([label, name]) => `${label} ${name}`)
  }
}
