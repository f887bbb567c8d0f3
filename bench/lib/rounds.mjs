// Measures the peers of a scenario: in each round one after the other, in an order that changes from round to round.
import { Failure } from '../../scripts/lib/run.mjs'
import { runLoad, startServer } from './children.mjs'
import { nativeProgram } from './native.mjs'
import { Missing } from './scenario.mjs'

/** @typedef {import('./scenario.mjs').Scenario} Scenario */
/** @typedef {import('./scenario.mjs').Case} Case */
/** @typedef {import('./scenario.mjs').Peer} Peer */
/** @typedef {import('./scenario.mjs').Unit} Unit */

/**
 * How much is measured; milliseconds, `first` is for the first contact, when a server has yet to be compiled.
 * @typedef {{ rounds: number, first: number, warm: number, run: number }} Effort
 */

/**
 * What one peer did in one round: units per second, and what each cost: microseconds of the server's CPU, unless the unit
 * says something else; shares of the time: that the server ran, that the load ran, that either was ready to run while
 * something else had its CPU; latencies in microseconds. A unit without a rate has a cost only.
 * @typedef {{
 *   rate?: number, cost: number, busy?: number, loadBusy?: number, disturbed?: number, p50?: number, p99?: number
 * }} Sample
 */

/** @typedef {{ name: string, reason: string }} Absent */
/** @typedef {{ name: string, samples: Sample[] }} Measured */
/** @typedef {{ name: string, peers: Measured[], absent: Absent[] }} CaseResult */
/** @typedef {(where: string) => void} Progress called before each measurement */

/**
 * @typedef {object} Bench what all measurements of a run share
 * @property {Effort} effort
 * @property {import('./cores.mjs').Cores | undefined} cores
 * @property {import('./scratch.mjs').Scratch} scratch
 * @property {() => import('./certificate.mjs').Certificate} certificate
 * @property {Progress} progress
 */

/** @typedef {import('./children.mjs').Server & Measured} Running */

/** A machine that others use can stop everything for as long as a short round is: then there is nothing to divide by. */
const ATTEMPTS = 3

/** How many paths of unix sockets were given out. */
let paths = 0

/** More digits than these would only look like knowledge. @param {number} value */
const rounded = (value) => Number(value.toPrecision(5))

/** @param {Unit} unit @param {any} raw @returns {Sample} */
function sampleOf(unit, raw) {
  const count = raw[unit.of] / unit.scale
  return {
    rate: rounded(count / raw.seconds),
    cost: rounded((raw.serverCpu * 1e6) / count),
    busy: rounded(raw.serverCpu / raw.seconds),
    loadBusy: rounded(raw.loadCpu / raw.seconds),
    disturbed: rounded(Math.max(raw.serverQueued, raw.loadQueued) / raw.seconds),
    p50: raw.p50,
    p99: raw.p99,
  }
}

/** A handshake that is not of the kind that was asked for would be a number about something else. */
function checkKind(/** @type {string} */ name, /** @type {Case} */ { resume = false }, /** @type {any} */ raw) {
  const expected = resume ? raw.operations : 0
  if (raw.resumed !== expected)
    throw new Failure(`${name} has resumed ${raw.resumed} of ${raw.operations} sessions, and should have ${expected}`)
}

/** Programs that connect have somebody who accepts as their load. @param {Scenario} scenario @param {Case} setting */
const loadFor = ({ tls }, { work }) => nativeProgram(work === 'accept' ? 'acceptor' : 'load', tls)

/** @param {Scenario} scenario @param {Case} setting @param {Bench} bench @param {Running} peer @param {number} warm */
async function measure(scenario, setting, bench, peer, warm) {
  const { work, lanes, size, resume } = setting
  const numbers = [lanes, size, warm, bench.effort.run, peer.pid].map(String)
  const args = [work, peer.address, ...numbers, ...(resume ? ['resume'] : [])]
  const load = { program: loadFor(scenario, setting), args, takes: warm + bench.effort.run }
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const raw = await runLoad(peer.name, load, bench.cores?.load)
    checkKind(peer.name, setting, raw)
    if (raw[scenario.unit.of] > 0) return sampleOf(scenario.unit, raw)
  }
  throw new Failure(`${peer.name} did nothing in the time of a round, ${ATTEMPTS} times in a row`)
}

/** What a server is told. A path serves once: not every server removes its socket. */
function serverArgs(
  /** @type {Scenario} */ { tls, unix },
  /** @type {Case} */ { serve },
  /** @type {Bench} */ { certificate, scratch },
) {
  const address = unix ? scratch(`${++paths}.sock`) : '0'
  if (!tls) return [serve, address]
  const { cert, key } = certificate()
  return [serve, address, cert, key]
}

/**
 * Starts what is there. A server stays alive through all rounds of a case, and sleeps while others are measured.
 * @param {Scenario} scenario
 * @param {Case} setting
 * @param {Bench} bench
 * @param {Running[]} running gets those that were started, also if a later one fails
 * @returns {Promise<Absent[]>}
 */
async function startAll(scenario, setting, bench, running) {
  const absent = []
  for (const peer of scenario.peers()) {
    try {
      const program = peer.program()
      const args = serverArgs(scenario, setting, bench)
      const server = await startServer(peer.name, program, args, bench.cores?.server)
      running.push({ name: peer.name, samples: [], ...server })
    } catch (error) {
      if (!(error instanceof Missing)) throw error
      absent.push({ name: peer.name, reason: error.message })
    }
  }
  return absent
}

/** Each peer comes at each place equally often. @template T @param {readonly T[]} list @param {number} by @returns {T[]} */
const rotated = (list, by) => [...list.slice(by % list.length), ...list.slice(0, by % list.length)]

/** Back and forth as well as around, so that nobody always follows the same other. */
const orderOf = (/** @type {readonly Running[]} */ running, /** @type {number} */ round) =>
  round % 2 === 0 ? rotated(running, round / 2) : rotated(running, (round - 1) / 2).reverse()

/**
 * @param {Scenario} scenario
 * @param {Case} setting
 * @param {Bench} bench
 * @returns {Promise<CaseResult>}
 */
export async function runCase(scenario, setting, bench) {
  const { effort, progress } = bench
  // Without a load nothing can be measured: that is found out before anything is started.
  loadFor(scenario, setting)
  /** @type {Running[]} */
  const running = []
  const say = (/** @type {string} */ round, /** @type {Running} */ peer) =>
    progress(`${scenario.name}, ${setting.name}: ${round}, ${peer.name}`)
  try {
    const absent = await startAll(scenario, setting, bench, running)
    for (const peer of running) {
      say('warming up', peer)
      await measure(scenario, setting, bench, peer, effort.first)
    }
    for (let round = 0; round < effort.rounds; round++)
      for (const peer of orderOf(running, round)) {
        say(`round ${round + 1} of ${effort.rounds}`, peer)
        peer.samples.push(await measure(scenario, setting, bench, peer, effort.warm))
      }
    return { name: setting.name, peers: running.map(({ name, samples }) => ({ name, samples })), absent }
  } finally {
    await Promise.all(running.map((peer) => peer.stop()))
  }
}
