// Makes native/constants/constants.generated.inc, src/constants/exported.generated.ts and src/constants/names.generated.ts
// out of native/constants/constants.def, which explains its own form. `--check` writes nothing and exits with 1 when a file
// is stale.
// Plain JavaScript without dependencies, so that it runs before anything is installed or built.
import { readFileSync, writeFileSync } from 'node:fs'

/** @typedef {{ name: string, source: 'header' | 'linux' | 'assigned', number: number, words: string }} Constant */
/** @typedef {{ key: string, internal: boolean, words: string, constants: Constant[] }} Family */

const root = new URL('../', import.meta.url)
const list = 'native/constants/constants.def'
const banner = `Made from ${list} by scripts/generate-constants.mjs: change that list, not this file.`
const width = 120

const familyLine = /^\[(?<internal>internal )?(?<key>[A-Z][A-Z0-9_]*)\] (?<words>.+)$/
const constantLine = /^(?<name>[A-Z][A-Za-z0-9_]*)(?: (?<source>linux|assigned) (?<number>-?\d+))?(?: : (?<words>.+))?$/

/**
 * @param {string} text
 * @returns {Family[]}
 */
function parse(text) {
  /** @type {Family[]} */
  const families = []
  const seen = new Set()
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '' || line.startsWith('#')) continue
    const where = `${list}:${index + 1}`
    const heading = familyLine.exec(line)?.groups
    if (heading) {
      const { internal, key = '', words = '' } = heading
      families.push({ key, internal: internal !== undefined, words, constants: [] })
      continue
    }
    const row = constantLine.exec(line)?.groups
    const family = families.at(-1)
    if (!row || !family) throw new Error(`${where}: neither a family nor a constant: ${line}`)
    const { name = '', source = 'header', number = 'NaN', words = family.words } = row
    if (seen.has(name)) throw new Error(`${where}: ${name} stands here a second time`)
    seen.add(name)
    family.constants.push({ name, source: /** @type {Constant['source']} */ (source), number: Number(number), words })
  }
  return families
}

/** @param {Constant} constant */
function row({ name, source, number }) {
  const otherwise = source === 'header' ? '' : `#else\n${source.toUpperCase()}(${name}, ${number})\n`
  return `#ifdef ${name}\nHEADER(${name})\n${otherwise}#endif\n`
}

/** @param {Family[]} families */
function nativeTable(families) {
  const rows = families.map(({ key, constants }) => `\n/* ${key} */\n${constants.map(row).join('')}`)
  return `/* ${banner} */\n${rows.join('')}`
}

/** @param {Constant} constant */
function exported({ name, source, words }) {
  const caution = source === 'assigned' ? ' Few platforms have it: ask `isSupported` first.' : ''
  return `/** ${words}${caution} */\nexport const ${name}: number = constant('${name}')\n`
}

/** @param {Family[]} families */
function publicModule(families) {
  const rows = families.map(({ words, constants }) => `\n// ${words}\n\n${constants.map(exported).join('\n')}`)
  return `// ${banner}
// The public constants, named as static exports so that every module system sees them.

import { native } from '../native/sockets.js'

// On systems other than Linux a name may be missing: its export is undefined then, and isSupported() says no.
function constant(name: string): number {
  return native.constants[name] as number
}
${rows.join('')}`
}

/** @param {Family} family */
function nameList({ key, constants }) {
  const quoted = constants.map(({ name }) => `'${name}'`)
  const line = `  ${key}: [${quoted.join(', ')}],`
  return line.length <= width ? line : `  ${key}: [\n${quoted.map((name) => `    ${name},\n`).join('')}  ],`
}

/** @param {Family[]} families */
function namesModule(families) {
  const table = (/** @type {boolean} */ internal) =>
    `{\n${families
      .filter((family) => family.internal === internal)
      .map(nameList)
      .join('\n')}\n} as const`
  return `// ${banner}
// The names of each family, in the order in which messages prefer them.

/** Families whose constants the package exports. */
export const publicFamilies = ${table(false)}

/** Families that serve the package's own code. */
export const internalFamilies = ${table(true)}
`
}

/**
 * @param {string} path
 * @returns {string | undefined}
 */
function read(path) {
  try {
    return readFileSync(new URL(path, root), 'utf8')
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return undefined
    throw error
  }
}

const families = parse(readFileSync(new URL(list, root), 'utf8'))
const outputs = {
  'native/constants/constants.generated.inc': nativeTable(families),
  'src/constants/exported.generated.ts': publicModule(families.filter(({ internal }) => !internal)),
  'src/constants/names.generated.ts': namesModule(families),
}
const check = process.argv.includes('--check')
for (const [path, text] of Object.entries(outputs)) {
  if (read(path) === text) continue
  if (check) {
    console.error(`${path} is stale: run node scripts/generate-constants.mjs`)
    process.exitCode = 1
  } else {
    writeFileSync(new URL(path, root), text)
    console.log(`wrote ${path}`)
  }
}
