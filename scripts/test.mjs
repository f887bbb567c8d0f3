// Runs the compiled tests with Node's own runner.
//   node scripts/test.mjs [part of a file name ...] [--option for node ...]
// The list of files comes from the sources, so that no leftover of an old build is run. Where it may, it runs them in a
// network namespace with nothing but a loopback device: no test can talk to anybody else, not even to a name server, and
// what is there in the end was left by them.
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { leftInNamespace } from './lib/leftovers.mjs'
import { canIsolate } from './lib/namespace.mjs'
import { filesBelow, inRoot } from './lib/project.mjs'
import { Failure, inForeground, quietly, script } from './lib/run.mjs'

/** A test that hangs fails after this long: no test of ours takes a tenth of it, unless the machine is slow (see test/util/waiting.ts). */
const TIMEOUT_MS = 120_000 * (Number(process.env['BERKELEY_PATIENCE']) || 1)

/** The path of a unix socket has 107 bytes: a base that takes many of them is not used. */
const BASE_MAX = 24

/** What newer versions of Node read on a thread of their own, and have open for a moment when the tests count descriptors. */
const { NODE_EXTRA_CA_CERTS: _, ...ENVIRONMENT } = process.env

/** Says that this process is the one within the namespace. */
const ISOLATED = '--isolated'

/** @param {readonly string[]} wanted */
function compiledTests(wanted) {
  const names = ['test', 'trust']
    .flatMap((folder) => filesBelow(inRoot(folder), /\.test\.ts$/, ['node_modules']))
    .map((source) => relative(inRoot(), source))
    .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))
  if (names.length === 0) throw new Failure(`no test file ${wanted.length ? `matches ${wanted.join(', ')}` : 'found'}`)
  return names.map((name) => inRoot('build', name.replace(/\.ts$/, '.js')))
}

/** @param {readonly string[]} args */
function nodeArguments(args) {
  const files = compiledTests(args.filter((arg) => !arg.startsWith('-')))
  const options = args.filter((arg) => arg.startsWith('-'))
  return [
    '--test',
    '--test-reporter=spec',
    `--test-timeout=${TIMEOUT_MS}`,
    '--enable-source-maps',
    ...options,
    ...files,
  ]
}

/** Newer versions of Node keep what npm's JavaScript compiles to there: a cache is meant to be left. */
const CACHE = 'node-compile-cache'

/** @param {string} folder */
const leftInFolder = (folder) =>
  readdirSync(folder)
    .filter((name) => name !== CACHE)
    .map((name) => `file ${join(folder, name)}`)

/**
 * Runs the tests with a temporary folder of their own.
 * @param {readonly string[]} args
 * @param {() => string[] | Promise<string[]>} leftovers what else is there when they are over, and should not be
 */
async function run(args, leftovers) {
  const command = nodeArguments(args)
  const folder = mkdtempSync(join(tmpdir().length > BASE_MAX ? '/tmp' : tmpdir(), 'bk-'))
  try {
    // As the folder that it stands in for: some tests are two users.
    chmodSync(folder, 0o1777)
    const status = await inForeground(process.execPath, command, { ...ENVIRONMENT, TMPDIR: folder })
    const left = [...leftInFolder(folder), ...(await leftovers())]
    if (left.length > 0) throw new Failure(`the tests left behind:\n${left.map((what) => `  ${what}`).join('\n')}`)
    return status
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

await script(() => {
  const args = process.argv.slice(2)
  if (args[0] === ISOLATED) {
    quietly('starting the loopback device', 'ip', ['link', 'set', 'lo', 'up'])
    return run(args.slice(1), leftInNamespace)
  }
  if (!canIsolate()) return run(args, () => [])
  return inForeground('unshare', ['--net', process.execPath, fileURLToPath(import.meta.url), ISOLATED, ...args])
})
