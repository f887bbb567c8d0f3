// Measures what a call costs: one process, no server, each way to make the call in a process of its own in each round.
import { inRoot } from '../../scripts/lib/project.mjs'
import { measureAlone } from './alone.mjs'
import { nativeAddon } from './native.mjs'
import { needPackage } from './packages.mjs'
import { ownRuntime } from './runtimes.mjs'
import { Missing } from './scenario.mjs'

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
export function measureCalls(scenario, setting, bench) {
  const { warm } = bench.effort
  const run = bench.effort.run * SHARE
  const args = [setting.name, String(warm), String(run)]
  return measureAlone(scenario, setting, bench, { args, takes: warm + run, sampleOf })
}
