// Measures what a call costs: one process, no server, each way to make the call in a process of its own in each round.
import { inRoot } from '../../scripts/lib/project.mjs'
import { runLoad } from './children.mjs'
import { nativeAddon } from './native.mjs'
import { needPackage } from './packages.mjs'
import { orderOf } from './rounds.mjs'
import { ownRuntime } from './runtimes.mjs'
import { Missing } from './scenario.mjs'

/** @typedef {import('./rounds.mjs').Measured} Measured */
/** @typedef {import('./scenario.mjs').Peer} Peer */
/** @typedef {import('./scenario.mjs').Program} Program */

/** A call takes a small part of what a round trip does: a tenth of the time has as many. Compiling takes as long as ever. */
const SHARE = 0.1

/** @param {string} way @returns {Program} */
function program(way) {
  const { command, args } = ownRuntime.program()
  return { command, args: [...args, inRoot('bench', 'calls', 'run.mjs'), nativeAddon('calls', ['calls.c']), way] }
}

/** @param {import('./scenario.mjs').Case} setting */
function awaited({ name }) {
  if (name.startsWith('getsock')) throw new Missing('this method never waits: it is that of berkeley/llsocket')
  return program('berkeley')
}

/** @returns {readonly Peer[]} */
export const callPeers = () => [
  { name: 'C', program: () => program('c') },
  { name: 'Node-API, nothing', program: () => program('nothing') },
  { name: 'berkeley/llsocket', program: () => program('llsocket') },
  { name: 'berkeley, await', program: awaited },
  {
    name: 'koffi',
    program: () => {
      needPackage('koffi')
      return program('koffi')
    },
  },
]

/** @param {any} raw @returns {import('./rounds.mjs').Sample} */
const sampleOf = ({ nanoseconds, disturbed }) => ({
  cost: Number(nanoseconds.toPrecision(5)),
  disturbed: Number(disturbed.toPrecision(5)),
})

/** @type {NonNullable<import('./scenario.mjs').Scenario['measure']>} */
export async function measureCalls(scenario, setting, { effort, cores, progress }) {
  const absent = []
  /** @type {(Measured & { program: Program })[]} */
  const running = []
  for (const peer of scenario.peers())
    try {
      running.push({ name: peer.name, samples: [], program: peer.program(setting) })
    } catch (error) {
      if (!(error instanceof Missing)) throw error
      absent.push({ name: peer.name, reason: error.message })
    }
  const { warm } = effort
  const run = effort.run * SHARE
  for (let round = 0; round < effort.rounds; round++)
    for (const { name, samples, program } of orderOf(running, round)) {
      progress(`${scenario.name}, ${setting.name}: round ${round + 1} of ${effort.rounds}, ${name}`)
      const args = [setting.name, String(warm), String(run)]
      samples.push(sampleOf(await runLoad(name, { program, args, takes: warm + run }, cores?.server)))
    }
  return { name: setting.name, peers: running.map(({ name, samples }) => ({ name, samples })), absent }
}
