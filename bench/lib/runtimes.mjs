// What programs in JavaScript run on: the Node that runs the harness, the newest one, Bun, Deno.
import { existsSync } from 'node:fs'
import { inRoot, readJson } from '../../scripts/lib/project.mjs'
import { Failure, step } from '../../scripts/lib/run.mjs'
import { Missing } from './scenario.mjs'

/** @typedef {import('./scenario.mjs').Program} Program */
/** @typedef {{ name: string, program: () => Program }} Runtime what takes a file of JavaScript and its arguments */

const BENCH = inRoot('bench')
const NODE = `node-${process.platform}-${process.arch}`

/** How the makers of Bun and Deno call this platform. */
const BUN = `@oven/bun-${process.platform}-${process.arch === 'arm64' ? 'aarch64' : process.arch}`
const DENO = `@deno/${process.platform}-${process.arch}-glibc`

const majorOf = (/** @type {string} */ version) => version.replace(/^v/, '').split('.')[0] ?? ''

/** What bench/package.json names, if it does. @param {string} name of a package @returns {string | undefined} */
const versionOf = (name) => readJson(inRoot('bench', 'package.json')).optionalDependencies[name]

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

/** @param {string} name @param {string} version */
function isInstalled(name, version) {
  const about = inRoot('bench', 'node_modules', name, 'package.json')
  return existsSync(about) && readJson(about).version === version
}

/**
 * Installs a package that bench/package.json names, if it is not there.
 * @param {string} name
 * @throws {Missing} when it cannot be had
 */
export function needInstalled(name) {
  const version = versionOf(name)
  if (version === undefined) throw new Missing(`bench/package.json names no ${name}`)
  if (!isInstalled(name, version)) install()
  if (!isInstalled(name, version)) throw new Missing(`${name} ${version} is not installed`)
}

/** Is this Node linked to it? Then programs that are can run. */
function hasGlibc() {
  const report = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport())
  return report.header.glibcVersionRuntime !== undefined
}

/**
 * A program that a package of npm holds; all of them are linked to glibc.
 * @param {string} name
 * @param {readonly string[]} path in the package
 * @returns {string}
 */
function binaryOf(name, path) {
  if (!hasGlibc()) throw new Missing(`${name} needs glibc`)
  needInstalled(name)
  return inRoot('bench', 'node_modules', name, ...path)
}

/** @param {string} command @returns {Program} */
const bare = (command) => ({ command, args: [] })

/** @type {Runtime} */
export const ownRuntime = { name: `Node ${majorOf(process.version)}`, program: () => bare(process.execPath) }

/** The folder of test:node is looked at first. @param {string} version @returns {Program} */
function newestNode(version) {
  const kept = inRoot('build', 'node', majorOf(version), 'node_modules', NODE, 'bin', 'node')
  return bare(existsSync(kept) ? kept : binaryOf(NODE, ['bin', 'node']))
}

/** Versions of Node. @returns {readonly Runtime[]} */
export function runtimes() {
  const version = versionOf(NODE)
  if (version === undefined || majorOf(version) === majorOf(process.version)) return [ownRuntime]
  return [ownRuntime, { name: `Node ${majorOf(version)}`, program: () => newestNode(version) }]
}

const named = (/** @type {string} */ name, /** @type {string} */ of) =>
  `${name} ${versionOf(of)?.split('.').slice(0, 2).join('.') ?? ''}`.trim()

/** @type {Runtime} */
export const bun = { name: named('Bun', BUN), program: () => bare(binaryOf(BUN, ['bin', 'bun'])) }

/** No cache outside of this project. @param {readonly string[]} options @returns {Runtime} */
const denoWith = (options) => ({
  name: named('Deno', DENO),
  program: () => ({
    command: 'env',
    args: [
      `DENO_DIR=${inRoot('build', 'bench', 'deno')}`,
      binaryOf(DENO, ['deno']),
      ...['run', '--no-lock', '--no-remote', '--no-prompt', ...options],
    ],
  }),
})

/** Nothing but the network. */
export const deno = denoWith(['--allow-net', '--no-config', '--no-npm'])

/** An addon may do anything, and what loads it looks at files and at the environment. The package is one of npm's. */
export const denoWithAddons = denoWith(['--allow-ffi', '--allow-read', '--allow-env', '--allow-sys'])
