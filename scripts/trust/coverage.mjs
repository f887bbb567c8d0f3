// Which lines of C and TypeScript the tests reach: the suite on addons that count, under a V8 that does.
import { spawnSync } from 'node:child_process'
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildCoverage } from '../build-native.mjs'
import { forget, nativeCoverage, requireGcov } from '../lib/gcov.mjs'
import { ADDONS, builtPath, inRoot } from '../lib/project.mjs'
import { Failure } from '../lib/run.mjs'
import { typeScriptCoverage } from '../lib/v8-coverage.mjs'

/** @typedef {import('../lib/v8-coverage.mjs').Share} Share */
/** @typedef {{ name: string, args: string[], needs?: string }} Program run by Node; left out where `needs` is not there */

/**
 * Shares of the native lines below which the part fails. The short form runs a third of the suite, and reaches a line in
 * eleven of twelve; what it leaves out has close(2) on a thread, tickets, stapled responses and the ends of workers.
 */
const FLOOR = { short: 85, long: 90 }

/** Parts of names of tests that reach most in little time. */
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

/** Other parts of `trust`, which reach lines that plain tests cannot: those are for errors of system calls. */
const PARTS = ['faults']

/** How many times its box a run may take before it counts as hung: other programs may use the machine as well. */
const PATIENCE = 5

const PLACE = inRoot('build', 'coverage')
const DATA = join(PLACE, 'v8')
const SCRATCH = join(PLACE, 'report')
const UNREACHED = join(PLACE, 'unreached.txt')

/** @param {boolean} long @returns {Program[]} */
function programs(long) {
  const suite = { name: 'suite', args: [inRoot('scripts', 'test.mjs'), ...(long ? [] : SHORT)] }
  if (!long) return [suite]
  const parts = PARTS.map((name) => ({
    name,
    args: [inRoot('scripts', 'trust.mjs'), '--short', name],
    needs: inRoot('scripts', 'trust', `${name}.mjs`),
  }))
  return [suite, ...parts.filter(({ needs }) => existsSync(needs))]
}

/** Processes of other users write there, too. @param {string} path */
function folderForAll(path) {
  mkdirSync(path, { recursive: true })
  chmodSync(path, 0o1777)
}

/** What a run says is long: only the end of it is told, and where the rest is. @param {string} log */
const endOf = (log) => readFileSync(log, 'utf8').split('\n').slice(-60).join('\n')

/** @param {Program} program @param {string} folder of the addons @param {number} seconds */
function runProgram({ name, args }, folder, seconds) {
  const log = join(PLACE, `${name}.log`)
  const output = openSync(log, 'w')
  const addons = Object.fromEntries(ADDONS.map((addon) => [addon.variable, builtPath(addon, folder)]))
  const env = { ...process.env, ...addons, NODE_V8_COVERAGE: DATA }
  const { status, signal } = spawnSync(process.execPath, args, {
    cwd: inRoot(),
    env,
    stdio: ['ignore', output, output],
    timeout: seconds * PATIENCE * 1000,
  })
  closeSync(output)
  if (status !== 0) throw new Failure(`${endOf(log)}\n${name}: ${signal ?? `exit status ${status}`}; all of it: ${log}`)
}

/** @param {Share} share */
const percent = ({ covered, total }) => (100 * covered) / total

/** @param {string} what @param {Share} share @returns {import('../lib/trust.mjs').Figure} */
const figure = (what, share) => [what, `${percent(share).toFixed(1)} % of ${share.total.toLocaleString('en')}`]

/** The lines that nothing ran, as compilers name places. @param {Map<string, number[]>} unreached */
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

/** @param {import('../lib/trust.mjs').Effort} effort @returns {Promise<import('../lib/trust.mjs').Figure[]>} */
async function run({ long, seconds }) {
  requireGcov()
  const folder = buildCoverage()
  rmSync(PLACE, { recursive: true, force: true })
  forget(join(folder, 'build'))
  folderForAll(DATA)
  for (const program of programs(long)) runProgram(program, folder, seconds)
  const native = nativeCoverage(folder)
  const typeScript = await typeScriptCoverage(DATA, SCRATCH)
  for (const path of [DATA, SCRATCH]) rmSync(path, { recursive: true, force: true })
  writeFileSync(UNREACHED, [...listed(native.unreached), ...listed(typeScript.unreached)].join(''))
  assertFloor(native.lines, FLOOR[long ? 'long' : 'short'])
  return [
    figure('lines of C that ran', native.lines),
    ...native.addons.map(({ name, lines }) => figure(`lines of C in ${name}.node`, lines)),
    figure('functions of C', native.functions),
    figure('branches of C', native.branches),
    figure('lines of TypeScript that ran', typeScript.lines),
    figure('functions of TypeScript', typeScript.functions),
    figure('branches of TypeScript', typeScript.branches),
  ]
}

/** @type {import('../lib/trust.mjs').Part} */
export const coverage = {
  name: 'coverage',
  title: 'which lines of C and TypeScript the tests reach',
  seconds: { short: 60, long: 900 },
  run,
}
