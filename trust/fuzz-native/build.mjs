// The fuzz targets of trust/fuzz-native: how they are built, twice each. With libFuzzer and the sanitizers they look for what
// breaks; without any of it they replay inputs, for valgrind or a debugger.
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { cpus } from 'node:os'
import { basename, join, relative } from 'node:path'
import { nodeHeaders } from '../../scripts/lib/headers.mjs'
import { filesBelow, inRoot, isCurrent, nativeSources } from '../../scripts/lib/project.mjs'
import { Failure, which } from '../../scripts/lib/run.mjs'
import { ASAN } from '../../scripts/lib/sanitizers.mjs'
import { runs, sideBySide } from '../lib/child.mjs'

/** @typedef {'fuzzer' | 'replay'} Purpose */
/** @typedef {{ name: string, tls: boolean, sources: readonly string[] }} Target */

const CORE = ['address', 'cmsg', 'sockopt', 'msg', 'mmsg', 'inbox']
/** Those that are content with what the harness gives. */
const PLAIN = ['address', 'cmsg']
const TLS = ['tls_config', 'tls_session']

const inFuzz = (/** @type {string[]} */ ...parts) => inRoot('trust', 'fuzz-native', ...parts)

/** @type {readonly Target[]} */
export const TARGETS = [
  ...CORE.map((name) => ({ name, tls: false, sources: PLAIN.includes(name) ? [name, 'plain'] : [name] })),
  ...TLS.map((name) => ({ name, tls: true, sources: [name, 'tls', 'pki'] })),
]

/** @param {Target} target */
export const keptCorpus = ({ name }) => inFuzz('corpus', name)

/** Everything that is made here. @param {string[]} parts */
export const inBuild = (...parts) => inRoot('build', 'fuzz', ...parts)

/** @param {Purpose} purpose @param {Target} target */
export const programOf = (purpose, { name }) => inBuild(purpose, name)

/** How many programs run at a time. */
export const WIDTH = cpus().length

const FLAGS = [
  ...['-std=c11', '-g', '-O1', '-fno-omit-frame-pointer', '-Wall', '-Wextra', '-Werror', '-Wstrict-prototypes'],
  // The fake has the arguments of Node-API, and OpenSSL's old way of replacing random numbers is the only one.
  ...['-Wno-unused-parameter', '-Wno-deprecated-declarations', '-D_GNU_SOURCE', '-DNAPI_VERSION=8'],
]
/** @type {Record<Purpose, { compile: readonly string[], link: readonly string[] }>} */
const MORE_FLAGS = {
  fuzzer: {
    compile: [
      `-fsanitize=fuzzer-no-link,${ASAN.flags}`,
      '-fno-sanitize-recover=all',
      '-Wno-gnu-variable-sized-type-not-at-end',
    ],
    link: [`-fsanitize=fuzzer,${ASAN.flags}`],
  },
  replay: { compile: [], link: [] },
}

/** @param {Purpose} purpose */
function compiler(purpose) {
  const names = purpose === 'fuzzer' ? ['clang', 'clang-14'] : [process.env['CC'], 'cc', 'gcc', 'clang']
  const found = names.find((name) => name && which(name) !== undefined)
  if (found === undefined)
    throw new Failure(
      purpose === 'fuzzer'
        ? 'fuzzing needs clang with libFuzzer (Debian: clang, libclang-rt-14-dev)'
        : 'there is no C compiler',
    )
  return found
}

const HEADERS = ['node_api.h', 'node_api_types.h', 'js_native_api.h', 'js_native_api_types.h', 'uv.h', 'uv']

/** Node's headers without its OpenSSL: those have to be of the library that is linked, which is the system's. */
function includeFolder() {
  const folder = inBuild('include')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const name of HEADERS) symlinkSync(join(nodeHeaders(), name), join(folder, name))
  return folder
}

function requireOpenSsl() {
  if (!existsSync('/usr/include/openssl/ssl.h'))
    throw new Failure('there are no headers of OpenSSL (Debian: libssl-dev)')
}

/** Sources of an addon, as binding.gyp lists them. @param {boolean} tls */
function addonSources(tls) {
  const others = /\/port\/(bsd|absent)\.c$/
  const sources = filesBelow(inRoot('native'), /\.c$/, ['build', 'tls']).filter((path) => !others.test(path))
  if (!tls) return sources
  return [inRoot('native', 'call.c'), inRoot('native', 'syscall.c'), ...filesBelow(inRoot('native', 'tls'), /\.c$/)]
}

/** @param {string} source */
const isNative = (source) => source.startsWith(inRoot('native'))

/** @param {Purpose} purpose @param {string} source */
const objectOf = (purpose, source) =>
  inBuild(purpose, 'objects', `${relative(inRoot(), source).replaceAll('/', '-')}.o`)

/** @param {Purpose} purpose @param {Target} target */
function sourcesOf(purpose, { tls, sources }) {
  const door = purpose === 'fuzzer' ? 'fuzzer.c' : 'replay.c'
  return [
    ...addonSources(tls),
    ...filesBelow(inFuzz('fake'), /\.c$/),
    ...['harness.c', door].map((name) => inFuzz(name)),
    ...sources.map((name) => inFuzz('targets', `${name}.c`)),
  ]
}

/** @param {Purpose} purpose @param {string} source @param {string} headers */
const compileArguments = (purpose, source, headers) => [
  ...FLAGS,
  ...MORE_FLAGS[purpose].compile,
  `-I${headers}`,
  ...(isNative(source) ? ['-include', inFuzz('fake', 'calls.h')] : []),
  ...['-c', source, '-o', objectOf(purpose, source)],
]

/** @param {Purpose} purpose @param {Target} target */
const linkArguments = (purpose, target) => [
  ...MORE_FLAGS[purpose].link,
  ...sourcesOf(purpose, target).map((source) => objectOf(purpose, source)),
  ...(target.tls ? ['-lssl', '-lcrypto'] : []),
  ...['-lm', '-o', programOf(purpose, target)],
]

/** Brings the programs of all targets up to date. @param {Purpose} purpose */
export async function buildTargets(purpose) {
  const sources = [...nativeSources(), ...filesBelow(inFuzz(), /\.[ch]$/), inRoot('trust', 'fuzz-native', 'build.mjs')]
  if (TARGETS.every((target) => isCurrent(programOf(purpose, target), sources))) return
  requireOpenSsl()
  const command = compiler(purpose)
  process.stderr.write(`building the fuzz targets (${purpose}) ...\n`)
  mkdirSync(inBuild(purpose, 'objects'), { recursive: true })
  const headers = includeFolder()
  const files = [...new Set(TARGETS.flatMap((target) => sourcesOf(purpose, target)))]
  await sideBySide(files, WIDTH, (source) =>
    runs(`compiling ${basename(source)}`, command, compileArguments(purpose, source, headers)),
  )
  await sideBySide(TARGETS, WIDTH, (target) => runs(`linking ${target.name}`, command, linkArguments(purpose, target)))
}
