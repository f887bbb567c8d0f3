// Runs the built tests against addons with the address and undefined-behaviour sanitizers.
//   node scripts/test-asan.mjs [part of a test's file name ...]
import { buildSanitized } from './build-native.mjs'
import { inRoot } from './lib/project.mjs'
import { inForeground, script } from './lib/run.mjs'
import { ASAN, addonsIn, sanitized } from './lib/sanitizers.mjs'

await script(() => {
  const env = { ...sanitized(ASAN), ...addonsIn(buildSanitized(ASAN)) }
  return inForeground(process.execPath, [inRoot('scripts', 'test.mjs'), ...process.argv.slice(2)], env)
})
