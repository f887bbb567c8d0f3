import { AF_INET, AF_INET6, AF_UNSPEC } from '../constants/exported.generated.js'
import { Location, sys } from '../constants/lookup.js'
import { type SystemError, systemError } from '../support/errors.js'
import { defineMethod } from '../support/record.js'
import { invalidType, invalidValue } from '../support/validate.js'
import { carriesInet, isStream, readEither, setBoth } from './dual-stack.js'
import type { FdOwner, Kind, OptionPlace } from './kinds/index.js'

/** Whether an option can be read (`ro`), set (`wo`), or both. */
export type Access = 'rw' | 'ro' | 'wo'

/**
 * What an IPv6 socket that carries IPv4 too has where each family has an option of its own: that of IPv6; both; or the one for the family of
 * the address in the value.
 */
export type Families = 'own' | 'both' | 'address'

/** One socket option. A row is all that an option needs: its method, type, documentation and test follow from it. */
export interface Row<Out, Args extends unknown[], A extends Access> {
  /** Whether it can be read, set, or both. */
  readonly access: A
  /** How its value is laid out and checked. */
  readonly kind: Kind<Out, Args>
  /** Its place on sockets of every family but those for which `location6` is. */
  readonly location: Location
  /** Its place on IPv6 sockets, where they have an option of their own for the same thing. */
  readonly location6: Location | undefined
  /** Which of the two an IPv6 socket has that carries IPv4 too. */
  readonly families: Families
  /** Whether it is about multicast, which streams do not have. */
  readonly isMulticast: boolean
}

/** A row of any type. */
// biome-ignore lint/suspicious/noExplicitAny: a table holds rows of every type
export type AnyRow = Row<any, any, Access>
/** Rows by the name of their method. */
export type OptionTable = Readonly<Record<string, AnyRow>>

/** Where an option is: in one place, or in one for each family. */
type Where = Location | Pick<AnyRow, 'location' | 'location6' | 'families'>

/** Two options for the same thing, of which the family of the socket selects one. */
export const perFamily = (location: Location, location6: Location): Where => ({ location, location6, families: 'own' })

/** Two options for the same thing, one for the packets of each family: an IPv6 socket that carries IPv4 too has both. */
export const forEachFamily = (location: Location, location6: Location): Where => ({
  location,
  location6,
  families: 'both',
})

/** Two options for the same thing, of which the family of an address in the value selects one. */
export const byAddress = (location: Location, location6: Location): Where => ({
  location,
  location6,
  families: 'address',
})

function row<Out, Args extends unknown[], A extends Access>(
  where: Where,
  kind: Kind<Out, Args>,
  access: A,
): Row<Out, Args, A> {
  return where instanceof Location
    ? { access, kind, location: where, location6: undefined, families: 'own', isMulticast: false }
    : { access, kind, ...where, isMulticast: false }
}

/** An option that can be read and set. */
export const rw = <Out, Args extends unknown[]>(where: Where, kind: Kind<Out, Args>): Row<Out, Args, 'rw'> =>
  row(where, kind, 'rw')

/** An option that can only be read. */
export const ro = <Out, Args extends unknown[]>(where: Where, kind: Kind<Out, Args>): Row<Out, Args, 'ro'> =>
  row(where, kind, 'ro')

/** An option that can only be set. */
export const wo = <Out, Args extends unknown[]>(where: Where, kind: Kind<Out, Args>): Row<Out, Args, 'wo'> =>
  row(where, kind, 'wo')

/** The row of an option of multicast. */
export const multicast = <Out, Args extends unknown[], A extends Access>(
  row: Row<Out, Args, A>,
): Row<Out, Args, A> => ({ ...row, isMulticast: true })

/** The method of a row: without an argument it reads; with one it sets, and returns the value that the kernel then has. */
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

/** The name of the method by which an object gives access to its options. */
export const optionTarget = Symbol('berkeley.optionTarget')

/** An object that has options: a socket of this library, or of Node. */
export interface OptionTarget {
  /** The owner of its descriptor, and its family. @throws EBADF when it is closed. */
  [optionTarget](syscall: string): { readonly owner: FdOwner; readonly family: number }
}

