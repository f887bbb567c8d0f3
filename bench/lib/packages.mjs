// The npm packages that berkeley is measured against: installed when they are needed, and compiled where they bring no binary.
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { nodeGyp } from '../../scripts/lib/node-gyp.mjs'
import { inRoot } from '../../scripts/lib/project.mjs'
import { Failure } from '../../scripts/lib/run.mjs'
import { needInstalled, ownRuntime } from './runtimes.mjs'
import { Missing } from './scenario.mjs'

const folderOf = (/** @type {string} */ name) => inRoot('bench', 'node_modules', name)

/** Why it cannot be loaded; nothing if it can. @param {string} name */
function trouble(name) {
  const { status, stderr } = spawnSync(process.execPath, ['-e', 'require(process.argv[1])', folderOf(name)], {
    encoding: 'utf8',
  })
  return status === 0 ? undefined : (/^\w*Error: .*/m.exec(stderr)?.[0] ?? `it ended with ${status}`)
}

/** @param {string} name */
function compile(name) {
  // What is there is for another Node.
  rmSync(join(folderOf(name), 'build'), { recursive: true, force: true })
  try {
    nodeGyp(`compiling ${name}`, folderOf(name))
  } catch (error) {
    if (error instanceof Failure) throw new Missing(`${name} cannot be compiled here`)
    throw error
  }
}

/** @type {Map<string, Missing | undefined>} */
const asked = new Map()

/** @param {string} name @returns {Missing | undefined} */
function whatIsMissing(name) {
  try {
    needInstalled(name)
    if (trouble(name) !== undefined && existsSync(join(folderOf(name), 'binding.gyp'))) compile(name)
    const reason = trouble(name)
    return reason === undefined ? undefined : new Missing(`${name} does not load: ${reason}`)
  } catch (error) {
    if (error instanceof Missing) return error
    throw error
  }
}

/**
 * Makes sure that a package of bench/package.json can be loaded by this Node.
 * @param {string} name
 * @throws {Missing} when it cannot
 */
export function needPackage(name) {
  if (!asked.has(name)) asked.set(name, whatIsMissing(name))
  const missing = asked.get(name)
  if (missing) throw missing
}

/**
 * A package that brings sources is compiled for the Node that runs the harness, so that what needs one runs on that.
 * @param {string} name
 * @param {string} file in bench/servers
 * @param {string} [needs] an npm package
 * @returns {import('./scenario.mjs').Peer}
 */
export const script = (name, file, needs) => scriptOn(ownRuntime, name, file, needs)

/**
 * @param {import('./runtimes.mjs').Runtime} runtime
 * @param {string} name
 * @param {string} file in bench/servers
 * @param {string} [needs] an npm package
 * @returns {import('./scenario.mjs').Peer}
 */
export const scriptOn = (runtime, name, file, needs) => ({
  name,
  program: () => {
    if (needs !== undefined) needPackage(needs)
    const { command, args } = runtime.program()
    return { command, args: [...args, inRoot('bench', 'servers', file)] }
  },
})
