import { type InspectOptions, inspect } from 'node:util'
import { SCM_PIDFD, SCM_RIGHTS, SOL_SOCKET } from '../constants/exported.generated.js'
import { nameOf } from '../constants/lookup.js'
import { closeAll } from '../descriptor/close-fd.js'
import { OwnedFd } from '../descriptor/owned-fd.js'
import * as validate from '../support/validate.js'
import {
  type AncillaryName,
  type AncillaryValue,
  decodeAncillary,
  encodeAncillary,
  nameAt,
  placeOf,
} from './ancillary.js'

/** More descriptors than this the kernel refuses in one message (SCM_MAX_FD, unix(7)). */
export const RIGHTS_MAX = 253

const INT_BYTES = Int32Array.BYTES_PER_ELEMENT

/** Numbers of descriptors as the kernel wants them: C ints in a row. */
function packInts(numbers: readonly number[]): Buffer {
  return Buffer.from(Int32Array.from(numbers).buffer)
}

/** A descriptor that was closed behind our back has no number any more. */
function isNumberOfFd(fd: number): boolean {
  return fd >= 0
}

function unpackInts(bytes: Uint8Array): number[] {
  const whole = bytes.length - (bytes.length % INT_BYTES)
  return [...new Int32Array(Uint8Array.prototype.slice.call(bytes, 0, whole).buffer)]
}

/**
 * One control message: level, type and data. Descriptors that arrived are owned by the object: {@link CmsgHdr.take} hands
 * them over, {@link CmsgHdr.close} closes them, and an object that is lost closes them with a warning.
 *
 * @see {@link https://man7.org/linux/man-pages/man3/cmsg.3.html cmsg(3)}, unix(7), ip(7)
 */
export class CmsgHdr {
  readonly #level: number
  readonly #type: number
  readonly #data: Buffer
  /** Descriptors that arrived and that nobody took; undefined for a message of our own, whose descriptors are the caller's. */
  #owned: OwnedFd[] | undefined

  /**
   * A control message to be sent.
   * @param level - `SOL_*` or `IPPROTO_*`.
   * @param type - `SCM_*`, or an option name of that level.
   * @param data - its bytes; they are copied. A string stands for its UTF-8.
   */
  constructor(level: number, type: number, data: validate.Data) {
    this.#level = validate.integer('level', level)
    this.#type = validate.integer('type', type)
    this.#data = Buffer.from(validate.bytes('data', data))
  }

  /** The same as the constructor. */
  static create(level: number, type: number, data: validate.Data): CmsgHdr {
    return new CmsgHdr(level, type, data)
  }

  /**
   * Descriptors to be passed, at most 253 in one message (unix(7)). The caller keeps them, and may close them once the
   * message is sent: the receiver gets its own.
   */
  static rights(...fds: number[]): CmsgHdr {
    validate.integer('fds.length', fds.length, 1, RIGHTS_MAX)
    return new CmsgHdr(SOL_SOCKET, SCM_RIGHTS, packInts(fds.map((fd, i) => validate.descriptor(`fds[${i}]`, fd))))
  }

  /**
   * A control message with a typed value: `CmsgHdr.of('ttl', 5)`, `CmsgHdr.of('pktinfo', { ifindex, addr })`,
   * `CmsgHdr.of('credentials', { pid, uid, gid })`.
   * @throws ENOPROTOOPT for a name that is only received.
   */
  static of<N extends AncillaryName>(name: N, value: AncillaryValue<N>): CmsgHdr {
    return new CmsgHdr(...placeOf(name), encodeAncillary(name, value))
  }

  /** A control message that arrived: what it holds of descriptors is owned from now on. */
  static received(level: number, type: number, data: Buffer): CmsgHdr {
    const cmsg = new CmsgHdr(level, type, data)
    // In the place of a pidfd that it could not make the kernel puts a negative number.
    if (cmsg.#carriesFds())
      cmsg.#owned = unpackInts(data).flatMap((fd) => (fd < 0 ? [] : new OwnedFd(fd, 'a received descriptor')))
    return cmsg
  }

  /** `SOL_*` or `IPPROTO_*`. */
  level(): number {
    return this.#level
  }

  /** `SCM_*` of its level. */
  type(): number {
    return this.#type
  }

  /** The name of what it says, where it has a typed value: `'ttl'`, `'pktinfo'`, `'timestampns'`, … */
  name(): AncillaryName | undefined {
    return nameAt(this.#level, this.#type)
  }

  /** What it says, when it is of that name; `undefined` when it is another one. */
  value<N extends AncillaryName>(name: N): AncillaryValue<N> | undefined {
    return this.name() === name ? decodeAncillary(name, this.#data) : undefined
  }

  /** Rights, and the pidfd of the sender, which a socket with `SO_PASSPIDFD` gets: both are open descriptors when they arrive. */
  #carriesFds(): boolean {
    return this.isRights() || (this.#level === SOL_SOCKET && this.#type === SCM_PIDFD)
  }

  /** Whether it passes descriptors (`SOL_SOCKET`, `SCM_RIGHTS`). */
  isRights(): boolean {
    return this.#level === SOL_SOCKET && this.#type === SCM_RIGHTS
  }

  /**
   * The data: of a message that carries descriptors their numbers, otherwise a copy of the bytes. To look at received
   * descriptors is not to own them: see {@link CmsgHdr.take}. Those that were taken or closed are no longer listed.
   */
  data(): Buffer | number[] {
    return this.#carriesFds() ? this.fds() : Buffer.from(this.#data)
  }

  /** The descriptors in it (rights, or a received pidfd), owned by this object when they arrived. Empty for any other message. */
  fds(): number[] {
    if (!this.#carriesFds()) return []
    return this.#owned?.map((owned) => owned.fd).filter(isNumberOfFd) ?? unpackInts(this.#data)
  }

  /** Received descriptors, which are the caller's from now on. Empty the second time. */
  take(): number[] {
    return (
      this.#owned
        ?.splice(0)
        .map((owned) => owned.release())
        .filter(isNumberOfFd) ?? []
    )
  }

  /** Closes received descriptors that nobody took. */
  close(): void {
    closeAll(this.#owned?.splice(0) ?? [])
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** Number of data bytes. */
  get length(): number {
    return this.bytes.length
  }

  /**
   * The bytes as they go to the kernel. For the code that builds a control buffer. Received descriptors that were taken or
   * closed are not among them: their numbers may be somebody else's by now.
   */
  get bytes(): Buffer {
    return this.#owned ? packInts(this.fds()) : this.#data
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
      return raw // its data is not what its type promises
    }
  }
}
