/**
 * Every public function and method, found by walking what the package exports and what its objects inherit: a new one is called
 * without anybody writing it down.
 */

import { EventEmitter } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Duplex, Readable } from 'node:stream'
import * as berkeley from 'berkeley'
import * as llsocket from 'berkeley/llsocket'
import { root } from '../../test/util/index.js'
import { SKIPPED } from './skips.js'
import { SLOTS, type SlotName } from './slots.js'
import { World } from './world.js'

/** Something to call. */
export interface Entry {
  /** What people call it: `stream.unix.Server.create`, `MsgHdr#add`. */
  readonly place: string
  /** Whether it is an option, of which there are many. */
  readonly isOption: boolean
  /** Whose method it is: of objects of these kinds; none for functions. */
  readonly slots: readonly SlotName[]
  /** Makes the call. */
  readonly call: (self: object | undefined, args: readonly unknown[]) => unknown
}

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown

/** TypeScript hides them from callers; what they are for says the class. */
function hiddenNames(): Set<string> {
  const dist = join(root, 'dist')
  const names = new Set<string>()
  for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.d.ts')) continue
    const text = readFileSync(join(dist, name), 'utf8')
    for (const [, hidden] of text.matchAll(/\bprotected (?:readonly |abstract |get |set )*(\w+)/g))
      names.add(`${hidden}`)
  }
  return names
}

const hidden = hiddenNames()

/** Where objects of others begin. */
const FOREIGN = new Set<unknown>([Object.prototype, Function.prototype, Array.prototype, EventEmitter.prototype])
for (let proto: object | null = Duplex.prototype; proto; proto = Object.getPrototypeOf(proto)) FOREIGN.add(proto)
for (let proto: object | null = Readable.prototype; proto; proto = Object.getPrototypeOf(proto)) FOREIGN.add(proto)

function isClass(value: AnyFunction): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value))
}

function propertyOf(owner: object, key: PropertyKey): PropertyDescriptor {
  return Object.getOwnPropertyDescriptor(owner, key) as PropertyDescriptor
}

function labelOf(key: PropertyKey): string {
  return typeof key === 'symbol' ? `[${key.description}]` : String(key)
}

const optionNames = new Set(
  Array.from(readFileSync(join(root, 'docs', 'options.md'), 'utf8').matchAll(/^\| `(\w+)/gm), ([, name]) => `${name}`),
)

/** Functions of the modules, and constructors and static methods of their classes. */
function* exported(module: object, prefix: string, seen: Set<unknown>): Generator<Entry> {
  for (const name of Object.keys(module)) {
    const value: unknown = (module as Record<string, unknown>)[name]
    if (typeof value === 'object' && value !== null && !seen.has(value)) {
      seen.add(value)
      yield* exported(value, `${prefix}${name}.`, seen)
    }
    if (typeof value !== 'function' || seen.has(value)) continue
    seen.add(value)
    if (isClass(value as AnyFunction)) yield* ofClass(value as AnyFunction, `${prefix}${name}`)
    else yield plain(`${prefix}${name}`, (_, args) => (value as AnyFunction)(...args))
  }
}

function plain(place: string, call: Entry['call']): Entry {
  return { place, isOption: false, slots: [], call }
}

function* ofClass(value: AnyFunction, name: string): Generator<Entry> {
  const Class = value as unknown as new (...args: unknown[]) => unknown
  yield plain(`new ${name}`, (_, args) => new Class(...args))
  const inherited = new Set<PropertyKey>(['prototype', 'length', 'name', 'prototype'])
  for (let owner: object = value; owner !== Function.prototype; owner = Object.getPrototypeOf(owner))
    for (const key of Reflect.ownKeys(owner)) {
      if (inherited.has(key) || owner === Error || FOREIGN.has((owner as { prototype?: unknown }).prototype)) continue
      inherited.add(key)
      const method: unknown = propertyOf(owner, key).value
      if (typeof method === 'function' && !hidden.has(String(key)))
        yield plain(`${name}.${labelOf(key)}`, (_, args) => Reflect.apply(method, value, args))
    }
}

/** Methods and accessors of the objects of each kind, by the class that has them. */
function ofObjects(): Entry[] {
  const world = new World()
  const found = new Map<string, Entry & { slots: SlotName[] }>()
  for (const slot of Object.keys(SLOTS) as SlotName[])
    for (const entry of ofObject(world.get(slot), slot)) {
      const there = found.get(entry.place)
      if (there) there.slots.push(slot)
      else found.set(entry.place, { ...entry, slots: [slot] })
    }
  void world.close()
  return [...found.values()]
}

function* ofObject(value: object, slot: SlotName): Generator<Entry> {
  const overridden = new Set<PropertyKey>(['constructor'])
  for (let proto = Object.getPrototypeOf(value); proto && !FOREIGN.has(proto); proto = Object.getPrototypeOf(proto))
    for (const key of Reflect.ownKeys(proto)) {
      if (overridden.has(key) || hidden.has(String(key))) continue
      overridden.add(key)
      const owner = slot.startsWith('ll ') ? `ll.${proto.constructor.name}` : proto.constructor.name
      yield method(`${owner}#${labelOf(key)}`, key, propertyOf(proto, key))
    }
}

function method(place: string, key: PropertyKey, { value, get }: PropertyDescriptor): Entry {
  const isOption = typeof key === 'string' && optionNames.has(key)
  // Looked up anew: classes of the same name have each its own.
  const read = (self: object | undefined): unknown => (self as Record<PropertyKey, unknown>)[key]
  const call: Entry['call'] =
    get || typeof value !== 'function' ? read : (self, args) => (read(self) as AnyFunction).apply(self, [...args])
  return { place, isOption, slots: [], call }
}

export interface Catalog {
  readonly entries: readonly Entry[]
  /** What is left out, with the reasons. */
  readonly skipped: readonly string[]
}

/** Everything that there is to call. */
export function catalog(): Catalog {
  const seen = new Set<unknown>()
  const all = [...exported(berkeley, '', seen), ...exported(llsocket, 'll.', seen), ...ofObjects()]
  const reasonOf = ({ place }: Entry): string | undefined => SKIPPED.find(([pattern]) => pattern.test(place))?.[1]
  return {
    entries: all.filter((entry) => reasonOf(entry) === undefined),
    skipped: all.flatMap((entry) => {
      const reason = reasonOf(entry)
      return reason === undefined ? [] : [`${entry.place}: ${reason}`]
    }),
  }
}
