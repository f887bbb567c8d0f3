// What the package's own modules know of constants beside the exported ones, which they take from `constants/exported.js`: those of
// the system that stay inside (`sys`), numbers by name for option rows, and names by number for messages and inspection.
// Passed on by this module, each of a thousand names would be a getter, and all of them one function to V8: 23 ns for each use in the
// place of half a nanosecond.

import { native } from '../native/sockets.js'
import { internalFamilies, publicFamilies } from './names.generated.js'

/** A constant that the package exports. */
export type ConstantName = (typeof publicFamilies)[keyof typeof publicFamilies][number]

/** A constant for the package's own code: errno, poll and fcntl numbers. */
export type SysName = (typeof internalFamilies)[keyof typeof internalFamilies][number]

/** A group of constants whose numbers mean one kind of thing; most are named by their prefix, such as `AF_`. */
export type Family = keyof typeof families

const families = { ...publicFamilies, ...internalFamilies }
const unsupported: ReadonlySet<string> = new Set(native.unsupported)
const namesByNumber = new Map<Family, ReadonlyMap<number, string>>()

/** The constants that only the package itself uses: `sys.EAGAIN`, `sys.POLLIN`. A copy, for the reason in native.ts. */
export const sys = { ...native.constants } as Readonly<Record<SysName, number>>

/**
 * Whether this platform has the constant. It is false for a name that is unknown, and for one whose number is merely
 * assigned by IANA, the BSDs or glibc. Whether the running kernel implements an option shows only when it is used.
 */
export function isSupported(name: string): boolean {
  return lookup(name) !== undefined && !unsupported.has(name)
}

/** The number of a constant, also of an unsupported one; undefined for a name that has none here, and for what is no name. */
export function lookup(name: string): number | undefined {
  return typeof name === 'string' && Object.hasOwn(native.constants, name) ? native.constants[name] : undefined
}

/** The name of a number for people to read, `nameOf('AF_', 2)` being `AF_INET`; its digits if it has none. */
export function nameOf(family: Family, number: number): string {
  return namesOf(family).get(number) ?? String(number)
}

/** The name of an error number, which may be given as `-errno` too; undefined if it has none. */
export function errnoName(errno: number): string | undefined {
  return namesOf('E').get(Math.abs(errno))
}

/** A family's names by number. Most programs ask for few families, so each map is made when it is first needed. */
function namesOf(family: Family): ReadonlyMap<number, string> {
  const known = namesByNumber.get(family)
  if (known) return known
  const names = indexed(families[family])
  namesByNumber.set(family, names)
  return names
}

/** Of several names for one number the first wins, and a supported one before any that is merely assigned. */
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
