// The fault shim of trust/shim: an addon that puts itself between the addons and what they call.
import { cpSync, utimesSync } from 'node:fs'
import { nodeGyp } from '../../scripts/lib/node-gyp.mjs'
import { builtPath, filesBelow, inRoot, isCurrent } from '../../scripts/lib/project.mjs'

const SOURCES = /(\.(c|h|def)|^binding\.gyp)$/

/**
 * Builds it in build/shim if it is missing or stale.
 * @returns {string} its path
 */
export function buildShim() {
  const source = inRoot('trust', 'shim')
  const folder = inRoot('build', 'shim')
  const built = builtPath({ name: 'shim', suffix: '', variable: '' }, folder)
  if (isCurrent(built, filesBelow(source, SOURCES))) return built
  cpSync(source, folder, { recursive: true, preserveTimestamps: true })
  nodeGyp('building the fault shim', folder)
  const now = new Date()
  utimesSync(built, now, now)
  return built
}

/**
 * The environment of a program that loads the shim (trust/faults/shim.ts). It fills the slots of whatever addons the program
 * has loaded, so that instrumented ones may be named as ever.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {NodeJS.ProcessEnv}
 */
export const shimEnvironment = (env = process.env) => ({ ...env, BERKELEY_SHIM: buildShim() })
