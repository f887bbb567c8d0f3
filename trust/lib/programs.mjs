// Runs the programs of trust/: each in a process group of its own, and where that may be in a network namespace of its own.

import { canIsolate } from '../../scripts/lib/namespace.mjs'
import { inRoot } from '../../scripts/lib/project.mjs'
import { Failure } from '../../scripts/lib/run.mjs'
import { ended } from './child.mjs'

/** @typedef {import('./record.mjs').Figure} Figure */

/** How long a program may take beyond its time box: for its start, its end, and a machine that others use, too. */
const GRACE_S = 120

const IN_NAMESPACE = ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh']

/** The seed of this run: that of the environment, or one of the day. */
export const seedOfRun = () => Number(process.env['BERKELEY_SEED'] ?? Date.now() % 2 ** 31)

/**
 * What programs of one part are run with.
 * @typedef {object} Program
 * @property {string} path below build/trust, without its extension
 * @property {number} seconds its time box
 * @property {boolean} long whether it is to reach its goal, however long that takes within `limit`
 * @property {number} [limit] seconds after which it has failed; by default the time box and a grace
 * @property {string[]} [nodeOptions]
 * @property {string[]} [wrapper] a command before node
 */

/**
 * Runs a program to its end, and gives the figures that it printed.
 * @param {Program} program
 * @returns {Promise<Figure[]>}
 */
export async function figuresOf({ path, seconds, long, limit = seconds + GRACE_S, nodeOptions = [], wrapper = [] }) {
  const seed = seedOfRun()
  const node = [...wrapper, process.execPath, ...nodeOptions, inRoot('build', 'trust', `${path}.js`)]
  const [command = '', ...args] = [
    ...(canIsolate() ? IN_NAMESPACE : []),
    ...node,
    JSON.stringify({ seed, seconds, long }),
  ]
  const env = { ...process.env, BERKELEY_SEED: String(seed) }
  const { how, stdout, output } = await ended(command, args, { env, seconds: limit })
  if (how !== undefined) throw new Failure(`${path} ${how} (BERKELEY_SEED=${seed})\n${output}`)
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '[]')
}

/**
 * Runs programs one after the other, each with its share of the time.
 * @param {import('./record.mjs').Effort} effort
 * @param {readonly (Omit<Program, 'seconds' | 'long'> & { share: number })[]} programs
 * @returns {Promise<Figure[]>}
 */
export async function figuresOfAll({ long, seconds }, programs) {
  const whole = programs.reduce((sum, { share }) => sum + share, 0)
  const figures = []
  for (const { share, ...program } of programs)
    figures.push(...(await figuresOf({ ...program, long, seconds: (seconds * share) / whole })))
  return figures
}
