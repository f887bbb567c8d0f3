// The constants that are not exported (`sys`), numbers by name for option rows, and names by number for messages and inspection.
//
// The exported constants are imported from `constants/exported.generated.js` directly. Re-exported here, each of a thousand names would be
// a getter, and V8 would treat all of them as one function: 23 ns for each use instead of half a nanosecond.

import { native } from '../native/sockets.js'
import { internalFamilies, publicFamilies } from './names.generated.js'

/** A constant that the package exports. */
export type ConstantName = (typeof publicFamilies)[keyof typeof publicFamilies][number]

/** A constant that only the package itself uses: errno, poll and fcntl numbers. */
export type SysName = (typeof internalFamilies)[keyof typeof internalFamilies][number]

/** A group of constants for one purpose, mostly named by their prefix, such as `AF_`. */
export type Family = keyof typeof publicFamilies | keyof typeof internalFamilies

const families = { ...publicFamilies, ...internalFamilies }
const unsupported: ReadonlySet<string> = new Set(native.unsupported)
const namesByNumber = new Map<Family, ReadonlyMap<number, string>>()

/**
 * The constants that only the package itself uses: `sys.EAGAIN`, `sys.POLLIN`. A copy, because V8 looks up each property of the addon's object;
 * of these alone, because a copy of all takes as long as half of the package takes to load.
 */
export const sys = Object.fromEntries(
  Object.values(internalFamilies).flatMap((names) => names.map((name) => [name, native.constants[name]])),
) as Readonly<Record<SysName, number>>

/**
 * Whether this platform has a constant. Whether the running kernel implements an option shows only when it is used.
 * @param name - the name of the constant, such as `'SO_TXTIME'`.
 * @returns false for an unknown name, and for one whose number is only assigned by IANA, the BSDs or glibc.
 */
export function isSupported(name: string): boolean {
  return lookup(name) !== undefined && !unsupported.has(name)
}

/** The number of a constant, even if it is not supported; undefined for an unknown name, and for a value that is not a string. */
export function lookup(name: string): number | undefined {
  return typeof name === 'string' && Object.hasOwn(native.constants, name) ? native.constants[name] : undefined
}

/** The flags of a family that this platform has, OR-ed. */
export function supportedBits(family: Family): number {
  return families[family].filter(isSupported).reduce((bits, name) => bits | (lookup(name) ?? 0), 0)
}

/** The name of a number for messages: `nameOf('AF_', 2)` is `AF_INET`. Its digits if it has no name. */
export function nameOf(family: Family, number: number): string {
  return namesOf(family).get(number) ?? String(number)
}

/** The name of an error number, given as `errno` or `-errno`; undefined if it has none. */
export function errnoName(errno: number): string | undefined {
  return namesOf('E').get(Math.abs(errno))
}

/** The names of a family by number. Most programs need few families, so each map is made at its first use. */
function namesOf(family: Family): ReadonlyMap<number, string> {
  const known = namesByNumber.get(family)
  if (known) return known
  const names = indexed(families[family])
  namesByNumber.set(family, names)
  return names
}

/** Of several names for one number the first supported one wins, or else the first. */
function indexed(names: readonly string[]): ReadonlyMap<number, string> {
  const byNumber = new Map<number, string>()
  for (const name of [...names.filter(isSupported), ...names]) {
    const number = lookup(name)
    if (number !== undefined && !byNumber.has(number)) byNumber.set(number, name)
  }
  return byNumber
}

/** The numbers of a socket option or of a type of control message. */
export interface Place {
  /** `SOL_*` or `IPPROTO_*`. */
  readonly level: number
  /** The option, or the type, at that level. */
  readonly option: number
}

/** Where the kernel has a socket option or a type of control message, by the names of its constants. */
export class Location {
  /** Name of the level: `'IPPROTO_TCP'`. */
  readonly level: string
  /** Name of the option: `'TCP_NODELAY'`. */
  readonly option: string
  /** Undefined before the first use, null where the platform has no such constant. */
  #place: Place | null | undefined

  constructor(level: string, option: string) {
    this.level = level
    this.option = option
  }

  /** Its numbers, which are looked up once; undefined where the platform has no such constant. */
  get place(): Place | undefined {
    if (this.#place === undefined) this.#place = placeOf(this.level, this.option)
    return this.#place ?? undefined
  }
}

function placeOf(levelName: string, optionName: string): Place | null {
  const level = lookup(levelName)
  const option = lookup(optionName)
  return level === undefined || option === undefined ? null : { level, option }
}

/** Makes the locations of one level: `const tcp = level('IPPROTO_TCP')`, and then `tcp('TCP_NODELAY')`. */
export const level = (name: string) => (option: string) => new Location(name, option)
