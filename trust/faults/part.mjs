// Fault injection: each call of the addons fails with each error on its man page, checked against tables of expected outcomes; then
// random faults in conversations of every kind, which must not lose anything.
import { spawnSync } from 'node:child_process'
import { inRoot } from '../../scripts/lib/project.mjs'
import { Failure } from '../../scripts/lib/run.mjs'
import { shimEnvironment } from '../shim/build.mjs'

/** The cases take half a minute where nothing else runs. */
const CASES_MS = 600_000
/** What a program may take beside the time that it was given: to start, and to end its last conversation. */
const GRACE_MS = 90_000
/** The share of the short form that goes to chance: the cases come first, and have an end. */
const CHANCE_SECONDS = 15
/** The short form takes each case of so many: every error is there, but not at every occurrence. */
const EVERY = 2
/** At least so many cases make the table that is meant. */
const CASES_MIN = 600

/**
 * Programs that a run with other addons would start too, each with its arguments.
 * @param {number} seconds how long faults come at random
 * @param {number} every takes each case of so many
 * @returns {{ what: string, program: string, args: string[], milliseconds: number }[]}
 */
export const faultPrograms = (seconds, every = 1) => [
  { what: 'cases', program: program('cases.js'), args: ['--every', String(every)], milliseconds: CASES_MS },
  {
    what: 'chance',
    program: program('random.js'),
    args: ['--seconds', String(seconds)],
    milliseconds: seconds * 1000 + GRACE_MS,
  },
]

/** @param {string} name */
const program = (name) => inRoot('build', 'trust', 'faults', name)

/**
 * Runs one of the programs, and gives the counts of its last line.
 * @param {ReturnType<typeof faultPrograms>[number]} which
 * @returns {any}
 */
function countsOf({ what, program, args, milliseconds }) {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['--enable-source-maps', program, ...args], {
    env: shimEnvironment(),
    encoding: 'utf8',
    timeout: milliseconds,
    killSignal: 'SIGKILL',
    maxBuffer: 256 * 1024 * 1024,
  })
  if (status !== 0) throw new Failure(`${stdout}${stderr}\nfaults, ${what}: ${signal ?? `exit status ${status}`}`)
  const counts = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
  if (stderr.includes('ResourceWarning')) throw new Failure(`faults, ${what}: sockets were lost\n${stderr}`)
  return counts
}

/** @type {import('../lib/record.mjs').Part} */
export const faults = {
  name: 'faults',
  title: 'system calls that fail, are interrupted, or transfer less than requested',
  seconds: { short: 80, long: 1200 },
  async run({ long, seconds }) {
    const [table, chance] = (long ? faultPrograms(seconds) : faultPrograms(CHANCE_SECONDS, EVERY)).map(countsOf)
    if (table.cases < CASES_MIN) throw new Failure(`faults: only ${table.cases} cases`)
    if (chance.faults === 0) throw new Failure('faults: chance made none')
    return [
      ['cases (call, error, occurrence)', table.cases],
      ['calls with injected failures', table.calls],
      ['conversations with random faults', chance.rounds],
      ['faults in them', chance.faults],
    ]
  },
}
