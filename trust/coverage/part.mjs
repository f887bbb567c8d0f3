// Which lines of C and TypeScript the tests reach: the suite on instrumented addons, with V8's coverage enabled.
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildCoverage } from '../../scripts/build-native.mjs'
import { inRoot } from '../../scripts/lib/project.mjs'
import { Failure } from '../../scripts/lib/run.mjs'
import { addonsIn } from '../../scripts/lib/sanitizers.mjs'
import { runs } from '../lib/child.mjs'
import { runSuite } from '../lib/suite.mjs'
import { nativeCoverage, requireGcovr, resetCounts } from './native.mjs'
import { typeScriptCoverage } from './typescript.mjs'

/** @typedef {{ covered: number, total: number }} Share */

/** Percent of the native lines below which the part fails. The short form runs a third of the suite. */
const FLOOR = { short: 85, long: 90 }

/** Parts of the file names of tests that reach most lines in little time. */
const SHORT = [
  'unit/',
  ...['llsocket/accept', 'llsocket/addon', 'llsocket/address', 'llsocket/arguments', 'llsocket/bind', 'llsocket/close'],
  ...[
    'llsocket/connect',
    'llsocket/control',
    'llsocket/create',
    'llsocket/dup',
    'llsocket/env',
    'llsocket/getaddrinfo',
  ],
  ...['llsocket/getifaddrs', 'llsocket/inspect', 'llsocket/memory', 'llsocket/nameinfo', 'llsocket/sendmsg'],
  ...['llsocket/shutdown', 'llsocket/wrap'],
  'message/',
  'options/walk',
  'options/multicast',
  'seqpacket',
  'dgram/',
  ...[
    'stream/close.',
    'stream/connect-backlog',
    'stream/create',
    'stream/getaddrinfo',
    'stream/iteration',
    'stream/listen',
  ],
  ...['stream/pass-fd.', 'stream/peercred', 'stream/queued', 'stream/sendfile', 'stream/sendmsg', 'stream/socket-file'],
  'stream/wrap',
  'adapters/',
  'tls/verdicts/',
]

const PLACE = inRoot('build', 'coverage')
const DATA = join(PLACE, 'v8')
const UNREACHED = join(PLACE, 'unreached.txt')

/** Processes of other users write there, too. @param {string} path */
function folderForAll(path) {
  rmSync(path, { recursive: true, force: true })
  mkdirSync(path, { recursive: true })
  chmodSync(path, 0o1777)
}

/** The long form includes `faults`, which reaches the handling of failed system calls. @param {boolean} long @param {NodeJS.ProcessEnv} env */
async function runTests(long, env) {
  await runSuite(long ? [] : SHORT, { env })
  if (long) await runs('faults', process.execPath, [inRoot('trust', 'run.mjs'), '--short', 'faults'], { env })
}

/** @param {Share} share */
const percent = ({ covered, total }) => (100 * covered) / total

/** @param {string} what @param {Share} share @returns {import('../lib/record.mjs').Figure} */
const figure = (what, share) => [what, `${percent(share).toFixed(1)} % of ${share.total.toLocaleString('en')}`]

/** Lines that did not run, in the form in which compilers print places. @param {Map<string, number[]>} unreached */
function listed(unreached) {
  const sources = [...unreached].filter(([, lines]) => lines.length > 0).sort(([a], [b]) => (a < b ? -1 : 1))
  return sources.flatMap(([path, lines]) => {
    const text = readFileSync(inRoot(path), 'utf8').split('\n')
    return lines.sort((a, b) => a - b).map((line) => `${path}:${line}: ${text[line - 1]?.trim()}\n`)
  })
}

/** @param {Share} lines @param {number} floor */
function assertFloor(lines, floor) {
  if (percent(lines) >= floor) return
  throw new Failure(`only ${percent(lines).toFixed(1)} % of the native lines ran, not ${floor}; see ${UNREACHED}`)
}

/** @param {import('../lib/record.mjs').Effort} effort @returns {Promise<import('../lib/record.mjs').Figure[]>} */
async function run({ long }) {
  requireGcovr()
  const folder = buildCoverage()
  resetCounts(folder)
  folderForAll(DATA)
  await runTests(long, { ...process.env, ...addonsIn(folder), NODE_V8_COVERAGE: DATA })
  const native = nativeCoverage(folder, PLACE)
  const typeScript = await typeScriptCoverage(DATA, join(PLACE, 'report'))
  writeFileSync(UNREACHED, [...listed(native.unreached), ...listed(typeScript.unreached)].join(''))
  assertFloor(native.lines, FLOOR[long ? 'long' : 'short'])
  return [
    figure('lines of C that ran', native.lines),
    figure('functions of C', native.functions),
    figure('branches of C', native.branches),
    figure('lines of TypeScript that ran', typeScript.lines),
    figure('functions of TypeScript', typeScript.functions),
    figure('branches of TypeScript', typeScript.branches),
  ]
}

/** @type {import('../lib/record.mjs').Part} */
export const coverage = {
  name: 'coverage',
  title: 'which lines of C and TypeScript the tests reach',
  seconds: { short: 60, long: 900 },
  run,
}
