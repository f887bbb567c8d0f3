import type { AddrInfo } from '../address/addrinfo.js'
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  AF_UNSPEC,
  IPPROTO_TCP,
  IPPROTO_UDP,
  MSG_PEEK,
  MSG_TRUNC,
  SO_DOMAIN,
  SO_PROTOCOL,
  SO_TYPE,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCK_RDM,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../constants/exported.generated.js'
import { nameOf, sys } from '../constants/lookup.js'
import { native, registers } from '../native/sockets.js'
import { check, fdContext, systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'

/** Family, type and protocol of a socket, which are fixed when it is created. */
export interface SocketFacts {
  /** Address family, `AF_*`. */
  readonly family: number
  /** Type, `SOCK_*`. */
  readonly socktype: number
  /** Protocol, `IPPROTO_*`. */
  readonly protocol: number
}

/** What becomes of writes that leave together: see native/sys/gathered.h. On a stream they run together; UDP may cut one into several. */
const AS_BYTES = 0
const AS_MESSAGES = 1
const AS_UDP = 2

/** Every kind that was asked for, by its numbers. */
const known = new Map<string, SocketKind>()

/**
 * What kind of socket a descriptor is, and what its family, type and protocol imply for receiving. Sockets of one kind share one object.
 */
export class SocketKind implements SocketFacts {
  readonly family: number
  readonly socktype: number
  readonly protocol: number

  /** Whether data arrives as messages with an end each, so that a short buffer truncates. */
  readonly preservesBoundaries: boolean
  /**
   * Whether a receive that got less than it asked for has emptied the socket. TCP fills what it is given, up to urgent data; a unix
   * stream also stops where descriptors or other credentials come with the next bytes.
   */
  readonly shortReadDrains: boolean
  /** Whether the kernel can join datagrams, so that one receive gives several (`UDP_GRO`). */
  readonly mayJoin: boolean
  /** Whether the kernel itself says that an address is of another family, or takes several. Others take any bytes for one of theirs. */
  readonly checksFamily: boolean
  /** How writes leave together. */
  readonly gathersAs: number
  /** Whether receiving 0 bytes means that the peer has closed: on datagram, raw and RDM sockets it is an empty message. */
  readonly zeroMeansEof: boolean

  private constructor({ family, socktype, protocol }: SocketFacts) {
    this.family = family
    this.socktype = socktype
    this.protocol = protocol
    this.preservesBoundaries = socktype !== SOCK_STREAM
    this.shortReadDrains = socktype === SOCK_STREAM && protocol === IPPROTO_TCP
    this.mayJoin = protocol === IPPROTO_UDP
    this.gathersAs = this.mayJoin ? AS_UDP : this.preservesBoundaries ? AS_MESSAGES : AS_BYTES
    this.checksFamily = family === AF_INET || family === AF_INET6 || family === AF_UNIX
    this.zeroMeansEof = socktype !== SOCK_DGRAM && socktype !== SOCK_RAW && socktype !== SOCK_RDM
  }

  /** Returns the kind of that family, type and protocol. */
  static from(facts: SocketFacts): SocketKind {
    // socket(2) takes flags along with the type, and does not keep them as part of the type.
    const socktype = facts.socktype & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)
    const key = `${facts.family} ${socktype} ${facts.protocol}`
    const kind = known.get(key) ?? new SocketKind({ family: facts.family, socktype, protocol: facts.protocol })
    known.set(key, kind)
    return kind
  }

  /**
   * Asks the kernel what a descriptor is.
   * @throws EBADF, or ENOTSOCK when it is not a socket.
   */
  static of(fd: number): SocketKind {
    const ask = (option: number): number => {
      check(native.getsockopt(fd, SOL_SOCKET, option, native.kinds.int), 'wrap', () => fdContext(fd))
      return registers[0] ?? 0
    }
    return SocketKind.from({ family: ask(SO_DOMAIN), socktype: ask(SO_TYPE), protocol: ask(SO_PROTOCOL) })
  }

  /**
   * Refuses an address of another family before the kernel misreads it.
   * @throws EAFNOSUPPORT.
   */
  requireFamily(ai: AddrInfo, syscall: string): void {
    if (this.checksFamily || ai.family === this.family) return
    const detail = `an address of ${nameOf('AF_', ai.family)} for a socket of ${nameOf('AF_', this.family)}`
    throw systemError(sys.EAFNOSUPPORT, syscall, { ...ai.context(), detail })
  }

  /** Flags for a receive: MSG_TRUNC tells how long a message really was, but means something else on a stream. */
  recvFlags(flags: number): number {
    return this.preservesBoundaries ? flags | MSG_TRUNC : flags
  }

  /** Checks memory of the caller to receive into. It may be empty to ask how long the next message is (`MSG_PEEK | MSG_TRUNC`). */
  room(name: string, data: unknown, flags: number): Uint8Array {
    const asksLength = this.preservesBoundaries && (flags & MSG_PEEK) !== 0 && (flags & MSG_TRUNC) !== 0
    return asksLength ? validate.view(name, data) : validate.room(name, data)
  }

  /** Flags for a receive into memory of ours: on a stream MSG_TRUNC discards the data, and the memory would show what it held before. */
  bufferFlags(flags: number): number {
    if (flags !== 0 && (flags & MSG_TRUNC) !== 0 && !this.preservesBoundaries)
      throw validate.invalidValue('flags', 'must not hold MSG_TRUNC on a stream, where it discards the data', flags)
    return this.recvFlags(flags)
  }
}

/** The kind of a socket that does not exist yet. */
export const UNSPEC_KIND = SocketKind.from({ family: AF_UNSPEC, socktype: 0, protocol: 0 })
