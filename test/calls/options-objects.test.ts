// Objects of options: what is in them holds or is refused, and only what is in them counts.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { leavesNoFd } from '../util/index.js'
import { watchingReads } from './poison.js'
import { failure, methods, optionsOf, type Place, places } from './surface.js'

leavesNoFd()

const REFUSED = 'ERR_INVALID_ARG_VALUE'

/** Whether a call went as far as the kernel or the resolver: that a connection is refused, say, is no fault of its options. */
async function accepts(place: Place, given: object): Promise<boolean> {
  return !(await failure(place, given))?.code?.startsWith('ERR_INVALID_ARG')
}

async function assertRefused(place: Place, given: object, reason: RegExp): Promise<void> {
  const error = await failure(place, given)
  assert.equal(error?.code, REFUSED, place.name)
  assert.match(error?.message ?? '', reason, place.name)
}

async function surface(t: Parameters<typeof places>[0]): Promise<Place[]> {
  return [...places(t), ...(await methods(t))]
}

describe('objects of options', () => {
  test('every function accepts the options that it has', async (t) => {
    for (const place of await surface(t)) assert.ok(await accepts(place, place.valid), place.name)
  })

  test('every function refuses an option that it does not have (H103)', async (t) => {
    for (const place of await surface(t))
      for (const key of ['mispelt', '0', 'constructor', '__proto__'])
        await assertRefused(place, withOwn(place.valid, key, 1), new RegExp(`has no property "${key}"`))
  })

  test('every function refuses an option that is inherited from a class or another object (H103)', async (t) => {
    for (const place of await surface(t))
      for (const key of await optionsOf(place)) {
        const others = Object.entries(place.valid).filter(([name]) => name !== key)
        for (const inheriting of [Object.create({ [key]: 1 }), withGetter(key)])
          await assertRefused(
            place,
            Object.assign(inheriting, Object.fromEntries(others)),
            new RegExp(`inherits "${key}"`),
          )
      }
  })

  test('every function accepts an object without a prototype, and one of a class with its own properties', async (t) => {
    class Options {}
    for (const place of await surface(t)) {
      if (Object.keys(place.valid).length === 0) continue
      for (const given of [Object.create(null), new Options()])
        assert.ok(await accepts(place, Object.assign(given, place.valid)), place.name)
    }
  })

  test('every function refuses what is no object of options: a Map, a Promise, a signal, an array (H103)', async (t) => {
    for (const place of await surface(t))
      for (const wrong of [new Map(), Promise.resolve(), AbortSignal.timeout(1e6), [], ['x'], Buffer.from('x')])
        assert.equal(await accepts(place, wrong), false, `${place.name}: ${wrong}`)
  })

  test('no function reads an option from Object.prototype (H102)', async (t) => {
    const all = await surface(t)
    const known = new Set((await Promise.all(all.map(optionsOf))).flat())
    assert.ok(known.size > 60, `${known.size} options`)
    for (const place of all) {
      const reads = await watchingReads([...known], () => failure(place, place.valid))
      assert.deepEqual(reads, [], place.name)
    }
  })
})

function withOwn(valid: object, key: string, value: unknown): object {
  return Object.defineProperty({ ...valid }, key, { value, enumerable: true })
}

/** An object of a class that has a getter. */
function withGetter(key: string): object {
  class Options {}
  Object.defineProperty(Options.prototype, key, { get: () => 1 })
  return new Options()
}
