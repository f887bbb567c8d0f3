// What modprobe wants to know of the modules of a kernel, which a package of Debian leaves to its installation: depmod(8).
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { filesBelow } from '../lib/project.mjs'

/** Modules write _ and - for each other. @param {string} path */
export const moduleName = (path) => basename(path).replace(/\.ko$/, '').replaceAll('-', '_')

/**
 * What a module says of itself: strings that end with a zero, such as `alias=net-pf-40`.
 * @param {Buffer} module
 * @param {string} key
 */
function saying(module, key) {
  const [prefix, found] = [`\0${key}=`, /** @type {string[]} */ ([])]
  for (let at = module.indexOf(prefix); at >= 0; at = module.indexOf(prefix, at + 1))
    found.push(module.toString('latin1', at + prefix.length, module.indexOf(0, at + 1)))
  return found
}

/** The modules that a module needs. @param {Buffer} module */
const needs = (module) => saying(module, 'depends').flatMap((list) => list.split(',').filter(Boolean).map(moduleName))

/** The modules of a kernel, by name. @param {string} folder */
const modulesBelow = (folder) => new Map(filesBelow(folder, /\.ko$/).map((path) => [moduleName(path), path]))

/**
 * Modules and all that they need, what is needed first.
 * @param {string} folder
 * @param {readonly string[]} wanted
 */
export function inOrder(folder, wanted) {
  const paths = modulesBelow(folder)
  const found = /** @type {Map<string, Buffer>} */ (new Map())
  const add = (/** @type {string} */ name) => {
    const path = paths.get(name)
    // One that is part of the kernel has no file.
    if (found.has(name) || path === undefined) return
    const module = readFileSync(path)
    for (const needed of needs(module)) add(needed)
    found.set(name, module)
  }
  for (const name of wanted) add(moduleName(name))
  return [...found]
}

/** Writes modules.dep and modules.alias. @param {string} folder */
export function describeModules(folder) {
  const paths = modulesBelow(folder)
  const direct = /** @type {Map<string, string[]>} */ (new Map())
  const aliases = []
  for (const [name, path] of paths) {
    const module = readFileSync(path)
    direct.set(name, needs(module))
    aliases.push(...saying(module, 'alias').map((alias) => `alias ${alias} ${name}\n`))
  }
  // modprobe begins with the last: what is needed follows what needs it.
  const all = (/** @type {string} */ name, found = /** @type {string[]} */ ([])) => {
    for (const needed of direct.get(name) ?? []) {
      if (found.includes(needed)) continue
      all(needed, found)
      found.unshift(needed)
    }
    return found
  }
  const file = (/** @type {string} */ name) => relative(folder, paths.get(name) ?? '')
  const lines = [...paths.keys()].map((name) => `${[`${file(name)}:`, ...all(name).map(file)].join(' ')}\n`)
  writeFileSync(join(folder, 'modules.dep'), lines.join(''))
  writeFileSync(join(folder, 'modules.alias'), aliases.join(''))
}
