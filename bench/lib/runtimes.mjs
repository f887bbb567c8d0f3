// The versions of Node that programs in JavaScript run on: the one that runs the harness, and the newest.
import { existsSync } from 'node:fs'
import { inRoot, readJson } from '../../scripts/lib/project.mjs'
import { Failure, step } from '../../scripts/lib/run.mjs'
import { Missing } from './scenario.mjs'

/** @typedef {{ name: string, command: () => string }} Runtime */

const BENCH = inRoot('bench')
const PACKAGE = `node-${process.platform}-${process.arch}`
const BINARY = ['node_modules', PACKAGE, 'bin', 'node']

const majorOf = (/** @type {string} */ version) => version.replace(/^v/, '').split('.')[0] ?? ''

/** @type {Runtime} */
const own = { name: `Node ${majorOf(process.version)}`, command: () => process.execPath }

/** The version that bench/package.json names, if there is one for this platform. @returns {string | undefined} */
const newestVersion = () => readJson(inRoot('bench', 'package.json')).optionalDependencies[PACKAGE]

let tried = false

/** Installs the peers, into bench/node_modules. No lock file: the versions in package.json are exact. */
function install() {
  if (tried) return
  tried = true
  const args = ['install', '--prefix', BENCH, '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts']
  try {
    step('installing what berkeley is measured against', 'npm', args)
  } catch (error) {
    if (error instanceof Failure) throw new Missing('npm could not install it')
    throw error
  }
}

/** @param {string} version @returns {string} */
function newestBinary(version) {
  const kept = inRoot('build', 'node', majorOf(version), ...BINARY)
  const installed = inRoot('bench', ...BINARY)
  if (existsSync(kept)) return kept
  if (!existsSync(installed)) install()
  if (!existsSync(installed)) throw new Missing(`${PACKAGE} ${version} is not installed`)
  return installed
}

/** @returns {readonly Runtime[]} */
export function runtimes() {
  const version = newestVersion()
  if (version === undefined || majorOf(version) === majorOf(process.version)) return [own]
  return [own, { name: `Node ${majorOf(version)}`, command: () => newestBinary(version) }]
}

export const ownRuntime = own
