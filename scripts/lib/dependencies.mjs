// What a folder has in node_modules, and what its lock file asks for.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readJson } from './project.mjs'
import { step } from './run.mjs'

/**
 * Whether node_modules holds what the lock file asks for. npm keeps a copy of the lock file there. Comparing versions
 * rather than file times avoids a reinstallation after each change of branch.
 * @param {string} folder
 */
function isInstalled(folder) {
  const installed = join(folder, 'node_modules', '.package-lock.json')
  if (!existsSync(installed)) return false
  const have = readJson(installed).packages
  const want = Object.entries(readJson(join(folder, 'package-lock.json')).packages)
  return want.every(([path, { version, optional }]) => {
    if (path === '') return true
    return have[path] === undefined ? optional === true : have[path].version === version
  })
}

/**
 * Installs what the lock file of a folder asks for, unless it is there.
 * @param {string} what for the line that says so
 * @param {string} folder
 * @param {readonly string[]} [options] more for npm
 */
export function needDependencies(what, folder, options = []) {
  if (isInstalled(folder)) return
  step(`installing ${what}`, 'npm', ['ci', '--prefix', folder, '--no-audit', '--no-fund', ...options])
}
