import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { available, leavesNoFd, run } from '../util/index.js'

leavesNoFd()

const suite = fileURLToPath(new URL('connect-network-suite.js', import.meta.url))

/**
 * A network of its own, gone with the process: two virtual interfaces that are joined. Behind the first one is an empty network
 * there, and both have link-local addresses. Three routes refuse, each in its way. TCP Fast Open is on for both sides.
 */
const SETUP = `
  ip link set lo up
  ip link add near0 type veth peer name far0
  ip addr add 10.99.0.1/24 dev near0
  ip -6 addr add fd00:99::1/64 dev near0 nodad
  ip -6 addr add fe80::1/64 dev near0 nodad
  ip -6 addr add fe80::2/64 dev far0 nodad
  ip link set near0 up
  ip link set far0 up
  ip route add unreachable 10.98.0.1
  ip route add prohibit 10.98.0.2
  ip route add blackhole 10.98.0.3
  echo 3 > /proc/sys/net/ipv4/tcp_fastopen
  exec "$@"
`

const reason = available('unshare') || available('ip') || (process.getuid?.() !== 0 && 'namespaces need root')

test('clients connect in a network namespace of its own (H107)', { skip: reason }, async () => {
  const inner = ['-e', '-c', SETUP, 'sh', process.execPath, '--test', '--test-reporter=tap', suite]
  // The runner of this file tells its children by a variable to speak its own protocol; the inner runner is on its own.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const ended = await run('unshare', ['--net', 'sh', ...inner], { env, patience: 60_000 })
  assert.equal(ended.code, 0, ended.stdout + ended.stderr)
  assert.match(ended.stdout, /^# pass [1-9]/m)
})
