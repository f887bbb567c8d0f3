import { IPPROTO_IP } from '../../constants/exported.generated.js'
import { type NativeKind, registers, registers64 } from '../../native/sockets.js'
import { INT_MAX, integerCodec, UINT_MAX } from '../../support/codec.js'
import * as validate from '../../support/validate.js'
import { type Kind, kindOf, store, writeOnly } from './kind.js'

const UINT64_MAX = 0xffff_ffff_ffff_ffffn

function number(name: string, layout: NativeKind, min: number, max: number): Kind<number> {
  return kindOf(name, integerCodec(layout, min, max))
}

/** A C `int`. */
export const int = number('int', 'int', -INT_MAX - 1, INT_MAX)

/** A C `int` within closer bounds. */
export const range = (min: number, max = INT_MAX): Kind<number> => number('int', 'int', min, max)

/** Type of service or traffic class: -1 for the default, which IPv4 would take for 255. */
export const trafficClass: Kind<number> = {
  ...range(-1, 255),
  set(place, value) {
    range(-1, 255).set(place, value === -1 && place.level === IPPROTO_IP ? 0 : value)
  },
}

/** A C `int` that counts things. */
export const count = range(0)

/** A C `int` that counts bytes. */
export const byteCount = number('bytes', 'int', 0, INT_MAX)

/** Whole seconds in a C `int`. */
export const seconds = number('seconds', 'int', 0, INT_MAX)

/** Whole milliseconds in a C `int`. */
export const milliseconds = number('milliseconds', 'int', 0, INT_MAX)

/** Whole microseconds in a C `int`. */
export const microseconds = number('microseconds', 'int', 0, INT_MAX)

/** Flags in a C `int`. */
export const flags = number('flags', 'int', -INT_MAX - 1, INT_MAX)

/** An unsigned 32-bit number, such as a mark. */
export const u32 = number('u32', 'u32', 0, UINT_MAX)

/** A file descriptor: set, one to use; read, a new one that the caller owns. */
export const fd = number('fd', 'int', 0, INT_MAX)

/** The index of an interface, in host byte order. */
export const ifindex = number('interface index', 'int', 0, INT_MAX)

/** The index of an interface that the kernel wants in network byte order; JavaScript sees the plain number. */
export const ifindexNet = number('interface index', 'net32', 0, INT_MAX)

/** A switch in a C `int`. */
export const bool: Kind<boolean> = kindOf('boolean', {
  layout: 'int',
  read: () => registers[0] !== 0,
  write(value: boolean) {
    registers[0] = validate.boolean('value', value) ? 1 : 0
  },
})

/** An unsigned 64-bit number. */
export const u64: Kind<bigint, [value: bigint | number]> = kindOf('u64 (bigint)', {
  layout: 'u64',
  read: () => registers64[0] as bigint,
  write(value: bigint | number) {
    const checked = typeof value === 'bigint' ? value : BigInt(whole(value))
    if (checked < 0n || checked > UINT64_MAX) throw validate.outOfRange('value', '>= 0 and < 2 ** 64', value)
    registers64[0] = checked
  },
})

function whole(value: unknown): number {
  if (typeof value !== 'number') throw validate.invalidType('value', 'of type bigint or number', value)
  return validate.integer('value', value, 0, Number.MAX_SAFE_INTEGER)
}

/** Seconds with a fraction in a `struct timeval`; 0 is "none". Rounded up to microseconds. */
export const timeval: Kind<number> = kindOf('seconds (fractional)', {
  layout: 'timeval',
  read: () => registers[0] as number,
  write(value: number) {
    registers[0] = validate.atLeast('value', value, 0, INT_MAX)
  },
})

/** `struct linger`: seconds, or `null` when it is off. A negative number or `null` switches it off. */
export const linger: Kind<number | null> = kindOf('seconds or null', {
  layout: 'linger',
  read: () => (registers[0] === 0 ? null : (registers[1] as number)),
  write(value: number | null) {
    const checked = value === null ? -1 : validate.integer('value', value)
    registers[0] = checked < 0 ? 0 : 1
    registers[1] = Math.max(checked, 0)
  },
})

/** The lowest and the highest port of a range. */
export type PortRange = [low: number, high: number]

/** Two port numbers in one unsigned 32-bit number: the lower bound in its lower half. */
export const portRange: Kind<PortRange> = kindOf('[low, high]', {
  layout: 'u32',
  read(): PortRange {
    const both = registers[0] as number
    return [both % 0x10000, Math.floor(both / 0x10000)]
  },
  write(value: PortRange) {
    if (!Array.isArray(value) || value.length !== 2)
      throw validate.invalidType('value', 'an array of two numbers', value)
    const low = validate.integer('value[0]', value[0], 0, 0xffff)
    const high = validate.integer('value[1]', value[1], 0, 0xffff)
    registers[0] = high * 0x10000 + low
  },
})

/** An option that acts by being set, and has no value. */
export const action: Kind<never, []> = {
  name: 'none',
  get: writeOnly,
  set(place) {
    registers[0] = 1
    store(place, 'int')
  },
}
