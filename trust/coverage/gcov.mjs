// What the lines of the addons were run for: what gcov counted in all processes that had an instrumented build.
import { rmSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { ADDONS, filesBelow } from '../../scripts/lib/project.mjs'
import { Failure, quietly, which } from '../../scripts/lib/run.mjs'

/**
 * How often each thing of a source ran. A branch is named by its line and its place there, an exit of a decision each.
 * @typedef {{ lines: Map<number, number>, functions: Map<string, number>, branches: Map<string, number> }} Counts
 */

/** @typedef {import('./v8.mjs').Share} Share */
/** @typedef {{ line_number: number, count: number, branches: { count: number }[] }} Line */
/** @typedef {{ file: string, lines: Line[], functions: { name: string, execution_count: number }[] }} Source */
/** @typedef {{ current_working_directory: string, files: Source[] }} Unit what gcov says of one object */

const gcov = () => process.env['GCOV'] ?? 'gcov'

export function requireGcov() {
  if (which(gcov()) === undefined) throw new Failure('gcov is missing: it comes with gcc, which has to be the compiler')
}

/** @param {string} build the `build` folder of an instrumented build */
const objects = (build) => join(build, 'Release', 'obj.target')

/**
 * Forgets former counts. Each process adds its own to the files when it ends, some of them as another user: so the
 * files are there before, for everybody to write.
 * @param {string} build
 */
export function forget(build) {
  for (const path of filesBelow(objects(build), /\.gcda$/)) rmSync(path)
  const previous = process.umask(0)
  for (const path of filesBelow(objects(build), /\.gcno$/)) writeFileSync(path.replace(/gcno$/, 'gcda'), '')
  process.umask(previous)
}

/** @template K @param {Map<K, number>} counts @param {K} key @param {number} count */
const add = (counts, key, count) => counts.set(key, (counts.get(key) ?? 0) + count)

/** @param {Counts} counts @param {Source} source */
function addSource(counts, { lines, functions }) {
  for (const { name, execution_count } of functions) add(counts.functions, name, execution_count)
  for (const { line_number, count, branches } of lines) {
    add(counts.lines, line_number, count)
    for (const [i, branch] of branches.entries()) add(counts.branches, `${line_number}:${i}`, branch.count)
  }
}

/**
 * Adds the counts of an addon, by path of the source below `folder`: neither the C library's headers nor Node's.
 * @param {string} folder that binding.gyp is in
 * @param {string} addon
 * @param {Map<string, Counts>} counts to these: a source may be part of both addons
 * @returns {Set<string>} the sources of this addon
 */
function addCounts(folder, addon, counts) {
  const notes = filesBelow(join(objects(join(folder, 'build')), addon), /\.gcno$/)
  const output = quietly(`gcov, ${addon}`, gcov(), ['--json-format', '--stdout', '--branch-probabilities', ...notes])
  const sources = new Set()
  for (const text of output.split('\n').filter(Boolean)) {
    /** @type {Unit} */
    const unit = JSON.parse(text)
    for (const source of unit.files) {
      const path = resolve(unit.current_working_directory, source.file)
      if (!path.startsWith(`${folder}/`)) continue
      if (!counts.has(path)) counts.set(path, { lines: new Map(), functions: new Map(), branches: new Map() })
      addSource(/** @type {Counts} */ (counts.get(path)), source)
      sources.add(path)
    }
  }
  return sources
}

/** @param {Iterable<number>} counts @returns {Share} */
function shareOf(counts) {
  const all = [...counts]
  return { covered: all.filter((count) => count > 0).length, total: all.length }
}

/** @param {Map<string, Counts>} counts @param {Set<string>} paths */
const of = (counts, paths) => [...counts].filter(([path]) => paths.has(path)).map(([, own]) => own)

/** @param {readonly Counts[]} sources @param {keyof Counts} kind */
const shareOfAll = (sources, kind) => shareOf(sources.flatMap((counts) => [...counts[kind].values()]))

/**
 * What ran of both addons, of each, and which lines of each source did not, by its path in the project.
 * @param {string} folder that binding.gyp is in
 */
export function nativeCoverage(folder) {
  /** @type {Map<string, Counts>} */
  const counts = new Map()
  const sourcesOf = ADDONS.map(({ name }) => ({ name, paths: addCounts(folder, name, counts) }))
  const all = [...counts.values()]
  return {
    lines: shareOfAll(all, 'lines'),
    functions: shareOfAll(all, 'functions'),
    branches: shareOfAll(all, 'branches'),
    addons: sourcesOf.map(({ name, paths }) => ({ name, lines: shareOfAll(of(counts, paths), 'lines') })),
    unreached: new Map(
      [...counts].map(([path, { lines }]) => [
        join('native', relative(folder, path)),
        [...lines].filter(([, count]) => count === 0).map(([line]) => line),
      ]),
    ),
  }
}
