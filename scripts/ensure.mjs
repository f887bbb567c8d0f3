// Brings a tree up to date before `npm start`, `npm test` and their like: dependencies, addon, TypeScript, in that
// order, each only if it is missing or stale. Says nothing when nothing is to be done. Needs only Node and npm, so
// that it works on a fresh clone.
import { existsSync } from 'node:fs'
import { missingTools } from './lib/node-gyp.mjs'
import {
  ADDONS,
  builtPath,
  filesBelow,
  inRoot,
  isCurrent,
  nativeSources,
  prebuildPath,
  readJson,
} from './lib/project.mjs'
import { script, step } from './lib/run.mjs'

/**
 * Does node_modules hold what the lock file asks for? npm keeps a copy of the lock file there. Comparing versions
 * rather than file times spares a reinstallation after each change of branch.
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

/** The loader prefers a local build, so prebuilt addons stand in only where there is none. */
const prebuildsServe = (/** @type {readonly string[]} */ sources) =>
  missingTools().length > 0 &&
  ADDONS.every((addon) => !existsSync(builtPath(addon)) && isCurrent(prebuildPath(addon), sources))

async function ensureAddons() {
  const sources = nativeSources()
  if (ADDONS.every((addon) => isCurrent(builtPath(addon), sources)) || prebuildsServe(sources)) return
  const { buildNative } = await import('./build-native.mjs')
  buildNative()
}

/** tsc decides for itself what is stale; the times of the files only tell whether it will take a while. */
async function ensureTypeScript() {
  const sources = ['src', 'test', 'trust', 'scripts', 'examples'].flatMap((part) =>
    filesBelow(inRoot(part), /\.m?ts$/, ['node_modules']),
  )
  const current = ['dist', 'build'].every((output) => isCurrent(inRoot(output, '.tsbuildinfo'), sources))
  if (!current) process.stderr.write('compiling TypeScript ...\n')
  const { buildTs } = await import('./build-ts.mjs')
  buildTs()
}

await script(async () => {
  ensureDependencies()
  await ensureAddons()
  await ensureTypeScript()
})
