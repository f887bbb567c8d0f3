// Joins the modules of the library into one file, because a program that loads a hundred files waits for each of them:
//   dist/berkeley.js                 all modules; it exports a function that gives what one of them exports
//   dist/index.js, dist/index.mjs    and so on: the entry points that package.json names
//   dist/prebuilds.js                where the binaries are, for bundlers to find
//   build/internal                   what tests import as #internal/…: the modules of that same dist/berkeley.js
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { build, transform } from 'esbuild'
import { keepNames } from './lib/names.mjs'
import { filesBelow, inRoot, readJson } from './lib/project.mjs'
import { Failure } from './lib/run.mjs'
import { linesOnly } from './lib/source-map.mjs'

const SOURCES = inRoot('src')
const BUNDLE = inRoot('dist', 'berkeley.js')

/** A module that stays a file of its own: it says why. */
const APART = 'prebuilds'

/** Its source map down to columns, which coverage needs; beside the bundle is one of lines. */
export const WHOLE_MAP = 'build/berkeley.js.map'

/** @type {import('esbuild').BuildOptions} */
const COMMON = {
  absWorkingDir: SOURCES,
  bundle: true,
  platform: 'node',
  target: 'node20',
  external: ['*.node'],
  logLevel: 'error',
  metafile: true,
  write: false,
}

/** The entry points of the package, as paths below dist: what package.json exports to require(). */
const entryPoints = () =>
  Object.values(readJson(inRoot('package.json')).exports)
    .flatMap((target) => target.require?.default ?? [])
    .map((path) => relative('dist', path))

/** Parts of Node that take long to load, and that many programs never need. */
const LATE = new Set(['node:cluster', 'node:crypto', 'node:dgram', 'node:net', 'node:stream/web', 'node:tls'])

/**
 * How the bundle gets a part of Node. Where a program is joined into an ES module or a single executable there may be no require(); older
 * versions of Node have only that.
 * @param {string} path
 */
const builtin = (path) => `process.getBuiltinModule?.('${path}') ?? require('${path}')`

/** What the sources import of a part of Node, by name. @param {string} path */
function namesOf(path) {
  const statement = new RegExp(`^import (?!type)[^;{]*\\{([^}]*)\\} from '${path}'`, 'gm')
  const lists = filesBelow(SOURCES, /\.ts$/).flatMap((file) => [...readFileSync(file, 'utf8').matchAll(statement)])
  const names = lists.flatMap((match) => (match[1] ?? '').split(',').map((name) => name.trim()))
  return new Set(
    names.filter((name) => name !== '' && !name.startsWith('type ')).map((name) => name.replace(/ as .*/, '')),
  )
}

/** A module that loads a part of Node when something of it is used. @param {string} path */
function lateModule(path) {
  const getters = [...namesOf(path)].map((name) => `get ${name}() { return load().${name} },`).join('\n')
  return `let loaded
const load = () => (loaded ??= ${builtin(path)})
module.exports = { __esModule: true, get default() { return load() },\n${getters}\n}`
}

/** @type {import('esbuild').Plugin} */
const partsOfNode = {
  name: 'parts of Node',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path, namespace }) =>
      namespace === 'node' ? { path, external: true } : { path, namespace: 'node' },
    )
    onLoad({ filter: /^node:/, namespace: 'node' }, ({ path }) => ({
      contents: LATE.has(path) ? lateModule(path) : `module.exports = ${builtin(path)}`,
    }))
  },
}

/** What loads a part of Node, in the bundle. */
const LOADER = /^var (require_\w+) = __commonJS\(\{\n {2}"node:node:([^"]+)"/gm

/**
 * Lets a part of Node be what it is. esbuild would copy it property by property, and some of them load further parts when they are looked at.
 * @param {string} text
 */
function withoutCopies(text) {
  let direct = text
  for (const [, loader, name] of text.matchAll(LOADER)) {
    direct = direct.replaceAll(`__toESM(${loader}())`, `${loader}()`)
    const locals = [...direct.matchAll(new RegExp(`^var (\\w+) = ${loader}\\(\\);`, 'gm'))].map((match) => match[1])
    if (!LATE.has(`node:${name}`) && locals.some((local) => direct.includes(`${local}.default`)))
      throw new Failure(`the default export of node:${name} is imported: import names instead`)
  }
  return direct
}

