import { inspect, types } from 'node:util'
import { isAbortSignal } from './abort-signal.js'
import { bare, define, isPlainPrototype } from './record.js'
import { trimStack } from './stack.js'

// Taken at load: they may be replaced later.
const { getOwnPropertyNames, getPrototypeOf, hasOwn } = Object
const isEnumerable = Object.prototype.propertyIsEnumerable

/** Bytes to send: any view of memory, or a string, which is sent as UTF-8. */
export type Data = string | ArrayBufferView

type Coded<E extends Error> = E & { code: string }

function coded<E extends Error>(error: E, code: string): Coded<E> {
  define(error, 'code', code)
  return error as Coded<E>
}

/** Describes a value for a message; only its type if inspecting it fails, because that may run code of the user. */
function received(value: unknown): string {
  try {
    return `Received ${described(value)}`
  } catch {
    return `Received type ${typeof value}`
  }
}

function described(value: unknown): string {
  if (value === null || value === undefined) return `${value}`
  if (typeof value === 'function') return `function ${value.name}`
  if (typeof value === 'object') {
    const name = (value as object).constructor?.name
    return name ? `an instance of ${name}` : inspect(value, { depth: -1 })
  }
  const text = inspect(value)
  return `type ${typeof value} (${text.length > 28 ? `${text.slice(0, 25)}...` : text})`
}

/** `TypeError` with code `ERR_INVALID_ARG_TYPE`, worded as Node words it. */
export function invalidType(name: string, expected: string, value: unknown): Coded<TypeError> {
  const error = new TypeError(`The "${name}" argument must be ${expected}. ${received(value)}`)
  return trimStack(coded(error, 'ERR_INVALID_ARG_TYPE'))
}

/** `RangeError` with code `ERR_OUT_OF_RANGE`, worded as Node words it. */
export function outOfRange(name: string, expected: string, value: unknown): Coded<RangeError> {
  const error = new RangeError(`The value of "${name}" is out of range. It must be ${expected}. ${received(value)}`)
  return trimStack(coded(error, 'ERR_OUT_OF_RANGE'))
}

/** `TypeError` with code `ERR_INVALID_ARG_VALUE`, worded as Node words it. */
export function invalidValue(name: string, reason: string, value: unknown): Coded<TypeError> {
  const error = new TypeError(`The argument "${name}" ${reason}. ${received(value)}`)
  return trimStack(coded(error, 'ERR_INVALID_ARG_VALUE'))
}

const INT_MAX = 0x7fffffff

/** Checks a whole number from `min` to `max`; by default the range of a C `int`. */
export function integer(name: string, value: unknown, min = -INT_MAX - 1, max = INT_MAX): number {
  if (typeof value !== 'number') throw invalidType(name, 'of type number', value)
  if (!Number.isInteger(value)) throw outOfRange(name, 'an integer', value)
  if (value < min || value > max) throw outOfRange(name, `>= ${min} and <= ${max}`, value)
  return value
}

/** Checks a number from `min` to `max`, which need not be whole. */
export function atLeast(name: string, value: unknown, min: number, max = Number.MAX_VALUE): number {
  if (typeof value !== 'number') throw invalidType(name, 'of type number', value)
  if (!(value >= min && value <= max)) throw outOfRange(name, `a number >= ${min} and <= ${max}`, value)
  return value
}

/** Checks a boolean. */
export function boolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw invalidType(name, 'of type boolean', value)
  return value
}

/** Checks a string. */
export function string(name: string, value: unknown): string {
  if (typeof value !== 'string') throw invalidType(name, 'of type string', value)
  return value
}

/** Checks an object; a function is not one. */
export function object(name: string, value: unknown): object {
  if (typeof value !== 'object' || value === null) throw invalidType(name, 'of type object', value)
  return value
}

/**
 * Checks the options of a call: own properties, all of them known. An unknown one is refused: misspelt, or of another version, it would be
 * ignored. So is one that is inherited, except from Object.prototype, whose properties no caller has given.
 * @returns a copy of those that are not `undefined`: each is read once, so that the value that is checked is the one that is used; and it
 *   inherits nothing, so that an absent one stays absent.
 */
export function options(name: string, value: unknown, known: readonly string[]): object {
  const given = object(name, value)
  const copy = bare()
  const keys = getOwnPropertyNames(given)
  for (const key of keys) {
    if (!known.includes(key)) throw unknownProperty(name, key, known, given)
    const property = (given as Record<string, unknown>)[key]
    if (property !== undefined) copy[key] = property
  }
  const prototype: unknown = getPrototypeOf(given)
  if (prototype !== Object.prototype && !isPlainPrototype(prototype as object | null))
    refuseInherited(name, given, keys.length, known)
  return copy
}

function unknownProperty(name: string, key: string, known: readonly string[], given: object): Coded<TypeError> {
  return invalidValue(name, `has no property "${key}" (it may have ${known.join(', ')})`, given)
}

/** Refuses what an object of a class would leave unread, and one without any property: a Map, a Promise or an AbortSignal, probably. */
function refuseInherited(name: string, given: object, ownCount: number, known: readonly string[]): void {
  const inherits = (isOne: (key: string, from: object) => boolean): void => {
    for (let from = getPrototypeOf(given); !isPlainPrototype(from); from = getPrototypeOf(from))
      for (const key of getOwnPropertyNames(from))
        if (isOne(key, from) && !hasOwn(given, key))
          throw invalidValue(name, `inherits "${key}": only own properties are options`, given)
  }
  inherits((key) => known.includes(key))
  if (ownCount === 0) throw invalidType(name, 'a plain object, or one with properties of its own', given)
  // Those that are enumerable are data, probably, and not the methods of a class.
  inherits((key, from) => isEnumerable.call(from, key))
}

