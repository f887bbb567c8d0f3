// The names of functions and classes, which esbuild changes where two modules use the same one, and where a class refers to itself.
import { readFileSync } from 'node:fs'
import { inRoot } from './project.mjs'
import { Failure } from './run.mjs'

/** The comment with which esbuild begins what it made of a module. */
const SECTION = /^\/\/ (\S+\.ts)$/

/** A function or a class on the outermost level: its name, and for a class the one that it has within. */
const DECLARATION =
  /^(?:async )?function\*? (\w+)\(|^var (\w+) = (?:class(?: (\w+))?\b|(?:async )?(?:\(.*\) =>|\w+ =>))/

const DECLARED = /^(?:export )?(?:default )?(?:abstract )?(?:async )?(?:class|function\*?|const) (\w+)/gm

/** @typedef {{ name: string, inner: string | undefined, original: string }} Declaration */

/** @param {string} source a path below src @returns {ReadonlySet<string>} */
function namesIn(source) {
  const text = source === 'registry.ts' ? '' : readFileSync(inRoot('src', source), 'utf8')
  return new Set([...text.matchAll(DECLARED)].map((match) => match[1] ?? ''))
}

/** What the source calls it: esbuild puts digits behind. @param {string} name @param {ReadonlySet<string>} names */
function originalOf(name, names) {
  for (let end = name.length; end > 0; end--) {
    const shorter = name.slice(0, end)
    if (names.has(shorter)) return shorter
    if (!/\d$/.test(shorter)) break
  }
  return undefined
}

/** @param {string} text @returns {Declaration[]} */
function declarationsIn(text) {
  const found = []
  let names = /** @type {ReadonlySet<string> | undefined} */ (undefined)
  for (const line of text.split('\n')) {
    const source = SECTION.exec(line)?.[1]
    if (source !== undefined) names = namesIn(source)
    const match = DECLARATION.exec(line)
    const name = match?.[1] ?? match?.[2]
    if (names === undefined || name === undefined) continue
    const original = originalOf(name, names)
    if (original === undefined) throw new Failure(`what the source calls ${name} of dist/berkeley.js is not known`)
    found.push({ name, inner: match?.[3], original })
  }
  return found
}

/**
 * Gives functions and classes the names of the sources, for stacks, for inspection and for what users read of `name`. No token moves, so that the
 * source map stays right.
 * @param {string} text of the bundle
 */
export function keepNames(text) {
  const declarations = declarationsIn(text)
  let kept = text
  for (const { name, inner } of declarations)
    if (inner === `_${name}`) kept = kept.replace(new RegExp(`(?<![\\w$#.])${inner}(?![\\w$])`, 'g'), `${name} `)
  const renamed = declarations.filter(({ name, original }) => name !== original)
  const list = renamed.map(({ name, original }) => `[${name}, '${original}']`).join(', ')
  const end = kept.lastIndexOf('\nmodule.exports = ')
  return `${kept.slice(0, end)}\nfor (const [it, value] of [${list}])\n  Object.defineProperty(it, 'name', { value, configurable: true });${kept.slice(end)}`
}
