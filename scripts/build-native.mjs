// Builds the addon: native/*.c -> native/build/Release/berkeley.node.
//   node scripts/build-native.mjs           release build
//   node scripts/build-native.mjs --debug   native/build/Debug, without optimisation
//   node scripts/build-native.mjs --asan    build/native/asan, with the sanitizers (test-asan.mjs runs the tests on it)
import { join } from 'node:path'
import { mirrorNative, nodeGyp } from './lib/node-gyp.mjs'
import { inRoot } from './lib/project.mjs'
import { isProgram, script } from './lib/run.mjs'

const werror = 1

export const buildNative = () => nodeGyp('building the addon', inRoot('native'), { variables: { werror } })

const buildDebug = () => nodeGyp('building the addon (debug)', inRoot('native'), { debug: true, variables: { werror } })

/** @returns {string} the path of the addon */
export function buildAsan() {
  const folder = mirrorNative('asan')
  nodeGyp('building the addon (sanitizers)', folder, { variables: { werror, sanitize: 1 } })
  return join(folder, 'build', 'Release', 'berkeley.node')
}

function main() {
  if (process.argv.includes('--asan')) buildAsan()
  else if (process.argv.includes('--debug')) buildDebug()
  else buildNative()
}

if (isProgram(import.meta.url)) await script(main)
