// Builds the addons: native/**/*.c -> native/build/Release/{berkeley,berkeley_tls}.node.
import { utimesSync } from 'node:fs'
import { mirrorNative, nodeGyp } from './lib/node-gyp.mjs'
import { ADDONS, builtPath, inRoot } from './lib/project.mjs'
import { isProgram, script } from './lib/run.mjs'

const werror = 1

export function buildNative() {
  nodeGyp('building the addons (needs python3, make and g++)', inRoot('native'), { variables: { werror } })
  // make leaves alone what a change did not touch; it is as current as the rest all the same.
  const now = new Date()
  for (const addon of ADDONS) utimesSync(builtPath(addon), now, now)
}

/**
 * A build of another kind, which leaves native/build alone.
 * @param {string} name
 * @param {Readonly<Record<string, number | string>>} variables of binding.gyp
 * @returns {string} the folder that it is in: build/native/NAME
 */
function buildVariant(name, variables) {
  const folder = mirrorNative(name)
  nodeGyp(`building the addons (${name})`, folder, { variables: { werror, ...variables } })
  return folder
}

/** @param {import('./lib/sanitizers.mjs').Sanitizer} sanitizer */
export const buildSanitized = ({ name, flags }) => buildVariant(name, { sanitize: flags })

/** gcov's counts appear beside the objects. */
export const buildCoverage = () => buildVariant('coverage', { count_lines: 1 })

if (isProgram(import.meta.url)) await script(buildNative)
