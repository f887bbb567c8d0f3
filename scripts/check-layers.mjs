// Checks that src/ and native/ keep their layers: imports and includes point one way only and go round in no circle, and
// some knowledge of src/ has one home.

import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { filesBelow, inRoot } from './lib/project.mjs'
import { Failure, script } from './lib/run.mjs'

/**
 * The layers, lowest first: a file may import from its own folder and from those above it in this list, which are the lower
 * layers. `name/` is a folder, with all that is in it unless a longer name fits better; `name` is src/name.ts.
 */
const LAYERS = [
  'native/',
  'constants/',
  'support/',
  'address/',
  'options/',
  'descriptor/',
  'message/',
  'engine/',
  'tls/',
  'llsocket/',
  'socket/',
  'proxy-protocol/',
  'adapters/',
  'seqpacket/',
  'dgram/',
  'stream/',
  'families/',
  'unix-dgram/',
  'connect',
  'inherited/',
  'systemd/',
  'handover/',
  'index',
]

/** The constants are one list, system-wide: a name in it is no knowledge. */
const LISTS = /^constants\//

/** What only these files may contain, besides the lists of constants. Comments do not count. */
const HOMES = [
  { what: 'loads an addon', pattern: /\bdlopen\b|createRequire|\brequire\(|\.node['"`]/, only: ['native/load'] },
  { what: 'makes a SystemError or TimeoutError', pattern: /\bnew (System|Timeout)Error\b/, only: ['support/errors'] },
  {
    what: 'knows EAGAIN',
    pattern: /\b(EAGAIN|EWOULDBLOCK)\b/,
    only: ['engine/direction', 'engine/operation', 'llsocket/again'],
  },
  { what: 'knows epoll', pattern: /\bEPOLL/, only: ['engine/epoll'] },
  { what: 'listens on a signal', pattern: /\baddEventListener\b/, only: ['support/abort-signal'] },
  {
    // Those of the global object Biome refuses: noRestrictedGlobals.
    what: 'reads the clock or takes timers of the runtime',
    pattern: /\bDate\.\w|\bprocess\.nextTick\b|\bnode:(timers|perf_hooks)\b/,
    only: ['support/globals'],
  },
]

const IMPORT = /\b(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]/g
const COMMENT = /\/\*[\s\S]*?\*\/|(?<!:)\/\/.*/g

/** @param {string} name @param {readonly string[]} layers @returns {string} the longest entry that fits; '' for none */
const entryOf = (name, layers) =>
  layers
    .filter((entry) => (entry.endsWith('/') ? name.startsWith(entry) : name === entry))
    .reduce((best, entry) => (entry.length > best.length ? entry : best), '')

/** @param {string} name */
const layerOf = (name, layers = LAYERS) => layers.indexOf(entryOf(name, layers))

/** @param {string} path @returns {string} its name in the tables: no `src/`, no extension */
const nameOf = (path) => relative(inRoot('src'), path).replace(/\.m?[jt]s$/, '')

/** @param {string} path @param {string} code @returns {string[]} names of the files of src/ that it imports */
const importsOf = (path, code) =>
  [...code.matchAll(IMPORT)]
    .map((match) => match[1] ?? match[2] ?? '')
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => nameOf(join(dirname(path), specifier)))

/** @typedef {{ name: string, code: string, imports: string[] }} Source */

/** @param {string} path @returns {Source} */
function sourceOf(path) {
  const code = readFileSync(path, 'utf8').replace(COMMENT, '')
  return { name: nameOf(path), code, imports: importsOf(path, code) }
}

/** @param {Source} source @returns {string[]} what is wrong with it */
function faultsOf({ name, code, imports }) {
  if (layerOf(name) < 0) return [`src/${name} is in no layer: give it a place in LAYERS`]
  const upward = imports.filter((imported) => layerOf(imported) > layerOf(name))
  const strays = LISTS.test(name) ? [] : HOMES.filter(({ pattern, only }) => !only.includes(name) && pattern.test(code))
  return [
    ...upward.map((imported) => `src/${name} imports ${imported}, which is in a higher layer`),
    ...strays.map(({ what, only }) => `src/${name} ${what}: only ${only.join(', ')} may`),
  ]
}

/**
 * Imports that lead back to where they began, also those of types alone.
 * @param {Source[]} sources
 * @returns {string[]}
 */
function circlesIn(sources) {
  const imports = new Map(sources.map((source) => [source.name, source.imports]))
  /** @type {Set<string>} */
  const done = new Set()
  /** @type {string[]} */
  const circles = []
  /** @param {string} name @param {string[]} way */
  const visit = (name, way) => {
    const at = way.indexOf(name)
    if (at >= 0) circles.push(`a circle of imports: ${[...way.slice(at), name].join(' -> ')}`)
    if (at >= 0 || done.has(name)) return
    for (const imported of imports.get(name) ?? []) if (imported !== name) visit(imported, [...way, name])
    done.add(name)
  }
  for (const { name } of sources) visit(name, [])
  return circles
}

// native/: the same for C, by its includes. A header and the source of its name count as one file.

/** As LAYERS, for native/. */
const NATIVE_LAYERS = [
  'port/',
  'constants/',
  'syscall',
  'env',
  'call',
  'callback',
  'thread',
  'work',
  'linger',
  'ledger',
  'value/',
  'sys/',
  'tls/',
  'port/absent',
  'addon',
]

const INCLUDE = /^#include "([^"]+)"/gm

/** @param {string} path @returns {string} `sys/cmsg` for native/sys/cmsg.c and cmsg.h */
const nativeNameOf = (path) => relative(inRoot('native'), path).replace(/\.(c|h|inc)$/, '')

/** @returns {Source[]} */
function nativeFiles() {
  /** @type {Map<string, Source>} */
  const files = new Map()
  for (const path of filesBelow(inRoot('native'), /\.[ch]$/, ['build'])) {
    const name = nativeNameOf(path)
    const file = files.get(name) ?? { name, code: '', imports: [] }
    files.set(name, file)
    file.code += readFileSync(path, 'utf8')
    file.imports = [...file.code.matchAll(INCLUDE)]
      .map((match) => nativeNameOf(join(dirname(path), match[1] ?? '')))
      .filter((included) => included !== name)
  }
  return [...files.values()]
}

/** @param {Source} file @returns {string[]} what is wrong with it */
function nativeFaultsOf({ name, imports }) {
  const layer = layerOf(name, NATIVE_LAYERS)
  if (layer < 0) return [`native/${name} is in no layer: give it a place in NATIVE_LAYERS`]
  return imports
    .filter((included) => layerOf(included, NATIVE_LAYERS) > layer)
    .map((included) => `native/${name} includes ${included}, which is in a higher layer`)
}

await script(() => {
  const sources = filesBelow(inRoot('src'), /\.m?ts$/).map(sourceOf)
  const native = nativeFiles()
  const faults = [
    ...sources.flatMap(faultsOf),
    ...circlesIn(sources),
    ...native.flatMap(nativeFaultsOf),
    ...circlesIn(native),
  ]
  if (faults.length > 0) throw new Failure(faults.join('\n'))
  process.stdout.write(
    `layers: ${sources.length} files in ${LAYERS.length} layers, ${HOMES.length} homes, no circle: in order\n` +
      `layers of native/: ${native.length} files in ${NATIVE_LAYERS.length} layers, no circle: in order\n`,
  )
})