/** Checks a function. */
export function func<F>(name: string, value: F): F {
  if (typeof value !== 'function') throw invalidType(name, 'of type function', value)
  return value
}

/** Checks text for C, where a NUL would end it; `most` is the room for its UTF-8 in bytes. */
export function textWithoutNul(name: string, value: unknown, most = Number.POSITIVE_INFINITY): string {
  const text = string(name, value)
  if (text.includes('\0')) throw invalidValue(name, 'must not contain a NUL', value)
  if (Buffer.byteLength(text) > most) throw outOfRange(name, `at most ${most} bytes as UTF-8`, value)
  return text
}

/** Checks flags, and combines them by OR. */
export function flags(name: string, values: readonly unknown[]): number {
  let sum = 0
  for (const value of values) if (value !== undefined) sum |= integer(name, value)
  return sum
}

/** Checks a file descriptor that other code owns. */
export function descriptor(name: string, value: unknown): number {
  return integer(name, value, 0)
}

/** Checks a port number: a whole number or its decimal digits. It is never taken modulo 65536. */
export function port(name: string, value: unknown): number {
  if (typeof value === 'string') {
    if (!/^[0-9]{1,5}$/.test(value)) throw outOfRange(name, 'a port number from 0 to 65535', value)
    return port(name, Number(value))
  }
  if (typeof value !== 'number') throw invalidType(name, 'of type number or string', value)
  if (!Number.isInteger(value) || value < 0 || value > 65535) throw outOfRange(name, '>= 0 and <= 65535', value)
  return value
}

/** The bytes of `data`. A view is not copied. */
export function bytes(name: string, data: unknown): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data)
  return view(name, data)
}

/** The memory of a view as bytes. Its length comes from the language, and not from properties that were defined on the view. */
export function view(name: string, data: unknown): Uint8Array {
  if (!ArrayBuffer.isView(data))
    throw invalidType(name, 'of type string or an instance of Buffer, TypedArray or DataView', data)
  // The byteLength of detached memory is 0, while code that V8 has optimised may still see its former length.
  if (arePlain(data) && data.byteLength > 0) return data
  return memoryOf(name, data)
}

/** Same as {@link view}, for a Uint8Array only. */
export function uint8Array(name: string, value: unknown): Uint8Array {
  if (!types.isUint8Array(value)) throw invalidType(name, 'an instance of Uint8Array', value)
  return view(name, value)
}

/** Kept, because `Buffer` is a getter of the global object, which costs as much as the rest of the check. */
const ofBuffers = Buffer.prototype

/** Whether no other `length` is defined between a view and the language's: a getter could close the socket in the midst of a call. */
function arePlain(data: ArrayBufferView): data is Uint8Array {
  const prototype: unknown = Object.getPrototypeOf(data)
  return (prototype === ofBuffers || prototype === Uint8Array.prototype) && !Object.hasOwn(data, 'length')
}

/** The language's own accessors of views, which no property of a view can replace. */
const ofTypedArrays = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array)
const ofDataViews = Object.getOwnPropertyDescriptors(DataView.prototype)

/**
 * The memory of a view, read by the language's own accessors. If the memory was transferred, or its resizable buffer shrank below the
 * view, this throws: such a view must not be treated as an empty one, and only methods of the language tell the two apart.
 */
function memoryOf(name: string, data: ArrayBufferView): Uint8Array {
  const { buffer, byteOffset, byteLength } = types.isDataView(data) ? ofDataViews : ofTypedArrays
  try {
    if (!types.isDataView(data)) Uint8Array.prototype.at.call(data as Uint8Array, 0)
    const memory = buffer.get?.call(data) as ArrayBuffer
    return new Uint8Array(memory, byteOffset.get?.call(data), byteLength.get?.call(data))
  } catch {
    throw memoryGone(name)
  }
}

/** `TypeError` with code `ERR_INVALID_STATE`: the same that the addon throws if the memory goes later. */
export function memoryGone(name: string): Coded<TypeError> {
  return invalidState(`The memory of "${name}" is detached, or out of the bounds of its resized buffer`)
}

/** `TypeError` with code `ERR_INVALID_STATE`. */
export function invalidState(message: string): Coded<TypeError> {
  return trimStack(coded(new TypeError(message), 'ERR_INVALID_STATE'))
}

/** Checks a view to receive into. Empty memory is refused: a count of 0 would be read as the end. */
export function room(name: string, data: unknown): Uint8Array {
  if (!ArrayBuffer.isView(data)) throw invalidType(name, 'an instance of Buffer, TypedArray or DataView', data)
  const memory = view(name, data)
  if (memory.byteLength === 0) throw outOfRange(name, 'memory of at least one byte', data)
  return memory
}

/** Checks an AbortSignal. */
export function abortSignal(name: string, value: unknown): AbortSignal {
  if (!isAbortSignal(value)) throw invalidType(name, 'an instance of AbortSignal', value)
  return value
}

/** Checks an array and what is in it. The result is an array of the language's: the addon reads that of a user's subclass by its getters. */
export function list<T, C>(name: string, value: readonly T[], checked: (one: T, i: number) => C): C[] {
  if (!Array.isArray(value)) throw invalidType(name, 'an instance of Array', value)
  return Array.from(value as readonly T[], checked)
}
