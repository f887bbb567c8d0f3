import { types } from 'node:util'
import { integer, invalidType, invalidValue } from '../support/validate.js'
import * as kind from './kinds/index.js'
import { unnamedPlace } from './option.js'

/** The most that an option of unknown layout may hold. */
const BYTES_ROOM = 4096

/** Kinds of value by name, for options that have no row. */
const kinds = {
  int: kind.int,
  bool: kind.bool,
  seconds: kind.seconds,
  u32: kind.u32,
  u64: kind.u64,
  timeval: kind.timeval,
  linger: kind.linger,
  ucred: kind.ucred,
  string: kind.text(BYTES_ROOM),
  bytes: kind.bytes(BYTES_ROOM),
  address: kind.address,
} as const

/** The name of a kind of option value: see `getsockopt` and `setsockopt` of a socket. */
export type GenericKind = keyof typeof kinds

/** What an option of that kind reads as. */
export type KindValue<K extends GenericKind> = (typeof kinds)[K] extends kind.Kind<infer Out, infer _Args> ? Out : never

/** The kind of that name. */
export function kindOf(name: GenericKind): kind.Kind<unknown, unknown[]> {
  if (typeof name !== 'string' || !Object.hasOwn(kinds, name))
    throw invalidValue('kind', `must be one of ${Object.keys(kinds).join(', ')}`, name)
  return kinds[name] as unknown as kind.Kind<unknown, unknown[]>
}

export const genericKinds = {
  /** The kind that a value speaks for by its type. */
  of(value: unknown): GenericKind {
    if (typeof value === 'number') return 'int'
    if (typeof value === 'bigint') return 'u64'
    if (typeof value === 'boolean') return 'bool'
    if (typeof value === 'string') return 'string'
    if (types.isUint8Array(value)) return 'bytes'
    throw invalidType('value', 'a number, bigint, boolean, string or Uint8Array (or be given with its kind)', value)
  },
}

/** Reads an option by numbers. */
export function getGeneric<K extends GenericKind>(fd: number, level: number, name: number, kind: K): KindValue<K> {
  return kindOf(kind).get(placeOfNumbers(fd, level, name)) as KindValue<K>
}

/** Sets an option by numbers. */
export function setGeneric(fd: number, level: number, name: number, value: unknown, kind: GenericKind): void {
  kindOf(kind).set(placeOfNumbers(fd, level, name), value)
}

function placeOfNumbers(fd: number, level: number, name: number): kind.OptionPlace {
  return unnamedPlace(fd, integer('level', level), integer('name', name))
}
