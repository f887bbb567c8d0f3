import { type InspectOptions, inspect } from 'node:util'
import { SCM_PIDFD, SCM_RIGHTS, SOL_SOCKET } from '../constants/exported.generated.js'
import { nameOf } from '../constants/lookup.js'
import { closeAll } from '../descriptor/close-fd.js'
import { descriptorOf, type OpenFile } from '../descriptor/open-file.js'
import { OwnedFd } from '../descriptor/owned-fd.js'
import { copyOf } from '../support/copy.js'
import { advice, NOT_CLONEABLE } from '../support/not-cloneable.js'
import * as validate from '../support/validate.js'
import {
  type AncillaryInput,
  type AncillaryName,
  type AncillaryValue,
  counterpartOf,
  decodeAncillary,
  encodeAncillary,
  nameAt,
} from './ancillary.js'

/** The most descriptors that the kernel accepts in one message (SCM_MAX_FD, unix(7)). */
export const RIGHTS_MAX = 253

const INT_BYTES = Int32Array.BYTES_PER_ELEMENT

/** Descriptors as the kernel takes them: an array of C ints. */
function packInts(numbers: readonly number[]): Buffer {
  return Buffer.from(Int32Array.from(numbers).buffer)
}

/** False for the -1 of an owned descriptor that other code has closed. */
function isOpen(fd: number): boolean {
  return fd >= 0
}

function unpackInts(bytes: Uint8Array): number[] {
  const whole = bytes.length - (bytes.length % INT_BYTES)
  return [...new Int32Array(Uint8Array.prototype.slice.call(bytes, 0, whole).buffer)]
}

/** A control message as the kernel takes it. */
export interface CmsgParts {
  /** `SOL_*` or `IPPROTO_*`. */
  readonly level: number
  /** `SCM_*`, or an option of that level. */
  readonly type: number
  /** Its data. */
  readonly bytes: Buffer
}

/**
 * What the library does with control messages goes by these functions, past whatever a subclass has overridden: code of the user must not run
 * in the midst of a call. The class has them, because only it knows its fields; they are taken when the module is loaded.
 */
interface Internals {
  /** Whether a value is a control message: not if it merely inherits from one, or is a Proxy of one. */
  readonly isCmsgHdr: (value: unknown) => value is CmsgHdr
  /** What goes into a control buffer. */
  readonly partsOf: (cmsg: CmsgHdr) => CmsgParts
  /** Whether a control message passes descriptors. */
  readonly passesFds: (cmsg: CmsgHdr) => boolean
  /** Makes an object of a received control message, and takes ownership of the descriptors in it. */
  readonly receivedCmsg: (level: number, type: number, data: Uint8Array) => CmsgHdr
}

const internals: unique symbol = Symbol('berkeley.internals')

const ADVICE = advice('Pass what data() gives, or the descriptors that take() gives; a CmsgHdr')

/**
 * One control message: level, type and data. Received descriptors are owned by the object: {@link CmsgHdr.take} transfers them to the
 * caller, {@link CmsgHdr.close} closes them, and the finalizer of an object that is lost closes them with a process warning.
 *
 * @see {@link https://man7.org/linux/man-pages/man3/cmsg.3.html cmsg(3)}, unix(7), ip(7)
 */
export class CmsgHdr {
  /** @internal */
  readonly [NOT_CLONEABLE] = ADVICE

