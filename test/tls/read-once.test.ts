// Options and arguments of TLS that change between two reads, or have a wrong type.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stream, tls } from 'berkeley'
import { closing, coded, leavesNoFd } from '../util/index.js'

leavesNoFd()

/** A property that is good once. */
function changing(name: string, good: unknown, ...later: unknown[]): object {
  const answers = [good, ...later]
  return Object.defineProperty({}, name, {
    enumerable: true,
    get: () => (answers.length > 1 ? answers.shift() : answers[0]),
  })
}

test('Context.client() reads each option once and refuses it when it is wrong', () => {
  for (const field of ['minVersion', 'maxVersion', 'verifyDepth', 'sessionTimeout'])
    assert.throws(
      () => tls.Context.client(changing(field, Symbol('wrong')) as never),
      (error: Error & { code?: string }) => /^ERR_(INVALID_ARG|OUT_OF)/.test(String(error.code)),
    )
  assert.ok(tls.Context.client(changing('minVersion', 'TLSv1.2', 'wrong') as never))
})

test('updateKeys() refuses every argument that is not a boolean', async (t) => {
  const [a, b] = await stream.unix.pair()
  for (const sock of [a, b]) closing(t, sock)
  for (const wrong of [Symbol('s'), 1n, {}, null] as never[])
    assert.throws(() => a.updateKeys(wrong), coded('ERR_INVALID_ARG_TYPE'))
})
