import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { root, run } from '../util/index.js'

test('docs/platforms.md is what was recorded on the machines', async () => {
  const { code, stderr } = await run(process.execPath, [join(root, 'scripts', 'generate-platforms.mjs'), '--check'])
  assert.equal(code, 0, stderr)
})
