import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { run } from '../util/index.js'
import { missing } from './common.js'

const suite = fileURLToPath(new URL('multicast-suite.js', import.meta.url))

/** Not every user may make a network. */
function withoutNetworks(): string | false {
  const mayNot = () => spawnSync('unshare', ['--net', 'true'], { stdio: 'ignore' }).status !== 0
  return missing('unshare', 'nsenter', 'ip', 'socat', 'python3') || (mayNot() && 'network namespaces need root')
}

// Multicast goes out by an interface: the suite has a network of its own, which ends with its process.
test('multicast works between two networks, with socat and Python (H85)', { skip: withoutNetworks() }, async () => {
  const inner = [process.execPath, '--test', '--test-reporter=tap', suite]
  // The runner of this file tells its children by a variable to speak its own protocol; the inner runner is on its own.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const ended = await run('unshare', ['--net', ...inner], { env, patience: 60_000 })
  assert.equal(ended.code, 0, ended.stdout + ended.stderr)
  assert.match(ended.stdout, /^# pass [1-9]/m)
  assert.match(ended.stdout, /^# skipped 0$/m)
})
