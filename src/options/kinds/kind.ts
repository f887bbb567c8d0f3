import { sys } from '../../constants/lookup.js'
import { type NativeKind, native } from '../../native/sockets.js'
import type { Codec } from '../../support/codec.js'
import { check, systemError } from '../../support/errors.js'
import { record } from '../../support/record.js'
import { noteReceiveOption } from '../receive-options.js'

/** Knows the number of a descriptor. */
export interface FdOwner {
  /** Returns the number for a system call; throws EBADF once it is closed or given away. */
  use(syscall: string): number
}

/** An option of one socket, by numbers; the name is for messages. */
export interface OptionPlace {
  /**
   * The owner of the descriptor. It is asked for the number right before the call: reading the value may run code of the user, who may
   * close the socket, and other code may have the number then.
   */
  readonly owner: FdOwner
  /** `SOL_*` or `IPPROTO_*`. */
  readonly level: number
  /** Number of the option at that level. */
  readonly option: number
  /** Its constant, for messages. */
  readonly name: string
  /** Family of the socket, `AF_*`. */
  readonly family: number
  /** Where the option for IPv4 is, on an IPv6 socket that carries both. Its family is `AF_INET`. */
  readonly inet: OptionPlace | undefined
}

/** A kind of option value: how it is read from the kernel, and how it is checked and set. */
export interface Kind<Out, Args extends unknown[] = [value: Out]> {
  /** The name in the documentation. */
  readonly name: string
  /** Reads the value. */
  get(place: OptionPlace): Out
  /** Checks the value, and sets it. */
  set(place: OptionPlace, ...args: Args): void
}

/** One getsockopt(2). The value comes in the registers, or in `bytes`; returns its length. */
export function fetch(place: OptionPlace, layout: NativeKind, bytes?: Uint8Array): number {
  const { owner, level, option, name } = place
  return check(native.getsockopt(owner.use('getsockopt'), level, option, native.kinds[layout], bytes), 'getsockopt', {
    detail: name,
  })
}

/** One setsockopt(2) with the value in the registers and the bytes. */
export function store(place: OptionPlace, layout: NativeKind, bytes?: Uint8Array, more?: Uint8Array): void {
  const { owner, level, option, name } = place
  const kind = native.kinds[layout]
  check(native.setsockopt(owner.use('setsockopt'), level, option, kind, bytes, more), 'setsockopt', { detail: name })
  noteReceiveOption(level, option)
}

/** The kind of a value that the registers hold completely. One whose codec does not write can only be read. */
export function kindOf<T, In = T>(name: string, codec: Codec<T, In>): Kind<T, [value: In]> {
  const { layout, read, write } = record(codec)
  return {
    name,
    get(place) {
      fetch(place, layout)
      return read()
    },
    set(place, value) {
      if (write === undefined) return readOnly(place)
      write(value)
      store(place, layout)
    },
  }
}

/** `set` of a kind that can only be read. */
export function readOnly(place: OptionPlace): never {
  throw systemError(sys.ENOPROTOOPT, 'setsockopt', { detail: `${place.name} can only be read` })
}

/** `get` of a kind that can only be set. */
export function writeOnly(place: OptionPlace): never {
  throw systemError(sys.ENOPROTOOPT, 'getsockopt', { detail: `${place.name} can only be set` })
}
