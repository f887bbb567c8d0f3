import { types } from 'node:util'
import { integer, invalidType, invalidValue } from '../support/validate.js'
import * as kind from './kinds/index.js'
import { unnamedPlace } from './option.js'

/** The most bytes of an option whose layout is unknown. */
const BYTES_ROOM = 4096

/** Kinds of value by name, for options without a row. */
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

/** The type of an option's value, by the name of its kind. */
export type KindValue<K extends GenericKind> = (typeof kinds)[K] extends kind.Kind<infer Out, infer _Args> ? Out : never

/** The kind of that name. */
function kindOf(name: GenericKind): kind.Kind<unknown, [value: never]> {
  if (typeof name !== 'string' || !Object.hasOwn(kinds, name))
    throw invalidValue('kind', `must be one of ${Object.keys(kinds).join(', ')}`, name)
  return kinds[name]
}

export const genericKinds = {
  /** The kind that the type of a value implies. */
  of(value: unknown): GenericKind {
    if (typeof value === 'number') return 'int'
    if (typeof value === 'bigint') return 'u64'
    if (typeof value === 'boolean') return 'bool'
    if (typeof value === 'string') return 'string'
    if (types.isUint8Array(value)) return 'bytes'
    throw invalidType('value', 'a number, bigint, boolean, string or Uint8Array (or be given with its kind)', value)
  },
}

/** Reads an option by its numbers. */
export function getGeneric<K extends GenericKind>(
  owner: kind.FdOwner,
  level: number,
  name: number,
  kind: K,
): KindValue<K> {
  return kindOf(kind).get(placeOfNumbers(owner, level, name)) as KindValue<K>
}

/** Sets an option by its numbers. The kind checks the value. */
export function setGeneric(owner: kind.FdOwner, level: number, name: number, value: unknown, kind: GenericKind): void {
  kindOf(kind).set(placeOfNumbers(owner, level, name), value as never)
}

function placeOfNumbers(owner: kind.FdOwner, level: number, name: number): kind.OptionPlace {
  return unnamedPlace(owner, integer('level', level), integer('name', name))
}
