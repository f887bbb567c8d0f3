// Runs the built tests against addons with the address and undefined-behaviour sanitizers.
//   node scripts/test-asan.mjs [part of a test's file name ...]
import { buildAsan } from './build-native.mjs'
import { ADDONS, builtPath, inRoot } from './lib/project.mjs'
import { inForeground, quietly, script } from './lib/run.mjs'

/** @param {string} name */
const runtime = (name) => quietly(`finding ${name}`, process.env['CC'] ?? 'cc', [`-print-file-name=${name}`]).trim()

await script(() => {
  const folder = buildAsan()
  const env = {
    ...process.env,
    ...Object.fromEntries(ADDONS.map((addon) => [addon.variable, builtPath(addon, folder)])),
    // Node itself is not instrumented, so the sanitizers must be in the process before it starts.
    LD_PRELOAD: `${runtime('libasan.so')} ${runtime('libubsan.so')}`,
    // Node frees little at exit: a report of leaks would be about Node.
    ASAN_OPTIONS: 'detect_leaks=0',
    UBSAN_OPTIONS: 'print_stacktrace=1',
  }
  return inForeground(process.execPath, [inRoot('scripts', 'test.mjs'), ...process.argv.slice(2)], env)
})
