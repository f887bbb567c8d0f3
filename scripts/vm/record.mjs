// Keeps what the tests said on a machine: test/platforms/NAME.json, of which `npm run docs` makes docs/platforms.md.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { inRoot, readJson } from '../lib/project.mjs'

/**
 * What one file of tests said.
 * @typedef {object} Result
 * @property {string} date
 * @property {number} passed
 * @property {number} skipped
 * @property {readonly string[]} failed titles
 */

/** @typedef {{ system: Readonly<Record<string, string | number>>, files: Record<string, Result> }} Record_ */

/** The source of a compiled test. @param {string} file */
const sourceOf = (file) =>
  relative(inRoot(), file)
    .replace(/^build\//, '')
    .replace(/\.js$/, '.ts')

/**
 * @param {string} text of scripts/lib/events-reporter.mjs
 * @param {string} date
 */
export function resultsOf(text, date) {
  const results = /** @type {Record<string, Result>} */ ({})
  for (const line of text.trim().split('\n').filter(Boolean)) {
    const { name, isSuite, passed, skip, file } = JSON.parse(line)
    // A file counts as a test to the runner too, and fails as one when it ends badly.
    const isFile = name === file || name.endsWith('.test.js')
    if (isSuite || file === undefined || (isFile && passed)) continue
    const source = sourceOf(file)
    const result = results[source] ?? { date, passed: 0, skipped: 0, failed: [] }
    results[source] = result
    if (skip !== undefined) result.skipped++
    else if (passed) result.passed++
    else result.failed = [...result.failed, isFile ? 'the file ended badly' : name]
  }
  return results
}

/** What makes a system another one, whose results are not to be mixed. @param {Record_['system']} system */
const identity = ({ kernel, node, machine }) => `${kernel} ${node} ${machine}`

/**
 * Adds the results of a run to those before it under the same system.
 * @param {string} name of the machine
 * @param {Record_['system']} system
 * @param {Record_['files']} results
 */
export function record(name, system, results) {
  const path = inRoot('test', 'platforms', `${name}.json`)
  const before = existsSync(path) ? readJson(path) : undefined
  const kept = before && identity(before.system) === identity(system) ? before.files : {}
  const files = Object.fromEntries(Object.entries({ ...kept, ...results }).sort(([a], [b]) => (a < b ? -1 : 1)))
  writeFileSync(path, `${JSON.stringify({ system, files }, undefined, 2)}\n`)
}

/** Without the last file, whose tests may not all be there. @param {Record_['files']} results @returns {Record_['files']} */
const withoutLast = (results) => Object.fromEntries(Object.entries(results).slice(0, -1))

/**
 * @param {string} out where a guest wrote
 * @param {string} name
 * @param {boolean} isWhole whether it came to its end
 */
export function recordRun(out, name, isWhole) {
  const date = new Date().toISOString().slice(0, 10)
  const system = readJson(join(out, 'about'))
  const results = resultsOf(readFileSync(join(out, 'events'), 'utf8'), date)
  record(name, system, isWhole ? results : withoutLast(results))
}
