import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { run } from '../util/index.js'

const program = fileURLToPath(new URL('conversation.js', import.meta.url))

/** What the conversations came to. */
async function transcript(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(process.execPath, [program, ...args])
  assert.equal(code, 0, stderr)
  return stdout
}

test('conversations go on as ever while Object.prototype has properties with the names of options (H102)', async () => {
  const usual = await transcript()
  assert.match(usual, /^hello$/m)
  assert.match(usual, /^refused UNABLE_TO_GET_ISSUER_CERT/m)
  assert.equal(await transcript('polluted'), usual)
})
