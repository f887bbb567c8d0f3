// Brings a tree up to date before `npm start`, `npm test` and others: dependencies, addons, TypeScript, in that
// order, each only if it is missing or stale. Prints nothing when there is nothing to do. Needs only Node and npm, so
// that it works on a fresh clone.
import { needDependencies } from './lib/dependencies.mjs'
import { ADDONS, builtPath, inRoot, isCurrent, nativeSources } from './lib/project.mjs'
import { script } from './lib/run.mjs'

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
  needDependencies('the development dependencies', inRoot())
  await ensureAddons()
  await ensureTypeScript()
})
