import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { after, budget, LONGEST_MS, NEVER, remaining } from '#internal/engine/deadline.js'

describe('deadline', () => {
  test('a timeout of 0 milliseconds is no deadline', () => {
    assert.equal(after(0), NEVER)
    assert.equal(remaining(NEVER), Number.POSITIVE_INFINITY)
  })

  test('the time that is left is rounded up and never negative (H21)', () => {
    assert.equal(remaining(performance.now() - 1), 0)
    const left = remaining(after(1000))
    assert.ok(Number.isInteger(left) && left > 900 && left <= 1000, String(left))
    assert.equal(remaining(after(0.25)), 1)
  })

  test('a timeout is a number from 0 on that a timer can hold (H21)', () => {
    for (const good of [0, 0.5, 1, LONGEST_MS]) assert.equal(budget('ms', good), good)
    for (const bad of [-1, -0.001, Number.NaN, LONGEST_MS + 1, Number.POSITIVE_INFINITY])
      assert.throws(() => budget('ms', bad), { name: 'RangeError', code: 'ERR_OUT_OF_RANGE', message: /"ms"/ })
    for (const bad of ['5', null, true, 5n])
      assert.throws(() => budget('ms', bad), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE', message: /"ms"/ })
  })
})
