// Where things lie in this project, and what is older than what. No dependency: it runs on a bare clone.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** @param {string[]} parts */
export const inRoot = (...parts) => join(ROOT, ...parts)

/**
 * A loadable object: what node-gyp calls it, and how its copy for the npm package ends.
 * @typedef {{ name: string, suffix: string, variable: string }} Addon
 */

/** @type {readonly Addon[]} all of them; src/native/load.ts loads them by these names */
export const ADDONS = [
  { name: 'berkeley', suffix: '', variable: 'BERKELEY_NATIVE' },
  { name: 'berkeley_tls', suffix: '.tls', variable: 'BERKELEY_NATIVE_TLS' },
]

/**
 * Where its copy for the npm package goes.
 * @param {Addon} addon
 * @param {string} arch
 */
export const prebuildPath = ({ suffix }, arch = process.arch) =>
  inRoot('prebuilds', `${process.platform}-${arch}${suffix}.node`)

/**
 * Where node-gyp leaves it.
 * @param {Addon} addon
 * @param {string} folder that binding.gyp is in
 */
export const builtPath = ({ name }, folder = inRoot('native')) => join(folder, 'build', 'Release', `${name}.node`)

const NATIVE_SOURCE = /(\.(c|h|def|inc)|^binding\.gyp)$/

/**
 * Every file below a folder whose name matches, as absolute paths in a stable order; none if the folder is missing.
 * @param {string} folder
 * @param {RegExp} name
 * @param {readonly string[]} [skip] names of folders not to enter
 * @returns {string[]}
 */
export function filesBelow(folder, name, skip = []) {
  if (!existsSync(folder)) return []
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return skip.includes(entry.name) ? [] : filesBelow(path, name, skip)
    return name.test(entry.name) ? [path] : []
  })
}

export const nativeSources = () => filesBelow(inRoot('native'), NATIVE_SOURCE, ['build'])

/**
 * Is `target` there and no older than each of `sources`?
 * @param {string} target
 * @param {readonly string[]} sources
 */
export function isCurrent(target, sources) {
  const made = statSync(target, { throwIfNoEntry: false })?.mtimeMs
  return made !== undefined && sources.every((source) => statSync(source).mtimeMs <= made)
}

/**
 * @param {string} path
 * @returns {any}
 */
export const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'))
