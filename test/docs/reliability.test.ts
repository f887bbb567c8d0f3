import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { root, run } from '../util/index.js'

test('docs/reliability.md is what the titles of the tests say', async () => {
  const { code, stderr } = await run(process.execPath, [join(root, 'scripts', 'generate-reliability.mjs'), '--check'])
  assert.equal(code, 0, stderr)
})
