// Runs the compiled tests with Node's own runner.
//   node scripts/test.mjs [part of a file name ...] [--option for node ...]
// The list of files comes from the sources, so that no leftover of an old build is run. Where it may, it runs them in a
// network namespace with nothing but a loopback device: no test can talk to anybody else, not even to a name server.
import { spawnSync } from 'node:child_process'
import { relative } from 'node:path'
import { filesBelow, inRoot } from './lib/project.mjs'
import { Failure, inForeground, script, which } from './lib/run.mjs'

/** A test that hangs fails after this long: no test of ours takes a tenth of it. */
const TIMEOUT_MS = 120_000

/** @param {readonly string[]} wanted */
function compiledTests(wanted) {
  const names = filesBelow(inRoot('test'), /\.test\.ts$/)
    .map((source) => relative(inRoot(), source))
    .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))
  if (names.length === 0) throw new Failure(`no test file ${wanted.length ? `matches ${wanted.join(', ')}` : 'found'}`)
  return names.map((name) => inRoot('build', name.replace(/\.ts$/, '.js')))
}

/** Whether this process may make namespaces: not so in many containers, and for nobody but root. */
function canIsolate() {
  if (process.getuid?.() !== 0 || !which('unshare') || !which('ip')) return false
  return spawnSync('unshare', ['--net', 'true'], { stdio: 'ignore' }).status === 0
}

await script(() => {
  const args = process.argv.slice(2)
  const files = compiledTests(args.filter((arg) => !arg.startsWith('-')))
  const options = args.filter((arg) => arg.startsWith('-'))
  const runner = ['--test', '--test-reporter=spec', `--test-timeout=${TIMEOUT_MS}`, '--enable-source-maps']
  const command = [process.execPath, ...runner, ...options, ...files]
  if (!canIsolate()) return inForeground(process.execPath, command.slice(1))
  return inForeground('unshare', ['--net', 'sh', '-e', '-c', 'ip link set lo up; exec "$@"', 'sh', ...command])
})
