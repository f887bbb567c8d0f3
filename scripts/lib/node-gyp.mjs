// One build of an addon with node-gyp.
import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { filesBelow, inRoot } from './project.mjs'
import { quietly, step } from './run.mjs'

/**
 * Most Node distributions bring their headers along. Using these spares a download, which a machine without a
 * network could not make. Node-API is stable, so headers of any Node that we support give the same binary.
 * @param {NodeJS.ProcessEnv} env
 * @returns {string[]}
 */
function headersArgument(env) {
  if (env['npm_config_nodedir']) return []
  const prefix = dirname(dirname(process.execPath))
  return existsSync(join(prefix, 'include', 'node', 'node_api.h')) ? [`--nodedir=${prefix}`] : []
}

/**
 * The headers that the addons of this machine were built with, as an environment for another build.
 * @returns {NodeJS.ProcessEnv}
 */
export function headersOfBuild() {
  const config = inRoot('native', 'build', 'config.gypi')
  const found = existsSync(config) ? /"nodedir": "([^"]+)"/.exec(readFileSync(config, 'utf8'))?.[1] : undefined
  return found === undefined ? {} : { npm_config_nodedir: found }
}

/**
 * Runs node-gyp in a folder that holds binding.gyp. Incremental: make compiles what has changed.
 * @param {string} title
 * @param {string} folder
 * @param {{
 *   arch?: string, env?: NodeJS.ProcessEnv, variables?: Readonly<Record<string, number | string>>
 * }} [options]
 */
export function nodeGyp(title, folder, { arch, env = process.env, variables = {} } = {}) {
  const program = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js')
  const common = ['--directory', folder, '--release', '--loglevel=warn']
  const target = arch ? [`--arch=${arch}`] : []
  const defines = Object.entries(variables).map(([name, value]) => `-D${name}=${value}`)
  step(
    title,
    process.execPath,
    [program, 'configure', ...common, ...target, ...headersArgument(env), '--', ...defines],
    {
      env,
    },
  )
  quietly(title, process.execPath, [program, 'build', ...common, '--jobs', 'max'], { env })
}

/**
 * A second copy of the C sources, so that another kind of build never disturbs native/build. node-gyp knows no other
 * output folder than `build` beside binding.gyp. Times are kept, so that an unchanged file is not compiled again.
 * @param {string} name
 * @returns {string} the folder
 */
export function mirrorNative(name) {
  const folder = inRoot('build', 'native', name)
  const own = inRoot('native', 'build')
  const original = (/** @type {string} */ path) => join(inRoot('native'), relative(folder, path))
  // Objects of a source that was moved or removed would be counted, or found by a linker: begin anew.
  if (filesBelow(folder, /./, ['build']).some((path) => !existsSync(original(path))))
    rmSync(folder, { recursive: true })
  cpSync(inRoot('native'), folder, { recursive: true, preserveTimestamps: true, filter: (path) => path !== own })
  return folder
}
