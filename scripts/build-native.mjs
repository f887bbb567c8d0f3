// Builds the addons: native/**/*.c -> native/build/Release/{berkeley,berkeley_tls}.node.
//   node scripts/build-native.mjs           release build
//   node scripts/build-native.mjs --debug   native/build/Debug, without optimisation
//   node scripts/build-native.mjs --asan    build/native/asan, with the sanitizers (test-asan.mjs runs the tests on it)
//   node scripts/build-native.mjs --tsan    build/native/tsan, with the one for threads
import { utimesSync } from 'node:fs'
import { mirrorNative, nodeGyp } from './lib/node-gyp.mjs'
import { ADDONS, builtPath, inRoot } from './lib/project.mjs'
import { isProgram, script } from './lib/run.mjs'
import { ASAN, TSAN } from './lib/sanitizers.mjs'

const werror = 1

export function buildNative() {
  nodeGyp('building the addons', inRoot('native'), { variables: { werror } })
  // make leaves alone what a change did not touch; it is as current as the rest all the same.
  const now = new Date()
  for (const addon of ADDONS) utimesSync(builtPath(addon), now, now)
}

const buildDebug = () =>
  nodeGyp('building the addons (debug)', inRoot('native'), { debug: true, variables: { werror } })

/**
 * @param {import('./lib/sanitizers.mjs').Sanitizer} sanitizer
 * @returns {string} the folder that they are built in
 */
export function buildSanitized({ name, flags }) {
  const folder = mirrorNative(name)
  nodeGyp(`building the addons (${flags})`, folder, { variables: { werror, sanitize: flags } })
  return folder
}

/** @returns {string} the folder that they are built in; gcov's counts appear there beside the objects */
export function buildCoverage() {
  const folder = mirrorNative('coverage')
  nodeGyp('building the addons (coverage)', folder, { variables: { werror, count_lines: 1 } })
  return folder
}

function main() {
  if (process.argv.includes('--asan')) buildSanitized(ASAN)
  else if (process.argv.includes('--tsan')) buildSanitized(TSAN)
  else if (process.argv.includes('--debug')) buildDebug()
  else buildNative()
}

if (isProgram(import.meta.url)) await script(main)
