import { AF_INET6, AF_UNSPEC } from '../constants/exported.generated.js'
import { lookup, sys } from '../constants/lookup.js'
import { systemError } from '../support/errors.js'
import { invalidType, invalidValue } from '../support/validate.js'
import type { Kind, OptionPlace } from './kinds/index.js'

/** Where an option lives: names of the level and of the option, looked up when it is used. */
export interface Location {
  /** Name of the level: `'IPPROTO_TCP'`. */
  readonly level: string
  /** Name of the option: `'TCP_NODELAY'`. */
  readonly option: string
}

/** What may be done with an option. */
export type Access = 'rw' | 'ro' | 'wo'

/** One socket option: the whole cost of having it. */
export interface Row<Out, Args extends unknown[], A extends Access> {
  /** Whether it can be read, set, or both. */
  readonly access: A
  /** How its value is laid out and checked. */
  readonly kind: Kind<Out, Args>
  /** For IPv4 and every other family. */
  readonly location: Location
  /** For IPv6, where that has an option of its own for the same thing. */
  readonly location6?: Location
}

/** A row of any type. */
// biome-ignore lint/suspicious/noExplicitAny: a table holds rows of every type
export type AnyRow = Row<any, any, Access>
/** Rows by the name of their method. */
export type OptionTable = Readonly<Record<string, AnyRow>>

/** The place of an option. */
export const at = (level: string, option: string): Location => ({ level, option })

/** Two options for the same thing, chosen by the family of the socket. */
export const perFamily = (inet: Location, inet6: Location): [Location, Location] => [inet, inet6]

function row<Out, Args extends unknown[], A extends Access>(
  where: Location | [Location, Location],
  kind: Kind<Out, Args>,
  access: A,
): Row<Out, Args, A> {
  if (Array.isArray(where)) return { access, kind, location: where[0], location6: where[1] }
  return { access, kind, location: where }
}

type Where = Location | [Location, Location]

/** An option that can be read and set. */
export const rw = <Out, Args extends unknown[]>(where: Where, kind: Kind<Out, Args>): Row<Out, Args, 'rw'> =>
  row(where, kind, 'rw')

/** An option that can only be read. */
export const ro = <Out, Args extends unknown[]>(where: Where, kind: Kind<Out, Args>): Row<Out, Args, 'ro'> =>
  row(where, kind, 'ro')

/** An option that can only be set. */
export const wo = <Out, Args extends unknown[]>(where: Where, kind: Kind<Out, Args>): Row<Out, Args, 'wo'> =>
  row(where, kind, 'wo')

/**
 * The method that a row becomes: without an argument it reads; with one it sets, and returns what the kernel now
 * holds.
 */
export type OptionMethod<R> =
  R extends Row<infer Out, infer Args, infer A>
    ? A extends 'ro'
      ? () => Out
      : A extends 'wo'
        ? (...args: Args) => void
        : (...args: Partial<Args>) => Out
    : never

/** The methods that a table of rows gives to a class. */
export type OptionMethods<T extends OptionTable> = { readonly [K in keyof T]: OptionMethod<T[K]> }

/** An object whose options can be reached has a method of this name, which gives its fd and family. */
export const optionTarget = Symbol('berkeley.optionTarget')

/** An object whose options can be reached. */
export interface OptionTarget {
  [optionTarget](syscall: string): { readonly fd: number; readonly family: number }
}

function targetOf(self: unknown, syscall: string): { fd: number; family: number } {
  const method = (self as Partial<OptionTarget> | null | undefined)?.[optionTarget]
  if (typeof method !== 'function') throw invalidType('this', 'a socket', self)
  return method.call(self, syscall)
}

/** Numbers of an option on a socket of that family. ENOPROTOOPT where this platform has no such option. */
export function placeOf(row: AnyRow, fd: number, family: number, syscall: string): OptionPlace {
  const { level, option } = (family === AF_INET6 && row.location6) || row.location
  const [levelNumber, optionNumber] = [lookup(level), lookup(option)]
  if (levelNumber === undefined || optionNumber === undefined)
    throw systemError(sys.ENOPROTOOPT, syscall, { detail: `${option} is unknown on this platform` })
  return { fd, level: levelNumber, option: optionNumber, name: option, family }
}

function readOption(self: unknown, row: AnyRow): unknown {
  const { fd, family } = targetOf(self, 'getsockopt')
  return row.kind.get(placeOf(row, fd, family, 'getsockopt'))
}

function writeOption(self: unknown, row: AnyRow, args: unknown[]): unknown {
  const { fd, family } = targetOf(self, 'setsockopt')
  const place = placeOf(row, fd, family, 'setsockopt')
  row.kind.set(place, ...args)
  return row.access === 'wo' ? undefined : row.kind.get(place)
}

function methodOf(row: AnyRow): (...args: unknown[]) => unknown {
  if (row.access === 'ro')
    return function (this: unknown, ...args: unknown[]) {
      if (args.length > 0) throw invalidValue('value', 'cannot be set: the option can only be read', args[0])
      return readOption(this, row)
    }
  if (row.access === 'wo')
    return function (this: unknown, ...args: unknown[]) {
      return writeOption(this, row, args)
    }
  return function (this: unknown, ...args: unknown[]) {
    return args.length === 0 || args[0] === undefined ? readOption(this, row) : writeOption(this, row, args)
  }
}

/**
 * Gives a class the methods of a table. The class declares them by `interface C extends OptionMethods<typeof table>
 * {}`.
 */
// biome-ignore lint/complexity/noBannedTypes: any class will do
export function defineOptions(target: Function & { prototype: object }, ...tables: OptionTable[]): void {
  for (const table of tables)
    for (const [name, row] of Object.entries(table))
      Object.defineProperty(target.prototype, name, {
        value: Object.defineProperty(methodOf(row), 'name', { value: name }),
        writable: true,
        configurable: true,
      })
}

/** Reading an option that has no row: `AF_UNSPEC` because no family decides about its place. */
export function unnamedPlace(fd: number, level: number, option: number): OptionPlace {
  return { fd, level, option, name: `option ${option} of level ${level}`, family: AF_UNSPEC }
}