/** @type {import('esbuild').Plugin} */
const apart = {
  name: 'apart',
  setup({ onResolve }) {
    onResolve({ filter: new RegExp(`/${APART}\\.js$`) }, () => ({ path: `./${APART}.js`, external: true }))
  },
}

/** In syntax that old parsers know. */
async function writeApart() {
  const source = readFileSync(join(SOURCES, 'native', `${APART}.ts`), 'utf8')
  const { code } = await transform(source, { loader: 'ts', format: 'cjs', target: 'es2019' })
  writeChanged(inRoot('dist', `${APART}.js`), code)
}

/** What each module exports, types excepted. @returns {Promise<Map<string, readonly string[]>>} */
async function exportsOfModules() {
  const sources = filesBelow(SOURCES, /\.ts$/)
  const { metafile } = await build({ ...COMMON, entryPoints: sources, outdir: 'none', splitting: true, format: 'esm' })
  const outputs = Object.values(metafile?.outputs ?? {})
  return new Map(
    outputs.flatMap(({ entryPoint, exports }) =>
      entryPoint === undefined ? [] : [[entryPoint.replace(/\.ts$/, '.js'), exports]],
    ),
  )
}

/** The constants, a thousand names, which the entry points export too. */
const CONSTANTS = 'constants/exported.generated.js'

/**
 * A module that gives what the others export. Each is made into an object when it is asked for: a namespace of esbuild would be a getter for each
 * of thousands of names.
 * @param {Map<string, readonly string[]>} modules
 */
function registry(modules) {
  const imports = []
  const parts = []
  const constants = new Set(modules.get(CONSTANTS))
  let count = 0
  for (const [name, exported] of modules) {
    const isFacade = name !== CONSTANTS && exported.filter((symbol) => constants.has(symbol)).length === constants.size
    const symbols = isFacade ? exported.filter((symbol) => !constants.has(symbol)) : exported
    const locals = symbols.map((symbol) => [symbol, `x${count++}`])
    imports.push(`import { ${locals.map(([symbol, local]) => `${symbol} as ${local}`).join(', ')} } from './${name}'`)
    const properties = locals.map(([symbol, local]) => `${symbol}: ${local}`)
    if (isFacade) properties.unshift(`...parts['${CONSTANTS}']()`)
    parts.push(`'${name}': () => ({ ${properties.join(', ')} }),`)
  }
  return `${imports.join('\n')}\nconst parts = {\n${parts.join('\n')}\n}\nmodule.exports = (name) => Object.freeze(parts[name]())\n`
}

/** What esbuild makes of a module of asm.js: it takes the directive away, and prints `{ at: at }` in a way that is not in the grammar. */
const FORMER_ASM = /^(function asmModule\(.*\) \{\n) {2};\n([^}]*\}\n {2}return \{ )at( \};\n\})/m

/** @param {string} text */
function keepAsm(text) {
  if (!FORMER_ASM.test(text)) throw new Failure('esbuild has changed the module of asm.js in a new way')
  return text.replace(FORMER_ASM, "$1  'use asm';\n$2at: at$3")
}

/** A line of comment, or one that begins a comment of some. What says of which module a part is stays. */
const COMMENT = /^\s*(?:\/\*|\/\/ (?!\S+\.ts$))/

/**
 * Takes out the comments that esbuild leaves, which are a fifth of the text. Lines stay where they are, for the source map.
 * @param {string} text
 */
async function withoutComments(text) {
  let isWithin = false
  const lines = text.split('\n').map((line) => {
    if (!isWithin && !COMMENT.test(line)) return line
    isWithin = (isWithin || /^\s*\/\*/.test(line)) && !/\*\/\s*$/.test(line)
    return ''
  })
  const stripped = lines.join('\n')
  const codeOf = async (/** @type {string} */ whole) => (await transform(whole, { minifyWhitespace: true })).code
  if ((await codeOf(stripped)) !== (await codeOf(text))) throw new Failure('what looks like a comment is none')
  return stripped
}

