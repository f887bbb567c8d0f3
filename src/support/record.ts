// Objects that inherit nothing. Anybody in a process can add properties to Object.prototype, by accident or in an attack; an absent
// property of an ordinary object is then no longer absent. What decides about a call is therefore read from objects made here.

// Taken at load: they may be replaced later.
const { assign, defineProperty, entries, freeze, getPrototypeOf, hasOwn, setPrototypeOf } = Object

/** Objects without properties of their own and without any to inherit. A class: V8 treats `Object.create(null)` as a dictionary. */
class Bare {}

// The name that messages show.
Bare.prototype.constructor = Object
setPrototypeOf(Bare.prototype, null)
freeze(Bare.prototype)

/** Makes an object without properties that inherits nothing. */
export function bare(): Record<string, unknown> {
  return new Bare() as Record<string, unknown>
}

/** Copies the own properties of an object into one that inherits nothing. */
export function record<T extends object>(properties: T): T {
  return assign(new Bare(), properties) as T
}

/** A {@link record} of all properties but some. */
export function without<T extends object, K extends keyof T>(properties: T, ...keys: readonly K[]): Omit<T, K> {
  const copy = bare()
  for (const [key, value] of entries(properties)) if (!keys.includes(key as K)) copy[key] = value
  return copy as Omit<T, K>
}

/** Defines a property: by assignment, a setter on Object.prototype would be given the value instead. */
export function define(target: object, key: string, value: unknown): void {
  const descriptor = { value, writable: true, enumerable: true, configurable: true }
  defineProperty(target, key, record(descriptor))
}

/** Defines a method, which is not enumerable. */
export function defineMethod(target: object, name: string, method: (...args: never[]) => unknown): void {
  defineProperty(method, 'name', record({ value: name }))
  defineProperty(target, name, record({ value: method, writable: true, configurable: true }))
}

/** Lets objects of these classes inherit nothing but what their class defines: for base classes whose members are optional. */
export function isolate(...classes: readonly { readonly prototype: object }[]): void {
  for (const { prototype } of classes) setPrototypeOf(prototype, Bare.prototype)
}

/**
 * Whether objects with this prototype are plain: it is absent, or the Object.prototype of this or another realm, whose properties count for
 * nothing.
 */
export function isPlainPrototype(prototype: object | null): boolean {
  if (prototype === null || prototype === Object.prototype || prototype === Bare.prototype) return true
  return getPrototypeOf(prototype) === null && hasOwn(prototype, 'isPrototypeOf')
}
