// The same conversation over npm's unix-dgram and over berkeley/unix-dgram: every event, callback, error and return, in their order.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { root, run, tempFolder } from '../util/index.js'
import { LIBRARIES, missing } from './libraries.js'

const CONVERSATION = join(root, 'test', 'unix-dgram', 'conversation.cjs')
const ORIGINAL = join(LIBRARIES, 'node_modules', 'unix-dgram-original')

async function conversation(module: string, cwd: string): Promise<unknown[]> {
  const { code, stdout, stderr } = await run(process.execPath, [CONVERSATION, module], { cwd })
  assert.equal(code, 0, stderr)
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

test('a program sees the same of berkeley/unix-dgram as of the original (H132)', {
  skip: missing(ORIGINAL),
}, async (t) => {
  const original = await conversation(ORIGINAL, tempFolder(t))
  assert.ok(original.length > 50)
  assert.deepEqual(await conversation(join(LIBRARIES, 'stand-in'), tempFolder(t)), original)
})