  /** @internal */
  static readonly [internals]: Internals = Object.freeze<Internals>({
    isCmsgHdr: (value): value is CmsgHdr => typeof value === 'object' && value !== null && #level in value,
    partsOf: (cmsg) => ({ level: cmsg.#level, type: cmsg.#type, bytes: cmsg.#bytes() }),
    passesFds: (cmsg) => cmsg.#passesFds(),
    receivedCmsg: (level, type, data) => {
      const cmsg = new CmsgHdr(level, type, data)
      // The kernel delivers a negative number when it could not make a pidfd.
      if (cmsg.#carriesFds())
        cmsg.#owned = unpackInts(data).flatMap((fd) => (fd < 0 ? [] : new OwnedFd(fd, 'a received descriptor')))
      return cmsg
    },
  })

  readonly #level: number
  readonly #type: number
  readonly #data: Buffer
  /** Received descriptors that were not taken; undefined for a message to send, whose descriptors are the caller's. */
  #owned: OwnedFd[] | undefined

  /**
   * Makes a control message to send.
   * @param level - `SOL_*` or `IPPROTO_*`.
   * @param type - `SCM_*`, or an option of that level.
   * @param data - its bytes, which are copied. A string is sent as UTF-8.
   */
  constructor(level: number, type: number, data: validate.Data) {
    this.#level = validate.integer('level', level)
    this.#type = validate.integer('type', type)
    const bytes = validate.bytes('data', data)
    this.#data = copyOf(bytes, 0, bytes.length)
  }

  /**
   * Makes a control message to send: the same as the constructor.
   * @param level - `SOL_*` or `IPPROTO_*`.
   * @param type - `SCM_*`, or an option of that level.
   * @param data - the bytes; a string is sent as UTF-8.
   */
  static create(level: number, type: number, data: validate.Data): CmsgHdr {
    return new CmsgHdr(level, type, data)
  }

  /**
   * Makes a control message that passes descriptors, 1 to 253 of them. The caller keeps them, and may close them once the message is
   * sent: the receiver gets duplicates. See unix(7), `SCM_RIGHTS`.
   * @param fds - open descriptors, or `FileHandle`s.
   * @example
   * const msg = MsgHdr.create()
   * msg.add('x') // at least one byte, on a stream
   * msg.control().push(CmsgHdr.rights(file.fd))
   * await conn.sendmsg(msg)
   */
  static rights(...fds: OpenFile[]): CmsgHdr {
    validate.integer('fds.length', fds.length, 1, RIGHTS_MAX)
    const numbers = fds.map((file, i) => descriptorOf(`fds[${i}]`, file, 'cmsg'))
    return new CmsgHdr(SOL_SOCKET, SCM_RIGHTS, packInts(numbers))
  }

  /**
   * Makes a control message with a typed value: `CmsgHdr.of('ttl', 5)`, `CmsgHdr.of('pktinfo', { ifindex, addr })`,
   * `CmsgHdr.of('credentials', { pid, uid, gid })`. A received `pktinfo` may be given as it is, to answer from where the datagram was sent to.
   * @param name - the name of the type, such as `'ttl'`.
   * @param value - its value.
   * @throws ENOPROTOOPT for a type that is only received, or that this platform does not have.
   */
  static of<N extends AncillaryName>(name: N, value: AncillaryInput<N>): CmsgHdr {
    return new CmsgHdr(...encodeAncillary(name, value))
  }

  /** Returns the level: `SOL_*` or `IPPROTO_*`. */
  level(): number {
    return this.#level
  }

  /** Returns the type: `SCM_*`, or an option of its level. */
  type(): number {
    return this.#type
  }

  /** Returns the name of its type, if that has a typed value: `'ttl'`, `'pktinfo'`, `'timestampns'`, … */
  name(): AncillaryName | undefined {
    return nameAt(this.#level, this.#type)
  }

  /**
   * Returns the typed value, if it has that name; `undefined` if it has another. The names `ttl`, `tos`, `pktinfo`, `origdstaddr` and `recverr` are
   * those of IPv6, too: `hoplimit`, `tclass`, `pktinfo6`, `origdstaddr6` and `recverr6`.
   * @param name - the name of the type, such as `'ttl'`.
   */
  value<N extends AncillaryName>(name: N): AncillaryValue<N> | undefined {
    const own = this.name()
    if (own === undefined || (own !== name && own !== counterpartOf(name))) return undefined
    // A counterpart has a value of the same type.
    return decodeAncillary(own, this.#data) as AncillaryValue<N>
  }

  /** Whether its data are descriptors: those that were passed, or the sender's pidfd (`SO_PASSPIDFD`). */
  #carriesFds(): boolean {
    return this.#passesFds() || (this.#level === SOL_SOCKET && this.#type === SCM_PIDFD)
  }

  #passesFds(): boolean {
    return this.#level === SOL_SOCKET && this.#type === SCM_RIGHTS
  }

  /** Whether it passes descriptors (`SOL_SOCKET`, `SCM_RIGHTS`). */
  isRights(): boolean {
    return this.#passesFds()
  }

  /**
   * Returns the data: for a message with descriptors their numbers, otherwise a copy of the bytes. Received descriptors stay owned by this
   * object (see {@link CmsgHdr.take}); those that were taken or closed are no longer listed.
   */
  data(): Buffer | number[] {
    return this.#carriesFds() ? this.fds() : copyOf(this.#data, 0, this.#data.length)
  }

  /** Returns the descriptors in it: those to pass, or received ones, which this object owns. Empty for any other message. */
  fds(): number[] {
    return this.#fds()
  }

  #fds(): number[] {
    if (!this.#carriesFds()) return []
    return this.#owned?.map((owned) => owned.fd).filter(isOpen) ?? unpackInts(this.#data)
  }

  /**
   * Transfers the received descriptors to the caller, who has to close them. Empty the second time.
   * @returns the numbers.
   */
  take(): number[] {
    return (
      this.#owned
        ?.splice(0)
        .map((owned) => owned.release())
        .filter(isOpen) ?? []
    )
  }

  /** Closes received descriptors that were not taken. */
  close(): void {
    closeAll(this.#owned?.splice(0) ?? [])
  }

  /** The same as {@link CmsgHdr.close}. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** The number of data bytes. */
  get length(): number {
    return this.#bytes().length
  }

  /**
   * The data bytes for a control buffer. Received descriptors that were taken or closed are left out, because other code may have opened
   * descriptors with the same numbers.
   */
  #bytes(): Buffer {
    return this.#owned ? packInts(this.#fds()) : this.#data
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `CmsgHdr (${this.#inspected(options)})`
  }

  #inspected(options: InspectOptions): string {
    if (this.isRights()) return `SCM_RIGHTS [${this.fds().join(', ')}]`
    const raw = `${nameOf('SOL_', this.#level)}, type ${this.#type}, ${this.length} bytes`
    const name = this.name()
    try {
      return name === undefined ? raw : `${name} ${inspect(this.value(name), { ...options, depth: 2 })}`
    } catch {
      return raw // the data is too short for its type
    }
  }
}

/** Whether a value is a control message: not if it merely inherits from one, or is a Proxy of one. */
export const isCmsgHdr: Internals['isCmsgHdr'] = CmsgHdr[internals].isCmsgHdr
/** What goes into a control buffer. */
export const partsOf: Internals['partsOf'] = CmsgHdr[internals].partsOf
/** Whether a control message passes descriptors. */
export const passesFds: Internals['passesFds'] = CmsgHdr[internals].passesFds

/** The descriptors that a control message passes. */
export function passedFds(cmsg: CmsgHdr): number[] {
  return passesFds(cmsg) ? unpackInts(CmsgHdr[internals].partsOf(cmsg).bytes) : []
}
/** Makes an object of a received control message, and takes ownership of the descriptors in it. */
export const receivedCmsg: Internals['receivedCmsg'] = CmsgHdr[internals].receivedCmsg
