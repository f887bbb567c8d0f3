// Measures the peers of a scenario: in each round one after the other, in an order that changes from round to round.
import { Failure } from '../../scripts/lib/run.mjs'
import { runLoad, startServer } from './children.mjs'
import { fileOf } from './file.mjs'
import { descriptorLimit } from './limits.mjs'
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
 * What one peer did in one round: units per second, and what each cost: microseconds of the server's CPU, unless the
 * unit says something else; shares of the time: that the server ran, that the load ran, that either was ready to run while
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

/** @typedef {import('./children.mjs').Server} Server */
/** @typedef {Measured & { start: () => Promise<Server> }} Candidate */
/** @typedef {Measured & Server} Running */
/** @typedef {(peer: Measured, round: number) => void} Say */

/** A machine that others use can stop everything for as long as a short round is: then there is nothing to divide by. */
const ATTEMPTS = 3

/** Descriptors that a process needs beside those of its connections. */
const SPARE = 200

/** How many paths of unix sockets were given out. */
let paths = 0

/** More digits than these would only look like knowledge. @param {number} value */
const rounded = (value) => Number(value.toPrecision(5))

/** @param {Unit} unit @param {any} raw @returns {Sample} */
function sampleOf(unit, raw) {
  const count = raw[unit.of] / unit.scale
  if (unit.rate === undefined) return { cost: rounded(raw.cost / count) }
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
  if (raw.resumed === undefined) return
  const expected = resume ? raw.operations : 0
  if (raw.resumed !== expected)
    throw new Failure(`${name} has resumed ${raw.resumed} of ${raw.operations} sessions, and should have ${expected}`)
}

/** Loads that are programs of their own. @type {Partial<Record<Case['work'], import('./native.mjs').Role>>} */
const LOADS = { accept: 'acceptor', hold: 'holder' }

/** @param {Scenario} scenario @param {Case} setting */
const loadFor = ({ load, tls }, { work }) => load?.() ?? nativeProgram(LOADS[work] ?? 'load', tls)

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
  /** @type {Scenario} */ { tls, unix, file },
  /** @type {Case} */ { serve },
  /** @type {Bench} */ { certificate, scratch },
) {
  const address = unix ? scratch(`${++paths}.sock`) : '0'
  if (file !== undefined) return [serve, address, fileOf(scratch, file)]
  if (!tls) return [serve, address]
  const { cert, key } = certificate()
  return [serve, address, cert, key]
}

/**
 * What starts a server. What it needs and is missing is found out here.
 * @param {Scenario} scenario
 * @param {Case} setting
 * @param {Bench} bench
 * @param {Peer} peer
 */
function starter(scenario, setting, bench, peer) {
  const limit = descriptorLimit()
  if (setting.lanes + SPARE > limit) throw new Missing(`a process may have ${limit} descriptors only (ulimit -Hn)`)
  const program = peer.program(setting)
  if (scenario.tls) bench.certificate()
  return () => startServer(peer.name, program, serverArgs(scenario, setting, bench), bench.cores?.server)
}

/** Which candidates can be measured here, and which cannot. @param {Scenario} scenario @param {Case} setting @param {Bench} bench */
function candidates(scenario, setting, bench) {
  /** @type {{ present: Candidate[], absent: Absent[] }} */
  const found = { present: [], absent: [] }
  for (const peer of scenario.peers()) {
    const { name } = peer
    try {
      found.present.push({ name, samples: [], start: starter(scenario, setting, bench, peer) })
    } catch (error) {
      if (!(error instanceof Missing)) throw error
      found.absent.push({ name, reason: error.message })
    }
  }
  return found
}

/** Each peer comes at each place equally often. @template T @param {readonly T[]} list @param {number} by @returns {T[]} */
const rotated = (list, by) => [...list.slice(by % list.length), ...list.slice(0, by % list.length)]

/**
 * Back and forth as well as around, so that none always follows the same other.
 * @template T
 * @param {readonly T[]} list
 * @param {number} round
 */
export const orderOf = (list, round) =>
  round % 2 === 0 ? rotated(list, round / 2) : rotated(list, (round - 1) / 2).reverse()

/** Servers stay alive through all rounds of a case, and sleep while others are measured. */
async function inLivingServers(
  /** @type {Scenario} */ scenario,
  /** @type {Case} */ setting,
  /** @type {Bench} */ bench,
  /** @type {readonly Candidate[]} */ present,
  /** @type {Say} */ say,
) {
  const { rounds, first, warm } = bench.effort
  /** @type {Running[]} */
  const running = []
  try {
    for (const peer of present) running.push({ ...peer, ...(await peer.start()) })
    for (const peer of running) {
      say(peer, 0)
      await measure(scenario, setting, bench, peer, first)
    }
    for (let round = 0; round < rounds; round++)
      for (const peer of orderOf(running, round)) {
        say(peer, round + 1)
        peer.samples.push(await measure(scenario, setting, bench, peer, warm))
      }
  } finally {
    await Promise.all(running.map((peer) => peer.stop()))
  }
}

/** Each measurement has a server of its own. */
async function inFreshServers(
  /** @type {Scenario} */ scenario,
  /** @type {Case} */ setting,
  /** @type {Bench} */ bench,
  /** @type {readonly Candidate[]} */ present,
  /** @type {Say} */ say,
) {
  const { rounds, warm } = bench.effort
  for (let round = 0; round < rounds; round++)
    for (const peer of orderOf(present, round)) {
      say(peer, round + 1)
      const server = await peer.start()
      try {
        peer.samples.push(await measure(scenario, setting, bench, { ...peer, ...server }, warm))
      } finally {
        await server.stop()
      }
    }
}

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
  const { present, absent } = candidates(scenario, setting, bench)
  /** @type {Say} */
  const say = ({ name }, round) => {
    const when = round === 0 ? 'warming up' : `round ${round} of ${effort.rounds}`
    progress(`${scenario.name}, ${setting.name}: ${when}, ${name}`)
  }
  const measureAll = scenario.fresh ? inFreshServers : inLivingServers
  await measureAll(scenario, setting, bench, present, say)
  return { name: setting.name, peers: present.map(({ name, samples }) => ({ name, samples })), absent }
}
