// What is kept of a run in a virtual machine.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../util/index.js'

type Results = Record<string, { date: string; passed: number; skipped: number; failed: string[] }>
const { resultsOf } = (await import(join(root, 'scripts', 'vm', 'record.mjs'))) as {
  resultsOf(text: string, date: string): Results
}

const compiled = join(root, 'build', 'test', 'dgram', 'some.test.js')
const event = (name: string, more: object) =>
  JSON.stringify({ name, nesting: 1, isSuite: false, passed: true, file: compiled, ...more })

test('each test of a run counts once, under its source, and suites do not', () => {
  const lines = [
    event('a', {}),
    event('b', { passed: false }),
    event('c', { skip: 'no such kernel' }),
    event('suite', { passed: false, isSuite: true }),
    event(compiled, { passed: true }),
    event('d', { file: join(root, 'test', 'dgram', 'some.test.ts') }),
    event('the end', { passed: false, file: join(root, 'test', 'util', 'fds.ts') }),
  ]
  assert.deepEqual(resultsOf(`${lines.join('\n')}\n`, '2030-01-02'), {
    'test/dgram/some.test.ts': { date: '2030-01-02', passed: 2, skipped: 1, failed: ['b', 'the end'] },
  })
})

test('a file that ends badly counts as a failure, although none of its tests failed', () => {
  const lines = [event('a', {}), event(compiled, { passed: false, nesting: 0 })]
  const results = resultsOf(lines.join('\n'), '2030-01-02')
  assert.deepEqual(results['test/dgram/some.test.ts']?.failed, ['the file ended badly'])
})
