// Measures programs that need no load: each tells one thing of itself, and ends. Each has a process of its own in each round.
import { runLoad } from './children.mjs'
import { orderOf } from './rounds.mjs'
import { Missing } from './scenario.mjs'

/** @typedef {import('./rounds.mjs').Measured} Measured */
/** @typedef {import('./scenario.mjs').Program} Program */

/**
 * @param {import('./scenario.mjs').Scenario} scenario
 * @param {import('./scenario.mjs').Case} setting
 * @param {import('./rounds.mjs').Bench} bench
 * @param {{ args: readonly string[], takes: number, sampleOf: (raw: any) => import('./rounds.mjs').Sample }} how
 * @returns {Promise<import('./rounds.mjs').CaseResult>}
 */
export async function measureAlone(scenario, setting, { effort, cores, progress }, { args, takes, sampleOf }) {
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
  for (let round = 0; round < effort.rounds; round++)
    for (const { name, samples, program } of orderOf(running, round)) {
      progress(`${scenario.name}, ${setting.name}: round ${round + 1} of ${effort.rounds}, ${name}`)
      samples.push(sampleOf(await runLoad(name, { program, args, takes }, cores?.server)))
    }
  return { name: setting.name, peers: running.map(({ name, samples }) => ({ name, samples })), absent }
}
