// Checks that src/ keeps its layers: imports point one way only, and each kind of knowledge has one home.

import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { filesBelow, inRoot } from './lib/project.mjs'
import { Failure, script } from './lib/run.mjs'

/**
 * The layers, lowest first. A file may import from its own row and from those above it in this table, which are the
 * lower layers. `name` is src/name.ts; `name/` is all that is in that folder.
 */
const LAYERS = [
  ['native', 'stack', 'luck', 'memory'],
  ['errors', 'constants', 'constants/'],
  ['validate', 'address', 'fd', 'slab', 'env'],
  ['options/', 'message/'],
  ['descriptor', 'resolve', 'device'],
  ['llsocket/'],
  ['deadline', 'operation', 'patience', 'mutex', 'locked', 'side', 'reactor'],
  ['pending', 'direction', 'ear'],
  ['engine'],
  ['tls/', 'ending', 'verbs'],
  ['socket'],
  ['tlscfg', 'mixin', 'prepare', 'attempt'],
  ['chunks', 'duplex', 'web', 'lookup', 'bind', 'wrap', 'listener', 'dialer', 'unix/'],
  ['stream/', 'dgram/', 'seqpacket/'],
  ['secure/'],
  ['tls'],
  ['bridge/', 'cli/'],
  ['open'],
  ['index'],
]

/** The constants are one list, system-wide: a name in it is no knowledge. */
const LISTS = /^constants(\/|$)/

/** What only these files may contain, besides the lists of constants. Comments do not count. */
const HOMES = [
  { what: 'loads an addon', pattern: /\bdlopen\b|createRequire|\brequire\(|\.node['"`]/, only: ['native'] },
  { what: 'makes a SystemError or TimeoutError', pattern: /\bnew (System|Timeout)Error\b/, only: ['errors'] },
  { what: 'knows EAGAIN', pattern: /\b(EAGAIN|EWOULDBLOCK)\b/, only: ['engine', 'operation', 'llsocket/again'] },
  { what: 'knows epoll', pattern: /\bEPOLL/, only: ['reactor'] },
]

const IMPORT = /\b(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]/g
const COMMENT = /\/\*[\s\S]*?\*\/|(?<!:)\/\/.*/g

/** @param {string} name @returns {number} -1 for a file that is in no layer */
const layerOf = (name) =>
  LAYERS.findIndex((row) => row.some((part) => (part.endsWith('/') ? name.startsWith(part) : name === part)))

/** @param {string} path @returns {string} its name in the tables: no `src/`, no extension */
const nameOf = (path) => relative(inRoot('src'), path).replace(/\.m?[jt]s$/, '')

/** @param {string} path @param {string} code @returns {string[]} names of the files of src/ that it imports */
const importsOf = (path, code) =>
  [...code.matchAll(IMPORT)]
    .map((match) => match[1] ?? match[2] ?? '')
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => nameOf(join(dirname(path), specifier)))

/** The index gathers what its folder offers to others; a file that imports its own folder's makes a circle. */
const importsOwnIndex = (/** @type {string} */ name, /** @type {string} */ imported) =>
  name !== imported && imported === join(dirname(name), 'index')

/** @param {string} path @returns {string[]} what is wrong with it */
function faultsOf(path) {
  const name = nameOf(path)
  const code = readFileSync(path, 'utf8').replace(COMMENT, '')
  const layer = layerOf(name)
  if (layer < 0) return [`src/${name} is in no layer: give it a place in LAYERS`]
  const upward = importsOf(path, code).filter((imported) => layerOf(imported) > layer)
  const circles = importsOf(path, code).filter((imported) => importsOwnIndex(name, imported))
  const strays = LISTS.test(name) ? [] : HOMES.filter(({ pattern, only }) => !only.includes(name) && pattern.test(code))
  return [
    ...upward.map((imported) => `src/${name} imports ${imported}, which is in a higher layer`),
    ...circles.map((imported) => `src/${name} imports ${imported}, the index of its own folder`),
    ...strays.map(({ what, only }) => `src/${name} ${what}: only ${only.join(', ')} may`),
  ]
}

await script(() => {
  const files = filesBelow(inRoot('src'), /\.m?ts$/)
  const faults = files.flatMap(faultsOf)
  if (faults.length > 0) throw new Failure(faults.join('\n'))
  process.stdout.write(`layers: ${files.length} files in ${LAYERS.length} layers, ${HOMES.length} homes: in order\n`)
})
