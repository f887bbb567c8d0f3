import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { run } from '../util/index.js'

/** Of each kind of socket and of wait, what does not take long. */
const FILES = [
  'stream/conversation',
  'stream/close',
  'stream/readiness',
  'stream/for-each',
  'stream/sendfile',
  'stream/pass-fd',
  'stream/error-queue',
  'dgram/conversation',
  'dgram/push',
  'seqpacket/recv',
  'tls/classes',
  'tls/readiness',
  'lifecycle/first-wait',
  'lifecycle/event-loop',
]

const PATIENCE_MS = 110_000

test('sockets of every kind wait by libuv alone as well: a part of this suite under BERKELEY_POLLER=uv (H164)', {
  skip: process.env['BERKELEY_POLLER'] === 'uv' && 'all of it runs that way',
}, async () => {
  const files = FILES.map((file) => fileURLToPath(new URL(`../${file}.test.js`, import.meta.url)))
  const { NODE_TEST_CONTEXT: _, ...others } = process.env
  const env = { ...others, BERKELEY_POLLER: 'uv' }
  const args = ['--test', '--test-reporter=tap', '--enable-source-maps', ...files]
  const { stdout, stderr, code } = await run(process.execPath, args, { env, patience: PATIENCE_MS })
  assert.equal(
    code,
    0,
    stdout
      .split('\n')
      .filter((line) => !/^\s*ok /.test(line))
      .join('\n') + stderr,
  )
  const passed = Number(/^# pass (\d+)$/m.exec(stdout)?.[1])
  assert.ok(passed > 100, `${passed} tests passed`)
})
