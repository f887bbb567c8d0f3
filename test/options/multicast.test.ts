import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { available, run } from '../util/index.js'

const suite = fileURLToPath(new URL('multicast-suite.js', import.meta.url))

/**
 * Multicast goes out by an interface, so it gets a network of its own: a namespace with a loopback device and a pair of
 * virtual interfaces, of which one has an IPv6 address. Both are gone with the process.
 */
const SETUP = `
  ip link set lo up
  ip route add 224.0.0.0/4 dev lo
  ip link add berkeley0 type veth peer name berkeley1
  ip link set berkeley1 up
  ip link set berkeley0 up
  ip -6 addr add fd00:77::1/64 dev berkeley0 nodad
  ip -6 addr add fe80::77/64 dev berkeley0 nodad
  ip -6 addr add fe80::78/64 dev berkeley1 nodad
  exec "$@"
`

const reason = available('unshare') || available('ip') || (process.getuid?.() !== 0 && 'namespaces need root')

test('multicast works in a network namespace of its own (H85)', { skip: reason }, async () => {
  const inner = ['-e', '-c', SETUP, 'sh', process.execPath, '--test', '--test-reporter=tap', suite]
  // The runner of this file tells its children by a variable to speak its own protocol; the inner runner is on its own.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const ended = await run('unshare', ['--net', 'sh', ...inner], { env, patience: 60_000 })
  assert.equal(ended.code, 0, ended.stdout + ended.stderr)
  assert.match(ended.stdout, /^# pass [1-9]/m)
  assert.match(ended.stdout, /^# skipped 0$/m)
})
