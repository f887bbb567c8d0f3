// Random arguments for every public function, and random sequences of calls.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canIsolate } from '../../scripts/lib/namespace.mjs'
import { inRoot } from '../../scripts/lib/project.mjs'
import { Failure } from '../../scripts/lib/run.mjs'
import { ended } from '../lib/child.mjs'

const PROGRAM = inRoot('build', 'trust', 'fuzz-api', 'main.js')

/** Leaks are found sooner; the skips of the programs know this limit too. */
const FD_LIMIT = 256

/** Seconds for what begins and ends a process, and for making a failure smaller. */
const START_SECONDS = 4
const GRACE_SECONDS = 60

/** What a process said last on standard error, in characters. */
const SHOWN_MAX = 10_000

const SEEDS = 2 ** 31

/** @typedef {'calls' | 'sequences'} Mode */
/** @typedef {{ mode: Mode, seconds: number, seed: number, path?: string }} Job */
/** @typedef {{ calls: number, covered: number, all: number, skipped: number, sequences: number }} Counts */
/** @typedef {{ seed: number, path: string, calls: string | string[], what: string }} Defect */

/** @param {Job} job @returns {[command: string, args: string[]]} */
function commandOf({ mode, seconds, seed, path }) {
  const args = [process.execPath, PROGRAM, mode, String(seconds), String(seed), ...(path === undefined ? [] : [path])]
  const isolated = canIsolate()
  const limited = `ulimit -n ${FD_LIMIT} && exec "$@"`
  if (!isolated) return ['sh', ['-c', limited, 'sh', ...args]]
  return ['unshare', ['--net', 'sh', '-c', `ip link set lo up && ${limited}`, 'sh', ...args]]
}

/** Each line is an object; a process that crashes may leave half a one. @param {string} line */
function parsed(line) {
  try {
    return [JSON.parse(line)]
  } catch {
    return []
  }
}

/** Runs a process to its end, in a folder of its own. @param {Job} job */
async function inFolder(job) {
  const cwd = mkdtempSync(join(tmpdir(), 'bk-'))
  const [command, args] = commandOf(job)
  try {
    const aloud = Boolean(process.env['BERKELEY_TRACE'])
    const { how, stdout, stderr } = await ended(command, args, { cwd, seconds: job.seconds + GRACE_SECONDS, aloud })
    return { how, stderr: stderr.slice(-SHOWN_MAX), lines: stdout.split('\n').flatMap(parsed) }
  } finally {
    rmSync(cwd, { recursive: true, force: true })
  }
}

/** How to see it again. @param {Mode} mode @param {number} seed @param {string} path */
const again = (mode, seed, path) => `BERKELEY_SEED=${seed} BERKELEY_PATH=${mode}/${path} npm run trust -- fuzz-api`

/** @param {Mode} mode @param {Defect} defect */
function told(mode, { seed, path, calls, what }) {
  const steps = Array.isArray(calls) ? calls.map((call) => `  ${call}`).join('\n') : `  ${calls}`
  return `${what}\nafter\n${steps}\n${again(mode, seed, path)}`
}

/** @param {Job} job @returns {Promise<Counts>} */
async function counted(job) {
  const { how, lines, stderr } = await inFolder(job)
  const failed = lines.find((line) => line.failed)?.failed
  if (failed) throw new Failure(told(job.mode, failed))
  const figures = lines.find((line) => line.figures)?.figures
  if (how === undefined && figures) return figures
  const seed = lines.findLast((line) => line.seed !== undefined)?.seed ?? job.seed
  throw new Failure(`the process ${how ?? 'gave no figures'}\n${stderr}\n${again(job.mode, seed, '0')}`)
}

/** Each job begins when the one before it has ended. @param {readonly Job[]} jobs */
async function oneByOne(jobs) {
  const results = []
  for (const job of jobs) results.push(await counted(job))
  return results
}

/** All have to end before anybody is told of the first failure. @param {readonly (readonly Job[])[]} rows @returns {Promise<Counts[]>} */
async function sideBySide(rows) {
  const results = await Promise.allSettled(rows.map(oneByOne))
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
  if (failures.length > 1) throw new Failure(failures.map((failure) => failure.message).join('\n\n'))
  if (failures.length > 0) throw failures[0]
  return results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
}

/** One failure again: the path begins with the mode. @param {string} path @param {number} seed @param {number} seconds */
async function seenAgain(path, seed, seconds) {
  const [mode, ...rest] = path.split('/')
  if (mode !== 'calls' && mode !== 'sequences') throw new Failure('BERKELEY_PATH begins with calls/ or sequences/')
  return [await counted({ mode, seconds, seed, path: rest.join('/') })]
}

/** Two processes: calls all the time in one, sequences in the last quarter of the other. @param {number} seconds @param {number} seed */
function searched(seconds, seed) {
  const time = Math.max(1, Math.floor((seconds - START_SECONDS) / 4))
  const other = (seed + SEEDS / 2) % SEEDS
  return sideBySide([
    [{ mode: 'calls', seconds: 4 * time, seed }],
    [
      { mode: 'calls', seconds: 3 * time, seed: other },
      { mode: 'sequences', seconds: time, seed: other },
    ],
  ])
}

/** @type {import('../lib/record.mjs').Part} */
export const fuzzApi = {
  name: 'fuzz-api',
  title: 'arbitrary arguments for every public function and method, and random sequences of calls',
  seconds: { short: 80, long: 1200 },
  async run({ seconds }) {
    const { BERKELEY_SEED, BERKELEY_PATH } = process.env
    const seed = BERKELEY_SEED === undefined ? Date.now() % SEEDS : Number(BERKELEY_SEED)
    const counts = await (BERKELEY_PATH ? seenAgain(BERKELEY_PATH, seed, seconds) : searched(seconds, seed))
    const sum = (/** @type {(count: Counts) => number} */ of) => counts.reduce((total, count) => total + of(count), 0)
    const [{ all, skipped } = { all: 0, skipped: 0 }] = counts
    return [
      ['calls', sum(({ calls }) => calls)],
      [`functions and methods called (of ${all})`, Math.max(...counts.map(({ covered }) => covered))],
      ['skipped, each with a reason', skipped],
      ['sequences', sum(({ sequences }) => sequences)],
    ]
  },
}
