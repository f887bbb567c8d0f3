// Results as files: one for each scenario, the newest run of it, with all that is needed to draw or to doubt it.
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release } from 'node:os'
import { join } from 'node:path'
import { inRoot } from '../../scripts/lib/project.mjs'

/** Not under version control, but for those that docs/performance.md is drawn from: `published` in it. */
export const RESULTS = inRoot('bench', 'results')

/** @typedef {{ cpu: string, cpus: number, kernel: string, node: string, openssl: string }} Machine */

/**
 * @typedef {object} Results
 * @property {string} scenario
 * @property {string} title
 * @property {import('./scenario.mjs').Unit} unit
 * @property {string} date
 * @property {Machine} machine
 * @property {import('./cores.mjs').Cores | null} cores
 * @property {number} load runnable processes on the machine before the run, in the average of a minute
 * @property {import('./rounds.mjs').Effort} effort
 * @property {import('./rounds.mjs').CaseResult[]} cases
 */

/** @returns {Machine} */
export const machine = () => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cpus: cpus().length,
  kernel: release(),
  node: process.version,
  openssl: process.versions.openssl ?? 'none',
})

export const loadAverage = () => loadavg()[0] ?? 0

/** @param {Results} results */
export function save(results) {
  mkdirSync(RESULTS, { recursive: true })
  writeFileSync(join(RESULTS, `${results.scenario}.json`), `${JSON.stringify(results, null, 1)}\n`)
}
