// How many verdicts there are, and that each is one of its own.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { TABLES } from './tables.js'
import { isRefusal } from './verdict.js'

it('every case has a title of its own', () => {
  for (const [name, cases] of Object.entries(TABLES)) {
    const titles = cases.map(({ title }) => title)
    assert.deepEqual(
      titles.filter((title, index) => titles.indexOf(title) !== index),
      [],
      name,
    )
  }
})

it('the tables have at least 150 refusals and 60 acceptances, without those of configurations (H92)', () => {
  const { CONFIG: _, ...met } = TABLES
  const cases = Object.values(met).flat()
  const refusals = cases.filter(isRefusal).length
  assert.ok(refusals >= 150, `${refusals} refusals`)
  assert.ok(cases.length - refusals >= 60, `${cases.length - refusals} acceptances`)
})
