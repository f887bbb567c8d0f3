// A network namespace with nothing but a loopback device, for what may not talk to anybody else.
import { spawnSync } from 'node:child_process'
import { which } from './run.mjs'

/** Whether this process may make namespaces: not so in many containers, and for root only. */
export function canIsolate() {
  if (process.getuid?.() !== 0 || !which('unshare') || !which('ip')) return false
  return spawnSync('unshare', ['--net', 'true'], { stdio: 'ignore' }).status === 0
}
