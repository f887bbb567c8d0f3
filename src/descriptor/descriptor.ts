import { inspect } from 'node:util'
import type { AddrInfo } from '../address/addrinfo.js'
import { readName } from '../address/names.js'
import {
  AF_UNIX,
  IPPROTO_TCP,
  MSG_DONTWAIT,
  MSG_PEEK,
  MSG_TRUNC,
  SO_DOMAIN,
  SO_ERROR,
  SO_PROTOCOL,
  SO_TYPE,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../constants/exported.generated.js'
import { nameOf, sys } from '../constants/lookup.js'
import type { MsgHdr } from '../message/msghdr.js'
import { native, registers } from '../native/sockets.js'
import { type GenericKind, genericKinds, getGeneric, type KindValue, setGeneric } from '../options/by-number.js'
import { type OptionTarget, optionTarget } from '../options/option.js'
import { check, checkAnswer, systemError } from '../support/errors.js'
import { taken } from '../support/receive-buffer.js'
import * as validate from '../support/validate.js'
import { isOwned, OwnedFd } from './owned-fd.js'

/** A descriptor on its way from one object to another. */
export interface Handed {
  /** Its number, for the receiver to own. */
  readonly owned: OwnedFd
  /** What it is. */
  readonly facts: SocketFacts
}

/** Moves the ownership from one object to another, without a moment in which nobody has it. EBADF when it is closed. */
export let handOver: (descriptor: Descriptor) => Handed

/** Who knows the number of a descriptor. */
export interface FdUser {
  /** The number for a system call; throws EBADF when there is none any more. */
  use(syscall: string): number
  /** Is told of the watch that a poller keeps on it, which has to end before the descriptor does. */
  watched?(watch: { stop(): void }): void
}

/** What a socket to be has in the place of a number. */
export const UNCONNECTED: FdUser = {
  use(syscall) {
    throw systemError(sys.EBADF, syscall, { detail: 'not connected yet' })
  },
}

const oneByte = Buffer.alloc(1)

/** What is fixed about a socket from its birth. */
export interface SocketFacts {
  /** Address family, `AF_*`. */
  readonly family: number
  /** Type, `SOCK_*`. */
  readonly socktype: number
  /** Protocol, `IPPROTO_*`. */
  readonly protocol: number
}

function fact(fd: number, option: number): number {
  check(native.getsockopt(fd, SOL_SOCKET, option, native.kinds.int), 'wrap')
  return registers[0] ?? 0
}

/**
 * Asks the kernel what a descriptor is.
 * @throws EBADF or ENOTSOCK when it is no socket.
 */
export function probe(fd: number): SocketFacts {
  return { family: fact(fd, SO_DOMAIN), socktype: fact(fd, SO_TYPE), protocol: fact(fd, SO_PROTOCOL) }
}

/** A descriptor that was found to be a socket. */
export interface Adopted {
  /** The number. */
  readonly fd: number
  /** What it is. */
  readonly facts: SocketFacts
}

/**
 * Checks a descriptor that is to be adopted, and makes it close-on-exec.
 * @throws EBADF or ENOTSOCK when it is no socket; EBUSY when an object of this library owns it already.
 */
export function adoptable(fd: unknown): Adopted {
  const number = validate.descriptor('fd', fd)
  if (isOwned(number)) throw systemError(sys.EBUSY, 'wrap', { detail: `fd ${number} belongs to another socket object` })
  const facts = probe(number)
  setFdFlag(number, true)
  return { fd: number, facts }
}

function setFdFlag(fd: number, cloexec: boolean): void {
  check(native.fcntl(fd, sys.F_SETFD, cloexec ? sys.FD_CLOEXEC : 0), 'fcntl')
}

/** What follows from the facts, and is asked with every message. */
interface Nature {
  readonly keepsBoundaries: boolean
  readonly shortIsAll: boolean
  readonly zeroIsEnd: boolean
}

const TCP: Nature = { keepsBoundaries: false, shortIsAll: true, zeroIsEnd: true }
const STREAM: Nature = { keepsBoundaries: false, shortIsAll: false, zeroIsEnd: true }
const DATAGRAM: Nature = { keepsBoundaries: true, shortIsAll: false, zeroIsEnd: false }
const SEQPACKET: Nature = { keepsBoundaries: true, shortIsAll: false, zeroIsEnd: true }

function natureOf({ socktype, protocol }: SocketFacts): Nature {
  if (socktype === SOCK_STREAM) return protocol === IPPROTO_TCP ? TCP : STREAM
  return socktype === SOCK_DGRAM || socktype === SOCK_RAW ? DATAGRAM : SEQPACKET
}

/**
 * A socket's descriptor: the one owner of its number, with all that is no transfer and never waits. The synchronous and
 * the asynchronous socket classes both are descriptors, and differ in how they move data.
 */
export abstract class Descriptor implements OptionTarget {
  #owned: OwnedFd | undefined
  #facts: SocketFacts
  #nature: Nature

  /** Without a number it is a socket to be: closed for every call until {@link Descriptor.become}. */
  protected constructor(fd: OwnedFd | number | undefined, facts: SocketFacts) {
    this.#facts = facts
    this.#nature = natureOf(facts)
    this.#owned = typeof fd === 'number' ? new OwnedFd(fd, new.target.name) : fd
  }

  static {
    handOver = (descriptor) => {
      const owned = descriptor.#owned as OwnedFd
      descriptor.use('unwrap')
      descriptor.#owned = undefined
      return { owned, facts: descriptor.#facts }
    }
  }

  /** Is another socket from now on. The former one is closed or given away before. */
  protected become(owned: OwnedFd, facts: SocketFacts): void {
    this.#facts = facts
    this.#nature = natureOf(facts)
    this.#owned = owned
  }

  /** The number for a system call; EBADF once it is closed. */
  protected use(syscall: string): number {
    return this.user().use(syscall)
  }

  /**
   * The same for as long as the descriptor is this one. What is called with every message asks the owner of the number at once: the
   * classes that share this one are too many for V8 to remember.
   */
  protected user(): FdUser {
    return this.#owned ?? UNCONNECTED
  }

  /** Gives the number away: this object is closed from now on, the socket is not. -1 when it was closed. */
  protected release(): number {
    return this.#owned?.release() ?? -1
  }

  /** Forgets the number, which is to be closed at once; -1 when it was closed. */
  protected retire(): number {
    return this.#owned?.retire() ?? -1
  }

  /** Whether there is still a descriptor. */
  protected get isOpen(): boolean {
    return this.fd() >= 0
  }

  [optionTarget](syscall: string): { fd: number; family: number } {
    return { fd: this.use(syscall), family: this.#facts.family }
  }

  /** The file descriptor, -1 once the socket is closed. */
  fd(): number {
    return this.#owned?.fd ?? -1
  }

  /** Address family, `AF_*`. */
  family(): number {
    return this.#facts.family
  }

  /** What is fixed about the socket. */
  protected get facts(): SocketFacts {
    return this.#facts
  }

  /** Type, `SOCK_*`. See socket(2). */
  socktype(): number {
    return this.#facts.socktype
  }

  /** Protocol, `IPPROTO_*`; 0 for unix sockets. */
  protocol(): number {
    return this.#facts.protocol
  }

  /** Whether data comes as messages with an end each, so that a short buffer cuts. */
  protected get keepsBoundaries(): boolean {
    return this.#nature.keepsBoundaries
  }

  /**
   * Whether a receive that got less than it asked for got all there was. TCP fills what it is given, up to urgent data; a unix
   * stream also stops where descriptors or other credentials come with the next bytes.
   */
  protected get shortIsAll(): boolean {
    return this.#nature.shortIsAll
  }

  /** Whether receiving 0 bytes means that the peer has closed: on datagram and raw sockets it is an empty message. */
  protected get zeroIsEnd(): boolean {
    return this.#nature.zeroIsEnd
  }

  /** Flags for a receive: how long a message really was is learnt by MSG_TRUNC, which on a stream means something else. */
  protected receiveFlags(flags: number): number {
    return this.keepsBoundaries ? flags | MSG_TRUNC : flags
  }

  /** The same for memory of ours: on a stream MSG_TRUNC discards the data, and the memory would show what stood there before. */
  protected bufferFlags(flags: number): number {
    if (flags !== 0 && (flags & MSG_TRUNC) !== 0 && !this.keepsBoundaries)
      throw validate.invalidValue('flags', 'must not hold MSG_TRUNC on a stream, where it discards the data', flags)
    return this.receiveFlags(flags)
  }

  /** Lets a count through, unless it says that a message was cut and the caller did not ask for that with MSG_TRUNC. */
  protected uncut(syscall: string, count: number, room: number, flags: number): number {
    if (count <= room || (flags & MSG_TRUNC) !== 0) return count
    throw systemError(sys.EMSGSIZE, syscall, {
      bytes: count,
      detail: `a message of ${count} bytes did not fit into ${room}, and was cut`,
    })
  }

  /**
   * Whether a receive of 0 bytes was the end. A seqpacket may be empty: as long as the peer has not shut down its side, or
   * when more comes behind it, it was one. Only an empty one right before the end cannot be told from it.
   */
  protected endedWith(count: number): boolean {
    if (count > 0 || !this.zeroIsEnd) return false
    if (!this.keepsBoundaries) return true
    const fd = this.use('recv')
    let events: number
    do events = native.poll(fd, sys.POLLRDHUP, 0)
    while (events === -sys.EINTR)
    // Whoever cannot be asked has not said that it is the end: then the next receive will.
    if (events < 0 || (events & sys.POLLRDHUP) === 0) return false
    return native.recv(fd, oneByte, 0, 1, MSG_PEEK | MSG_DONTWAIT) <= 0
  }

  /** What was received into the slab; null for the end. */
  protected buffered(syscall: string, count: number, room: number, flags: number): Buffer | null {
    if (this.endedWith(count)) return null
    return taken(Math.min(this.uncut(syscall, count, room, flags), room))
  }

  /**
   * Whether 0 bytes mean the end. Not where there was no room for any; nor in a seqpacket that came with control messages,
   * which is an empty one. A stream has no empty messages, yet may deliver credentials along with its end.
   */
  protected isEnd(header: MsgHdr): boolean {
    if (!this.zeroIsEnd || header.incoming().every((room) => room.length === 0)) return false
    return !this.keepsBoundaries || (header.control().length === 0 && this.endedWith(0))
  }

  /** Descriptors in a message that would be lost in silence: on a socket of another family, or on a stream without data. */
  protected checkRights(msg: MsgHdr): void {
    if (![...msg.control()].some((cmsg) => cmsg.isRights())) return
    this.passesDescriptors('sendmsg')
    if (!this.keepsBoundaries && msg.bytes() === 0)
      throw systemError(sys.EINVAL, 'sendmsg', { detail: 'descriptors on a stream need at least one byte of data' })
  }

  /** The kernel drops descriptors on sockets of any other family, and reports success. */
  protected passesDescriptors(syscall: string): void {
    this.use(syscall)
    if (this.family() !== AF_UNIX) throw systemError(sys.EOPNOTSUPP, syscall)
  }

  #name(syscall: 'getsockname' | 'getpeername'): AddrInfo {
    const fd = this.use(syscall)
    const name = readName((room) => native[syscall](fd, room))
    return checkAnswer(name, syscall).with(this.#facts)
  }

  /**
   * The address that the socket is bound to.
   * @see {@link https://man7.org/linux/man-pages/man2/getsockname.2.html getsockname(2)}
   */
  getsockname(): AddrInfo {
    return this.#name('getsockname')
  }

  /**
   * The address of the peer that the socket is connected to.
   * @throws ENOTCONN when there is none. See getpeername(2).
   */
  getpeername(): AddrInfo {
    return this.#name('getpeername')
  }

  /** Whether the next byte is the one that was marked urgent. See sockatmark(3). */
  atmark(): boolean {
    return check(native.sockatmark(this.use('sockatmark')), 'sockatmark') === 1
  }

  /** Whether the descriptor is closed on execve(2), or makes it so. Every descriptor is, from birth. See fcntl(2), `FD_CLOEXEC`. */
  cloexec(enable?: boolean): boolean {
    const fd = this.use('fcntl')
    if (enable !== undefined) setFdFlag(fd, validate.boolean('enable', enable))
    return (check(native.fcntl(fd, sys.F_GETFD, 0), 'fcntl') & sys.FD_CLOEXEC) !== 0
  }

  /** Whether `O_NONBLOCK` is set. The flag belongs to the open socket and is shared with every duplicate. See fcntl(2). */
  isnonblock(): boolean {
    return (check(native.fcntl(this.use('fcntl'), sys.F_GETFL, 0), 'fcntl') & sys.O_NONBLOCK) !== 0
  }

  /** Sets or clears `O_NONBLOCK`. */
  protected setNonblock(enable: boolean): void {
    const fd = this.use('fcntl')
    const flags = check(native.fcntl(fd, sys.F_GETFL, 0), 'fcntl')
    const wanted = enable ? flags | sys.O_NONBLOCK : flags & ~sys.O_NONBLOCK
    if (wanted !== flags) check(native.fcntl(fd, sys.F_SETFL, wanted), 'fcntl')
  }

  /** The pending error as a positive errno, 0 for none; reading it clears it (`SO_ERROR`, socket(7)). */
  protected takeError(): number {
    check(native.getsockopt(this.use('getsockopt'), SOL_SOCKET, SO_ERROR, native.kinds.int), 'getsockopt')
    return registers[0] ?? 0
  }

  /**
   * Reads any option, by numbers.
   * @param level - `SOL_*` or `IPPROTO_*`.
   * @param name - number of the option.
   * @param kind - how the value is laid out: `'int'`, `'bool'`, `'seconds'`, `'timeval'`, `'linger'`, `'bytes'`, …
   * @throws ENOPROTOOPT when the kernel does not know it. See getsockopt(2).
   */
  getsockopt<K extends GenericKind>(level: number, name: number, kind: K): KindValue<K> {
    return getGeneric(this.use('getsockopt'), level, name, kind)
  }

  /**
   * Sets any option, by numbers. Without a kind a number is an `'int'`, a boolean a `'bool'`, a string a `'string'`, and a
   * Uint8Array `'bytes'`.
   * @throws ENOPROTOOPT when the kernel does not know it. See setsockopt(2).
   */
  setsockopt(level: number, name: number, value: unknown, kind: GenericKind = genericKinds.of(value)): void {
    setGeneric(this.use('setsockopt'), level, name, value, kind)
  }

  [inspect.custom](): string {
    const { family, socktype } = this.#facts
    const parts = [`fd ${this.isOpen ? this.fd() : 'closed'}`, nameOf('AF_', family), nameOf('SOCK_', socktype)]
    if (this.isOpen) parts.push(...this.#inspectNames())
    return `${this.constructor.name} { ${parts.join(', ')} }`
  }

  #inspectNames(): string[] {
    const names: string[] = []
    for (const [label, syscall] of [
      ['local', 'getsockname'],
      ['peer', 'getpeername'],
    ] as const)
      try {
        const name = this.#name(syscall)
        if (this.#facts.family !== AF_UNIX || name.path !== '') names.push(`${label} ${name}`)
      } catch {
        // Not bound or not connected: there is nothing to show.
      }
    return names
  }
}
