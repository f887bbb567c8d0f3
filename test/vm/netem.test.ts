// Slow and lossy networks, which the kernel's netem makes: see tc-netem(8). Where the kernel at hand has none, `npm run test:vm -- x64 netem` has.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { available, leavesNoFd, run } from '../util/index.js'

leavesNoFd()

/** The reason why this machine cannot make a network slow; false where it can. */
function withoutNetem(): string | false {
  const reason = available('unshare') || available('tc') || (process.getuid?.() !== 0 && 'namespaces need root')
  if (reason) return reason
  const made = spawnSync('unshare', ['--net', 'tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'netem'], { stdio: 'ignore' })
  return made.status === 0 ? false : 'this kernel has no netem: npm run test:vm -- x64 netem'
}

/**
 * Packets for some addresses go another way: for 127.0.1.1 slowly, for 127.0.1.2 into nothing, for 127.0.1.3 with losses and in another
 * order; all of IPv6 is slow. The answers of these come the usual way.
 */
const UNEVEN = `
  tc qdisc add dev lo root handle 1: prio bands 4 priomap 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
  tc qdisc add dev lo parent 1:2 netem delay 400ms
  tc qdisc add dev lo parent 1:3 netem loss 100%
  tc qdisc add dev lo parent 1:4 netem delay 8ms 4ms loss 2% reorder 10%
  for way in 1:2 2:3 3:4; do
    tc filter add dev lo parent 1: protocol ip u32 match ip dst 127.0.1.\${way%:*}/32 flowid 1:\${way#*:}
  done
  tc filter add dev lo parent 1: protocol ipv6 u32 match u32 0 0 flowid 1:2`

/** Every packet comes twice. */
const TWICE = 'tc qdisc add dev lo root netem duplicate 100%'

/** Runs a suite in a network of its own, gone with the process. */
async function inNetwork(suite: string, setup: string): Promise<void> {
  const script = `ip link set lo up\n${setup}\nexec "$@"`
  const file = fileURLToPath(new URL(suite, import.meta.url))
  const inner = ['-e', '-c', script, 'sh', process.execPath, '--test', '--test-reporter=tap', file]
  // The runner of this file tells its children by a variable to speak its own protocol; the inner runner is on its own.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const ended = await run('unshare', ['--net', 'sh', ...inner], { env, patience: 120_000 })
  assert.equal(ended.code, 0, ended.stdout + ended.stderr)
  assert.match(ended.stdout, /^# pass [1-9]/m)
}

const skip = withoutNetem()

test('clients and servers hold what they promise in a network that is slow and loses packets (H172)', { skip }, () =>
  inNetwork('netem-suite.js', UNEVEN),
)

test('streams and datagrams hold what they promise in a network that brings every packet twice (H172)', { skip }, () =>
  inNetwork('netem-twice-suite.js', TWICE),
)
