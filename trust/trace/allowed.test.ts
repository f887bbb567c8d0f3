// An exception whose tests were renamed or removed is stale.

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { ALLOWED } from './allowed.js'

const TESTS = readdirSync(new URL('../../../test', import.meta.url), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts'))
  .map((path) => `test/${path.replace(/\.ts$/, '')}`)

test('every exception of the trace is for tests that exist', () => {
  const stale = ALLOWED.filter((one) => !TESTS.some((name) => one.test.test(name)))
  assert.deepEqual(
    stale.map(({ rule, test }) => `${test}: ${rule}`),
    [],
  )
})
