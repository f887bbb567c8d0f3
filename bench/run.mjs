// Measures berkeley against its peers and prints how they compare. It asserts nothing.
//   npm run bench                        all scenarios, some minutes
//   npm run bench -- NAME ...            those with NAME in theirs
//   npm run bench -- --quick             to see that it works: too short to tell anything
//   npm run bench -- --rounds N --ms N   more or longer rounds
import { parseArgs } from 'node:util'
import { Failure, script } from '../scripts/lib/run.mjs'
import { makeCertificate } from './lib/certificate.mjs'
import { chooseCores } from './lib/cores.mjs'
import { loadAverage, machine, save } from './lib/results.mjs'
import { runCase } from './lib/rounds.mjs'
import { scratchFolder } from './lib/scratch.mjs'
import { progressLine, table } from './lib/terminal.mjs'
import { SCENARIOS } from './scenarios/index.mjs'

/** @type {import('./lib/rounds.mjs').Effort} */
const USUAL = { rounds: 5, first: 500, warm: 200, run: 800 }
/** @type {import('./lib/rounds.mjs').Effort} */
const QUICK = { rounds: 3, first: 100, warm: 50, run: 200 }

/** More than this many runnable processes, and what is measured is how they share the machine. */
const QUIET = 0.5

/** @param {readonly string[]} names */
function scenariosNamed(names) {
  const found = SCENARIOS.filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)))
  const unknown = names.find((part) => !SCENARIOS.some(({ name }) => name.includes(part)))
  if (unknown === undefined) return found
  throw new Failure(`no scenario is called ${unknown}: there are ${SCENARIOS.map(({ name }) => name).join(', ')}`)
}

/** @param {string} name @param {string | undefined} text @param {number} usual */
function positive(name, text, usual) {
  if (text === undefined) return usual
  if (!/^[1-9]\d*$/.test(text)) throw new Failure(`--${name} takes a number above zero, not ${text}`)
  return Number(text)
}

const OPTIONS = /** @type {const} */ ({
  quick: { type: 'boolean' },
  rounds: { type: 'string' },
  ms: { type: 'string' },
})

function parsed() {
  try {
    return parseArgs({ allowPositionals: true, options: OPTIONS })
  } catch (error) {
    throw new Failure(error instanceof Error ? error.message : String(error))
  }
}

function commandLine() {
  const { values, positionals } = parsed()
  const effort = values.quick ? QUICK : USUAL
  return {
    scenarios: scenariosNamed(positionals),
    effort: {
      ...effort,
      rounds: positive('rounds', values.rounds, effort.rounds),
      run: positive('ms', values.ms, effort.run),
    },
  }
}

/** @param {import('./lib/cores.mjs').Cores | undefined} cores @param {number} load */
function remarks(cores, load) {
  if (cores === undefined) return 'server and load share the CPUs: they cannot be pinned here'
  const shared = cores.siblings ? ', two threads of one core' : ''
  const busy = load > QUIET ? `\nthe machine is busy (load ${load.toFixed(1)}): expect noise` : ''
  return `server on CPU ${cores.server}, load on CPU ${cores.load}${shared}${busy}`
}

/**
 * One certificate for the whole run, made when the first server asks for it.
 * @param {import('./lib/scratch.mjs').Scratch} scratch
 */
function certificates(scratch) {
  /** @type {import('./lib/certificate.mjs').Certificate | undefined} */
  let made
  return () => {
    made ??= makeCertificate(scratch)
    return made
  }
}

/** Saves what the scenario has given, when all of it is there. */
async function runScenario(
  /** @type {import('./lib/scenario.mjs').Scenario} */ scenario,
  /** @type {import('./lib/rounds.mjs').Bench} */ bench,
  /** @type {(result: import('./lib/rounds.mjs').CaseResult) => void} */ show,
) {
  const { name, title, unit } = scenario
  const date = new Date().toISOString()
  const load = loadAverage()
  const cases = []
  for (const setting of scenario.cases) {
    const result = await (scenario.measure ?? runCase)(scenario, setting, bench)
    show(result)
    cases.push(result)
  }
  const { effort, cores = null } = bench
  if (cases.some(({ peers }) => peers.length > 0))
    save({ scenario: name, title, unit, date, machine: machine(), cores, load, effort, cases })
}

await script(async () => {
  const { scenarios, effort } = commandLine()
  const cores = chooseCores()
  const turns = (/** @type {boolean} */ fresh) => effort.rounds + (fresh ? 0 : 1)
  const measurements = scenarios.map(({ cases, peers, fresh }) => cases.length * peers().length * turns(fresh === true))
  const progress = progressLine(measurements.reduce((sum, count) => sum + count, 0))
  const scratch = scratchFolder()
  const bench = { effort, cores, scratch, certificate: certificates(scratch), progress: progress.show }
  // Without a handler an interrupt would leave the folder behind.
  process.on('SIGINT', () => process.exit(130)).on('SIGTERM', () => process.exit(143))
  process.stdout.write(`${effort.rounds} rounds of ${effort.run} ms; ${remarks(cores, loadAverage())}\n`)
  try {
    for (const scenario of scenarios)
      await runScenario(scenario, bench, (result) => {
        progress.clear()
        process.stdout.write(table(scenario, result))
      })
  } finally {
    progress.clear()
  }
})
