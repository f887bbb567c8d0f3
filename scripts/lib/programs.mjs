// Runs the programs of test/trust/: each in a process group of its own, and where that may be in a network namespace of its own.
import { spawn } from 'node:child_process'
import { canIsolate } from './namespace.mjs'
import { inRoot, ROOT } from './project.mjs'
import { Failure } from './run.mjs'

/** @typedef {import('./trust.mjs').Figure} Figure */

/** How long a program may take beyond its time box: for its start, its end, and a machine that others use, too. */
const GRACE_S = 120

/** What a program said last is what matters of a failure. */
const SAID_MAX = 20_000

const IN_NAMESPACE = ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh']

/** The seed of this run: that of the environment, or one of the day. */
export const seedOfRun = () => Number(process.env['BERKELEY_SEED'] ?? Date.now() % 2 ** 31)

/**
 * What programs of one part are run with.
 * @typedef {object} Program
 * @property {string} path below build/test/trust, without its extension
 * @property {number} seconds its time box
 * @property {boolean} long whether it is to reach its goal, however long that takes within `limit`
 * @property {number} [limit] seconds after which it has failed; by default the time box and a grace
 * @property {string[]} [nodeOptions]
 * @property {string[]} [wrapper] a command before node
 */

/** @param {number} pid whether any process of its group is there */
function groupLives(pid) {
  try {
    process.kill(-pid, 0)
    return true
  } catch {
    return false
  }
}

/** @param {number} pid */
function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // All of them have ended by themselves.
  }
}

/**
 * @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} env @param {number} limit
 * @returns {Promise<{ how: string | undefined, stdout: string, stderr: string }>} `how` it failed, if it did
 */
async function ended(command, args, env, limit) {
  const child = spawn(command, args, { cwd: ROOT, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const pid = /** @type {number} */ (child.pid)
  const said = { stdout: '', stderr: '' }
  for (const name of /** @type {const} */ (['stdout', 'stderr']))
    child[name].setEncoding('utf8').on('data', (text) => {
      said[name] = (said[name] + text).slice(-SAID_MAX)
    })
  let late = false
  const timer = setTimeout(() => {
    late = true
    killGroup(pid)
  }, limit * 1000)
  const stop = () => killGroup(pid)
  process.on('exit', stop).on('SIGINT', stop).on('SIGTERM', stop)
  const [code, signal] = await new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (...how) => resolve(how))
  })
  clearTimeout(timer)
  process.off('exit', stop).off('SIGINT', stop).off('SIGTERM', stop)
  const left = groupLives(pid)
  killGroup(pid)
  const how = late
    ? `did not end within ${limit} s`
    : signal
      ? `was ended by ${signal}`
      : code
        ? `exit status ${code}`
        : undefined
  return { how: how ?? (left ? 'left processes behind' : undefined), ...said }
}

/**
 * Runs a program to its end, and gives the figures that it printed.
 * @param {Program} program
 * @returns {Promise<Figure[]>}
 */
export async function figuresOf({ path, seconds, long, limit = seconds + GRACE_S, nodeOptions = [], wrapper = [] }) {
  const seed = seedOfRun()
  const node = [...wrapper, process.execPath, ...nodeOptions, inRoot('build', 'test', 'trust', `${path}.js`)]
  const [command = '', ...args] = [
    ...(canIsolate() ? IN_NAMESPACE : []),
    ...node,
    JSON.stringify({ seed, seconds, long }),
  ]
  const { how, stdout, stderr } = await ended(command, args, { ...process.env, BERKELEY_SEED: String(seed) }, limit)
  if (how !== undefined) throw new Failure(`${path} ${how} (BERKELEY_SEED=${seed})\n${stdout}${stderr}`)
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '[]')
}

/**
 * Runs programs one after the other, each with its share of the time.
 * @param {import('./trust.mjs').Effort} effort
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
