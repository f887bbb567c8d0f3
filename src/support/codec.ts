// Values as the addon exchanges them: it translates between the layouts of the kernel and the registers, a codec between the registers and
// JavaScript. A codec serves socket options and control messages alike.

import { type NativeKind, registers, registers64 } from '../native/sockets.js'
import * as validate from './validate.js'

/** The greatest C `int`. */
export const INT_MAX = 0x7fffffff

/** The greatest unsigned 32-bit number. */
export const UINT_MAX = 0xffffffff

/** How a value that consists of numbers is laid out by the kernel, and found in the registers. */
export interface Codec<T, In = T> {
  /** The layout, by the name that the addon gives it. */
  readonly layout: NativeKind
  /** Reads the value from the registers, right after the call that filled them. */
  read(): T
  /**
   * Checks the value, and then puts it into the registers. Absent where the kernel never takes one.
   * Everything is read from the value before the first register is written: a getter of the user's may use the registers itself.
   */
  write?(value: In): void
}

/** A whole number within bounds. */
export function integerCodec(layout: NativeKind, min: number, max: number): Required<Codec<number>> {
  return {
    layout,
    read: () => registers[0] as number,
    write(value) {
      registers[0] = validate.integer('value', value, min, max)
    },
  }
}

/** A time in nanoseconds, which the kernel only reports. */
export function nanosecondsCodec(layout: NativeKind): Codec<bigint> {
  return { layout, read: () => registers64[0] as bigint }
}

/** Reads the fields of a struct from a value that must have all of them and no other: unsigned 32-bit numbers. */
export function numbersOf(value: unknown, fields: readonly string[]): number[] {
  const given = validate.options('value', value, fields) as Record<string, unknown>
  return fields.map((field) => validate.integer(`value.${field}`, given[field], 0, UINT_MAX))
}

/** The process at the other end of a unix socket. */
export interface Credentials {
  /** Process id. */
  pid: number
  /** User id. */
  uid: number
  /** Group id. */
  gid: number
}

/** `struct ucred`. */
export const credentialsCodec: Required<Codec<Credentials>> = {
  layout: 'ucred',
  read() {
    const [pid = 0, uid = 0, gid = 0] = registers
    return { pid, uid, gid }
  },
  write(value) {
    registers.set(numbersOf(value, ['pid', 'uid', 'gid']))
  },
}
