/** The property: whatever is called with whatever, the answer is a value or an error that says by a code what is wrong. */
import { Socket as NodeSocket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { Socket as AsyncSocket } from 'berkeley'
import { CmsgHdrs, Socket as LowSocket, MsgHdr } from 'berkeley/llsocket'
import fc from 'fast-check'
import type { Entry } from './catalog.js'
import { HOSTILE_VALUES, type Maker } from './hostile.js'
import { leftOpen } from './leaks.js'
import { shapeOf } from './shapes.js'
import { harmless } from './skips.js'
import type { SlotName } from './slots.js'
import { type Group, SOUND } from './sound.js'
import { World } from './world.js'

/** A value by the name of what makes it, or an integer by itself. */
export type Recipe = string | number

/** A call as fast-check makes, shrinks and prints it. */
export interface Call {
  readonly place: string
  /** Which kind of object, among those that have the method. */
  readonly slot: SlotName | null
  /** Whether an object that was closed is replaced before. */
  readonly fresh: boolean
  readonly args: readonly Recipe[]
}

const MAKERS = new Map<string, Maker>()
for (const [name, maker] of Object.entries(HOSTILE_VALUES)) MAKERS.set(name, maker)
for (const [group, makers] of Object.entries(SOUND))
  for (const [name, maker] of Object.entries(makers)) MAKERS.set(`${group}: ${name}`, maker)

function make(recipe: Recipe, world: World, spoil: () => void): unknown {
  if (typeof recipe === 'number') return recipe
  return (MAKERS.get(recipe) as Maker)(world, spoil)
}

const hostile = fc.constantFrom<Recipe>(...Object.keys(HOSTILE_VALUES))
const number = fc.integer({ min: -300, max: 70_000 })
const sound = new Map<Group, fc.Arbitrary<Recipe>>()

function argument(group: Group): fc.Arbitrary<Recipe> {
  let good = sound.get(group)
  if (good === undefined) {
    const names = Object.keys(SOUND[group]).map((name) => `${group}: ${name}`)
    good = fc.oneof(
      { weight: 7, arbitrary: fc.constantFrom<Recipe>(...names) },
      { weight: 3, arbitrary: hostile },
      { weight: 1, arbitrary: number },
    )
    sound.set(group, good)
  }
  return good
}

const WEIGHT_OF_METHOD = 8
const ABSENT: Recipe = 'undefined'

/** Calls of one function. */
function callsOf({ place, slots }: Entry): fc.Arbitrary<Call> {
  const args = fc.tuple(...shapeOf(place).map(argument), fc.oneof(fc.constant(ABSENT), fc.constant(ABSENT), hostile))
  return fc.record({
    place: fc.constant(place),
    slot: slots.length > 0 ? fc.constantFrom<SlotName | null>(...slots) : fc.constant(null),
    fresh: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
    args: fc.oneof({ weight: 9, arbitrary: args }, { weight: 1, arbitrary: fc.array(hostile, { maxLength: 4 }) }),
  })
}

/** Calls of any of them, each kind of object as often as the others. */
export function calls(entries: readonly Entry[], most: number): fc.Arbitrary<Call[]> {
  const any = fc.oneof(
    ...entries.map((entry) => ({ weight: entry.isOption ? 1 : WEIGHT_OF_METHOD, arbitrary: callsOf(entry) })),
  )
  return fc.array(any, { minLength: 1, maxLength: most, size: 'max' })
}

/** Numbers that these return belong to the caller. */
const GIVES_FD = /[#.](acceptfd|recvfd|recvfdsync|detach|unwrap|take|peerpidfd)$/

/** Takes care of what a call has returned. */
function harvest(world: World, place: string, value: unknown): void {
  if (value instanceof Promise) world.track(place, value, (result) => harvest(world, place, result))
  else if (typeof value === 'number') {
    if (GIVES_FD.test(place) && value >= 0) world.own(value)
  } else if (Array.isArray(value)) for (const one of value.slice(0, 8)) harvest(world, place, one)
  else if (typeof value === 'object' && value !== null) keep(world, place, value)
}

function keep(world: World, place: string, value: object): void {
  if (value instanceof AsyncSocket || value instanceof LowSocket) world.stray(value)
  else if (value instanceof MsgHdr) world.message(value)
  else if (value instanceof CmsgHdrs) world.stray({ close: () => value.clear() })
  else if ('on' in value && 'destroy' in value) watch(world, value as Duplex)
  else if ('readable' in value && 'writable' in value)
    useStreams(world, value as { readable: ReadableStream; writable: WritableStream })
  else if (Symbol.asyncIterator in value && 'next' in value)
    world.track(`${place} next()`, (value as AsyncIterator<unknown, unknown>).next(), (result) =>
      harvest(world, place, (result as IteratorResult<unknown>).value),
    )
  else if ('close' in value && typeof value.close === 'function') world.stray(value as { close(): unknown })
}

function useStreams(
  world: World,
  { readable, writable }: { readable: ReadableStream; writable: WritableStream },
): void {
  const writer = writable.getWriter()
  world.track('readable.read()', readable.getReader().read())
  world.track('writer.write()', writer.write('some text'))
}

function watch(world: World, stream: Duplex): void {
  // One of Node's own has taken the descriptor with it.
  if (stream instanceof NodeSocket) world.stray({ close: () => stream.destroy() })
  if (stream.listenerCount('error') > 0) return
  stream.on('error', (error: Error) => world.judge('the stream', error))
}

export class Caller {
  readonly #entries: ReadonlyMap<string, Entry>
  readonly called = new Set<string>()
  count = 0
  /** Is told of each call before it is made. */
  trace: ((call: Call) => void) | undefined

  constructor(entries: readonly Entry[]) {
    this.#entries = new Map(entries.map((entry) => [entry.place, entry]))
  }

  /** Makes one call. */
  make(world: World, call: Call): void {
    this.trace?.(call)
    const { place, slot, fresh, args } = call
    const entry = this.#entries.get(place) as Entry
    this.called.add(place)
    this.count++
    try {
      const self = slot === null ? undefined : world.get(slot, fresh)
      const spoil = (): void => world.spoil(self ?? world.socket())
      const values = args.map((arg) => make(arg, world, spoil))
      while (values.length > 0 && values.at(-1) === undefined) values.pop()
      harvest(world, place, entry.call(self, harmless(place, values, world)))
    } catch (error) {
      world.judge(`${place}(${args.join(', ')})`, error)
    }
  }

  /** A whole run in a world of its own: what was wrong in it. */
  async run(all: readonly Call[]): Promise<string[]> {
    const world = new World()
    const left = await leftOpen(async () => {
      let i = 0
      for (const call of all) {
        this.make(world, call)
        if (++i % 8 === 0) await turn()
        if (world.faults.length > 0) break
      }
      await world.close()
    })
    return [...world.faults, ...left.map((fd) => `left open: ${fd}`)]
  }
}
