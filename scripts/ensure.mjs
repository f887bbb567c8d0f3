// Brings a tree up to date before `npm start`, `npm test` and others: dependencies, addons, TypeScript, in that
// order, each only if it is missing or stale. Prints nothing when there is nothing to do. Needs only Node and npm, so
// that it works on a fresh clone.
import { existsSync } from 'node:fs'
import { ADDONS, builtPath, inRoot, isCurrent, nativeSources, readJson } from './lib/project.mjs'
import { script, step } from './lib/run.mjs'

/**
 * Whether node_modules holds what the lock file asks for. npm keeps a copy of the lock file there. Comparing versions
 * rather than file times avoids a reinstallation after each change of branch.
 */
function dependenciesAreCurrent() {
  const installed = inRoot('node_modules', '.package-lock.json')
  if (!existsSync(installed)) return false
  const have = readJson(installed).packages
  const want = Object.entries(readJson(inRoot('package-lock.json')).packages)
  return want.every(([path, { version, optional }]) => {
    if (path === '') return true
    return have[path] === undefined ? optional === true : have[path].version === version
  })
}

function ensureDependencies() {
  if (dependenciesAreCurrent()) return
  step('installing the development dependencies', 'npm', ['ci', '--no-audit', '--no-fund'])
}

/** Even where nothing has changed, node-gyp takes a second. */
async function ensureAddons() {
  const sources = nativeSources()
  if (ADDONS.every((addon) => isCurrent(builtPath(addon), sources))) return
  const { buildNative } = await import('./build-native.mjs')
  buildNative()
}

async function ensureTypeScript() {
  const { buildTs } = await import('./build-ts.mjs')
  await buildTs()
}

await script(async () => {
  ensureDependencies()
  await ensureAddons()
  await ensureTypeScript()
})