/** @param {Map<string, readonly string[]>} modules */
async function joinModules(modules) {
  const { outputFiles } = await build({
    ...COMMON,
    stdin: { contents: registry(modules), resolveDir: SOURCES, sourcefile: 'registry.ts', loader: 'ts' },
    outfile: BUNDLE,
    format: 'cjs',
    plugins: [partsOfNode, apart],
    sourcemap: true,
    sourcesContent: false,
  })
  for (const { path, text } of outputFiles ?? []) {
    if (path === BUNDLE) writeChanged(path, await withoutComments(keepAsm(keepNames(withoutCopies(text)))))
    else {
      writeChanged(path, linesOnly(text))
      writeChanged(inRoot(WHOLE_MAP), text)
    }
  }
}

/** Writes a file unless it has that content: what depends on it stays current. @param {string} path @param {string} text */
function writeChanged(path, text) {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

/** @param {string} from a file @param {string} to another */
const specifier = (from, to) => relative(dirname(from), to).replace(/^(?!\.)/, './')

/** Whether an ES module may import an entry point as a whole. @param {string} name */
const isDefault = (name) => /^export default /m.test(readFileSync(join(SOURCES, name.replace(/\.js$/, '.mts')), 'utf8'))

/** @param {string} name @param {readonly string[]} names what it exports */
function writeEntryPoint(name, names) {
  const [script, module] = [inRoot('dist', name), inRoot('dist', name.replace(/\.js$/, '.mjs'))]
  // In two statements: Node searches what looks like a re-export for names, which takes longer than all else.
  const part = `const part = require('${specifier(script, BUNDLE)}')`
  writeChanged(script, `'use strict'\n${part}\nmodule.exports = part('${name}')\n`)
  // Named one by one, because Node and bundlers find no names in that script.
  const exported = `export const {\n  ${names.join(',\n  ')},\n} = exported`
  // For users that know the package that it stands in for as a CommonJS module, which is a default export to an ES module.
  const asDefault = isDefault(name) ? 'export default exported\n' : ''
  writeChanged(module, `import exported from '${specifier(module, script)}'\n${exported}\n${asDefault}`)
}

/** @param {string} name @param {readonly string[]} names what it exports @returns {string} its path */
function writeInternal(name, names) {
  const path = inRoot('build', 'internal', name)
  // Not by import: from what throws while it is loaded, Node 20 makes an uncaught exception besides.
  const part = `createRequire(import.meta.url)('${specifier(path, BUNDLE)}')('${name}')`
  writeChanged(path, `import { createRequire } from 'node:module'\nexport const { ${names.join(', ')} } = ${part}\n`)
  return path
}

/** What a declaration takes from others. */
const REFERENCE = /(?:\bfrom|\bimport\()\s*['"](\.[^'"]+)['"]/g

/** Lists for npm the declarations that no entry point leads to: only our tests can see them. */
function leaveOutUnseen() {
  const seen = new Set(entryPoints().map((name) => inRoot('dist', name.replace(/\.js$/, '.d.ts'))))
  // A set grows while it is gone through.
  for (const path of seen)
    for (const [, reference = ''] of readFileSync(path, 'utf8').matchAll(REFERENCE))
      seen.add(join(dirname(path), reference.replace(/\.js$/, '.d.ts')))
  const unseen = filesBelow(inRoot('dist'), /\.d\.ts$/).filter((path) => !seen.has(path))
  const lines = unseen.map((path) => `/${relative(inRoot('dist'), path)}\n`)
  writeChanged(inRoot('dist', '.npmignore'), ['.npmignore\n', '.tsbuildinfo\n', ...lines].join(''))
}

export async function bundle() {
  const modules = await exportsOfModules()
  await joinModules(modules)
  await writeApart()
  copyFileSync(inRoot('src', 'package.json'), inRoot('dist', 'package.json'))
  for (const name of entryPoints()) writeEntryPoint(name, modules.get(name) ?? [])
  leaveOutUnseen()
  const internals = new Set([...modules].map(([name, exported]) => writeInternal(name, exported)))
  for (const path of filesBelow(inRoot('build', 'internal'), /\.js$/)) if (!internals.has(path)) rmSync(path)
}
