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
 * @property {string[]} failed titles
 */

/** @typedef {{ system: Readonly<Record<string, string | number>>, files: Record<string, Result> }} Record_ */

/** The source of a compiled test. @param {string} file */
const sourceOf = (file) =>
  relative(inRoot(), file)
    .replace(/^build\//, '')
    .replace(/\.js$/, '.ts')

/** @typedef {{ name: string, isSuite: boolean, passed: boolean, skip?: string | boolean, file: string }} Event */

/** A file counts as a test to the runner too, and fails as one when it ends badly. @param {Event} event */
const isFile = ({ name, file }) => name === file || name.endsWith('.test.js')

/** The tests of a run, without suites, and files that ended well. @param {string} text @returns {Event[]} */
const testsIn = (text) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .filter((event) => !event.isSuite && event.file !== undefined && !(isFile(event) && event.passed))

/** @param {Result} result @param {Event} event */
function count(result, event) {
  if (event.skip !== undefined) result.skipped++
  else if (event.passed) result.passed++
  else result.failed.push(isFile(event) ? 'the file ended badly' : event.name)
}

/**
 * @param {string} text of scripts/lib/events-reporter.mjs
 * @param {string} date
 */
export function resultsOf(text, date) {
  const results = /** @type {Record<string, Result>} */ ({})
  let source = ''
  for (const event of testsIn(text)) {
    // What a file checks at its end belongs to no test, and is located where the check is. Source maps make .ts of .js.
    if (/\.test\.[jt]s$/.test(event.file)) source = sourceOf(event.file)
    const result = results[source] ?? { date, passed: 0, skipped: 0, failed: [] }
    results[source] = result
    count(result, event)
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
  if (!existsSync(join(out, 'events'))) return
  const date = new Date().toISOString().slice(0, 10)
  const system = readJson(join(out, 'about'))
  const results = resultsOf(readFileSync(join(out, 'events'), 'utf8'), date)
  record(name, system, isWhole ? results : withoutLast(results))
}
