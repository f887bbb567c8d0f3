// The sanitizers of the compiler: what they need to work inside of a Node that was built without them.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ADDONS, builtPath } from './project.mjs'
import { quietly } from './run.mjs'

/**
 * @typedef {object} Sanitizer
 * @property {string} name of the folder of the build
 * @property {string} flags for -fsanitize=
 * @property {readonly string[]} libraries
 * @property {Readonly<Record<string, string>>} options by environment variable
 */

/** @type {Sanitizer} */
export const ASAN = {
  name: 'asan',
  flags: 'address,undefined,float-cast-overflow',
  // In this order, or the second would not heed its log_path.
  libraries: ['libubsan.so', 'libasan.so'],
  options: {
    // Node frees little at exit: a report of leaks would be about Node.
    ASAN_OPTIONS: 'detect_leaks=0:verify_asan_link_order=0',
    UBSAN_OPTIONS: 'print_stacktrace=1',
  },
}

/** @type {Sanitizer} */
export const TSAN = {
  name: 'tsan',
  flags: 'thread',
  libraries: ['libtsan.so'],
  options: {
    // Node is not instrumented: what its code does to memory, by memcpy(3) and the like, says nothing. Its locks count all the same.
    TSAN_OPTIONS: 'ignore_noninstrumented_modules=1:second_deadlock_stack=1:history_size=7',
  },
}

const cc = () => process.env['CC'] ?? 'cc'

/** @param {string} name */
const runtime = (name) => quietly(`finding ${name}`, cc(), [`-print-file-name=${name}`]).trim()

/**
 * The environment for a Node that loads what was built with a sanitizer. Node itself is not instrumented, so the libraries must
 * be in the process before it starts.
 * @param {Sanitizer} sanitizer
 * @param {Readonly<Record<string, string>>} [more] options for each of its variables
 * @returns {NodeJS.ProcessEnv}
 */
export const sanitized = ({ libraries, options }, more = {}) => ({
  ...process.env,
  LD_PRELOAD: libraries.map(runtime).join(' '),
  ...Object.fromEntries(
    Object.entries(options).map(([variable, value]) => [
      variable,
      [value, ...Object.entries(more).map(([name, setting]) => `${name}=${setting}`)].join(':'),
    ]),
  ),
})

/** Variables by which src/native/load.ts finds the addons of a build. @param {string} folder */
export const addonsIn = (folder) =>
  Object.fromEntries(ADDONS.map((addon) => [addon.variable, builtPath(addon, folder)]))

/**
 * Compiles a C file to a loadable object, with the flags of the sanitizer.
 * @param {Sanitizer} sanitizer
 * @param {string} source
 * @param {string} output
 */
export function compileSanitized({ flags }, source, output) {
  const common = ['-std=c11', '-g', '-O1', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', '-fno-omit-frame-pointer']
  const sanitize = [`-fsanitize=${flags}`, '-fno-sanitize-recover=undefined']
  quietly(`compiling ${source}`, cc(), [...common, ...sanitize, '-o', output, source])
}

/** Files that sanitizers wrote reports to, with log_path in a folder. @param {string} folder @returns {string[]} the reports */
export const reportsIn = (folder) =>
  existsSync(folder) ? readdirSync(folder).map((name) => `${name}:\n${readFileSync(join(folder, name), 'utf8')}`) : []
