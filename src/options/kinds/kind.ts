import { sys } from '../../constants/lookup.js'
import { type NativeKind, native, registers } from '../../native/sockets.js'
import { check, systemError } from '../../support/errors.js'

/** An option of one socket, by numbers; the name is for messages. */
export interface OptionPlace {
  /** The descriptor. */
  readonly fd: number
  /** `SOL_*` or `IPPROTO_*`. */
  readonly level: number
  /** Number of the option at that level. */
  readonly option: number
  /** Its constant, for messages. */
  readonly name: string
  /** Family of the socket, `AF_*`. */
  readonly family: number
}

/** A kind of option value: how it is read from the kernel and checked and given to it. */
export interface Kind<Out, Args extends unknown[] = [value: Out]> {
  /** What documentation calls it. */
  readonly name: string
  /** Reads the value. */
  get(place: OptionPlace): Out
  /** Checks the value, and sets it. */
  set(place: OptionPlace, ...args: Args): void
}

/** Asks the kernel. The value is in the registers, or in `bytes`; returns its length. */
export function fetch(place: OptionPlace, kind: NativeKind, bytes?: Uint8Array): number {
  const { fd, level, option, name } = place
  return check(native.getsockopt(fd, level, option, native.kinds[kind], bytes), 'getsockopt', { detail: name })
}

/** Tells the kernel what is in the registers and in the bytes. */
export function store(place: OptionPlace, kind: NativeKind, bytes?: Uint8Array, more?: Uint8Array): void {
  const { fd, level, option, name } = place
  check(native.setsockopt(fd, level, option, native.kinds[kind], bytes, more), 'setsockopt', { detail: name })
}

/** The value of an option that is one number, after `fetch`. */
export const first = (): number => registers[0] ?? 0

/** `set` of a kind that no option takes. */
export function readOnly(place: OptionPlace): never {
  throw systemError(sys.ENOPROTOOPT, 'setsockopt', { detail: `${place.name} can only be read` })
}

/** `get` of a kind that no option answers with. */
export function writeOnly(place: OptionPlace): never {
  throw systemError(sys.ENOPROTOOPT, 'getsockopt', { detail: `${place.name} can only be set` })
}
