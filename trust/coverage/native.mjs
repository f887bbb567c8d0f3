// Which lines of the addons ran: counted by gcov in every process that used an instrumented build, added up by gcovr.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { filesBelow, readJson } from '../../scripts/lib/project.mjs'
import { Failure, quietly, which } from '../../scripts/lib/run.mjs'

/** @typedef {{ line_number: number, count: number, 'gcovr/noncode': boolean }} Line */
/** @typedef {{ file: string, lines: Line[] }} Source */

export function requireGcovr() {
  if (!which('gcovr')) throw new Failure('gcovr is missing (Debian: gcovr); it reads what gcov of gcc writes')
}

/** @param {string} folder that binding.gyp is in */
const objects = (folder) => join(folder, 'build', 'Release', 'obj.target')

/**
 * Removes former counts. Each process adds its own when it exits, some of them as another user: so the files have to exist, writable by all.
 * @param {string} folder that binding.gyp is in
 */
export function resetCounts(folder) {
  for (const path of filesBelow(objects(folder), /\.gcda$/)) rmSync(path)
  const previous = process.umask(0)
  for (const path of filesBelow(objects(folder), /\.gcno$/)) writeFileSync(path.replace(/gcno$/, 'gcda'), '')
  process.umask(previous)
}

/**
 * Shares of what ran, and the lines that did not, by source.
 * @param {string} folder that binding.gyp is in
 * @param {string} scratch a folder for gcovr's reports
 */
export function nativeCoverage(folder, scratch) {
  const [summary, lines] = [join(scratch, 'summary.json'), join(scratch, 'lines.json')]
  quietly('gcovr', 'gcovr', ['--root', folder, '--json-summary', summary, '--json', lines, objects(folder)])
  const total = readJson(summary)
  const share = (/** @type {string} */ kind) => ({ covered: total[`${kind}_covered`], total: total[`${kind}_total`] })
  /** @type {Source[]} */
  const sources = readJson(lines).files
  return {
    lines: share('line'),
    functions: share('function'),
    branches: share('branch'),
    unreached: new Map(sources.map(({ file, lines }) => [join('native', file), unreachedOf(lines)])),
  }
}

/** @param {readonly Line[]} lines */
const unreachedOf = (lines) =>
  lines.filter((line) => line.count === 0 && !line['gcovr/noncode']).map(({ line_number }) => line_number)