function targetOf(self: unknown, syscall: string): { owner: FdOwner; family: number } {
  const method = (self as Partial<OptionTarget> | null | undefined)?.[optionTarget]
  if (typeof method !== 'function') throw invalidType('this', 'a socket', self)
  return method.call(self, syscall)
}

/**
 * The numbers of an option on a socket of a family.
 * @throws ENOPROTOOPT where this platform has no such option.
 */
function ownPlaceOf(row: AnyRow, owner: FdOwner, family: number, syscall: string): OptionPlace {
  return placeAt((family === AF_INET6 && row.location6) || row.location, owner, family, syscall)
}

/** The numbers of an option to set, and those for IPv4 where an IPv6 socket has both. */
function placesOf(row: AnyRow, owner: FdOwner, family: number): OptionPlace {
  const place = ownPlaceOf(row, owner, family, 'setsockopt')
  const inet = row.families === 'own' ? undefined : inetPlaceOf(row, place, 'setsockopt')
  return inet === undefined ? place : { ...place, inet }
}

/** The numbers of the same option for IPv4, if the place is on an IPv6 socket that carries both. */
function inetPlaceOf(row: AnyRow, { owner, family }: OptionPlace, syscall: string): OptionPlace | undefined {
  if (family !== AF_INET6 || row.location6 === undefined || !carriesInet(owner.use(syscall))) return undefined
  return placeAt(row.location, owner, AF_INET, syscall)
}

function placeAt({ place, option: name }: Location, owner: FdOwner, family: number, syscall: string): OptionPlace {
  if (place === undefined)
    throw systemError(sys.ENOPROTOOPT, syscall, { detail: `${name} is unknown on this platform` })
  return { owner, level: place.level, option: place.option, name, family, inet: undefined }
}

function readOption(self: unknown, row: AnyRow): unknown {
  const { owner, family } = targetOf(self, 'getsockopt')
  if (row.isMulticast) requireMulticast(owner, family, 'getsockopt')
  const place = ownPlaceOf(row, owner, family, 'getsockopt')
  return readEither(row.kind, place, () => inetPlaceOf(row, place, 'getsockopt'))
}

function writeOption(self: unknown, row: AnyRow, args: unknown[]): unknown {
  const { owner, family } = targetOf(self, 'setsockopt')
  if (row.isMulticast) requireMulticast(owner, family, 'setsockopt')
  const place = placesOf(row, owner, family)
  if (row.families === 'address') row.kind.set(place, ...args)
  else setBoth(row.kind, place, args)
  return row.access === 'wo' ? undefined : heldAfter(row, place, args[0])
}

/** What the kernel holds once an option is set. Some options can be read only since later versions than they can be set: then it is what was given. */
function heldAfter(row: AnyRow, place: OptionPlace, given: unknown): unknown {
  try {
    return row.kind.get(place)
  } catch (error) {
    if ((error as SystemError).errno !== -sys.ENOPROTOOPT) throw error
    return given
  }
}

/** The kernel accepts some of these options on a stream, where they do nothing. */
function requireMulticast(owner: FdOwner, family: number, syscall: string): void {
  if ((family === AF_INET || family === AF_INET6) && !isStream(owner.use(syscall))) return
  throw systemError(sys.EOPNOTSUPP, syscall, { detail: 'multicast needs a datagram or raw socket of IPv4 or IPv6' })
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

/** Gives a class the methods of tables. The class declares them by `interface C extends OptionMethods<typeof table> {}`. */
// biome-ignore lint/complexity/noBannedTypes: any class will do
export function defineOptions(target: Function & { prototype: object }, ...tables: readonly OptionTable[]): void {
  for (const table of tables)
    for (const [name, row] of Object.entries(table)) defineMethod(target.prototype, name, methodOf(row))
}

/** The place of an option without a row. Its family is `AF_UNSPEC`, because none decides about the place. */
export function unnamedPlace(owner: FdOwner, level: number, option: number): OptionPlace {
  return { owner, level, option, name: `option ${option} of level ${level}`, family: AF_UNSPEC, inet: undefined }
}
