// The C programs: compiled when they are needed, into build/bench. Those with TLS are shared objects that this Node
// loads, so that they use the very OpenSSL that node:tls and berkeley use.
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { nodeHeaders } from '../../scripts/lib/headers.mjs'
import { filesBelow, inRoot, isCurrent } from '../../scripts/lib/project.mjs'
import { Failure, step, which } from '../../scripts/lib/run.mjs'
import { Missing } from './scenario.mjs'

/** @typedef {keyof typeof PARTS} Role */

const SOURCES = inRoot('bench', 'native')
const COMMON = ['tool.c', 'address.c']
const MEASURING = ['measure.c', 'histogram.c']
const PARTS = {
  server: ['server.c'],
  load: ['load.c', 'load_work.c', ...MEASURING],
  connector: ['connector.c'],
  holder: ['holder.c', ...MEASURING],
  acceptor: ['acceptor.c', ...MEASURING],
}
const FLAGS = ['-std=c11', '-O2', '-Wall', '-Wextra', '-Wstrict-prototypes', '-D_GNU_SOURCE']

function compiler() {
  const found = [process.env['CC'], 'cc', 'gcc', 'clang'].find((name) => name && which(name) !== undefined)
  if (found === undefined) throw new Missing('there is no C compiler')
  return found
}

/**
 * @param {string} name
 * @param {readonly string[]} sources
 * @param {() => readonly string[]} flags
 * @returns {string} the path of what was made
 */
function compile(name, sources, flags) {
  const target = inRoot('build', 'bench', process.version, name)
  if (isCurrent(target, filesBelow(SOURCES, /\.[ch]$/))) return target
  mkdirSync(dirname(target), { recursive: true })
  const command = compiler()
  const files = sources.map((source) => join(SOURCES, source))
  step(`compiling ${name}`, command, [...FLAGS, ...flags(), '-o', target, ...files])
  return target
}

/** @param {Role} role @returns {import('./scenario.mjs').Program} */
function plain(role) {
  return { command: compile(`tcp-${role}`, [...PARTS[role], ...COMMON, 'wire_plain.c'], () => []), args: [] }
}

/** What cannot be compiled is no peer. */
function headers() {
  try {
    return nodeHeaders()
  } catch (error) {
    throw error instanceof Failure ? new Missing(error.message) : error
  }
}

const addonFlags = () => ['-DBENCH_ADDON', '-fPIC', '-shared', `-I${headers()}`]

/** @param {Role} role @returns {import('./scenario.mjs').Program} */
function encrypted(role) {
  const sources = ['addon.c', ...PARTS[role], ...COMMON, 'wire_tls.c']
  const addon = compile(`tls-${role}.node`, sources, addonFlags)
  return { command: process.execPath, args: [inRoot('bench', 'lib', 'run-addon.mjs'), addon] }
}

/**
 * A program of its own, without TLS.
 * @param {string} name
 * @param {readonly string[]} sources besides what all have in common
 * @param {readonly string[]} [flags]
 * @returns {import('./scenario.mjs').Program}
 */
export const nativeTool = (name, sources, flags = []) => ({
  command: compile(name, [...sources, ...COMMON], () => flags),
  args: [],
})

/** Something for a Node to load: its path. @param {string} name @param {readonly string[]} sources */
export const nativeAddon = (name, sources) => compile(`${name}.node`, sources, addonFlags)

/** A load that throws away what it receives, so that a server that copies nothing can be kept busy. */
export const discardingLoad = () =>
  nativeTool('discarding-load', [...PARTS.load, 'wire_plain.c'], ['-DRECEIVE_FLAGS=MSG_TRUNC'])

/** @param {Role} role @param {boolean} tls */
export const nativeProgram = (role, tls) => (tls ? encrypted(role) : plain(role))
