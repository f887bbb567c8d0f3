import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { root, run } from '../util/index.js'

test('docs/ecosystem.md is about the libraries that are tried, in their versions', async () => {
  const { code, stderr } = await run(process.execPath, [join(root, 'scripts', 'ecosystem.mjs'), '--check'])
  assert.equal(code, 0, stderr)
})
