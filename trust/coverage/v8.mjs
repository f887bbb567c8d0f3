// Which lines of src/ ran, from what V8 wrote for each process, led back through the source maps of dist/.
import { pathToFileURL } from 'node:url'
import { CoverageReport } from 'monocart-coverage-reports'
import { inRoot } from '../../scripts/lib/project.mjs'
import { Failure } from '../../scripts/lib/run.mjs'

/** @typedef {{ covered: number, total: number }} Share */

/**
 * What is known of a source. A line has a count, or in a text how many of its parts ran; comments and empty ones are not there.
 * @typedef {{ sourcePath: string, data: { lines: Record<string, number | string> } }} Source
 */

const DIST = `${pathToFileURL(inRoot('dist')).href}/`

/** @param {Share} share */
const plain = ({ covered, total }) => ({ covered, total })

/**
 * @param {string} data the folder that NODE_V8_COVERAGE named
 * @param {string} scratch a folder for the library, which it empties
 */
export async function typeScriptCoverage(data, scratch) {
  const report = new CoverageReport({
    baseDir: inRoot(),
    outputDir: scratch,
    entryFilter: ({ url }) => url.startsWith(DIST),
    sourceFilter: (path) => path.startsWith('src/'),
    reports: ['none'],
    logging: 'error',
  })
  await report.addFromDir(data)
  const results = await report.generate()
  if (results === undefined || results.files.length === 0) throw new Failure(`V8 wrote of no file of dist/ in ${data}`)
  const sources = /** @type {Source[]} */ (/** @type {unknown} */ (results.files))
  const lines = sources.flatMap((source) => Object.values(source.data.lines))
  return {
    lines: { covered: lines.filter((count) => count !== 0).length, total: lines.length },
    functions: plain(results.summary.functions),
    branches: plain(results.summary.branches),
    unreached: new Map(sources.map(({ sourcePath, data: { lines } }) => [sourcePath, linesAt(lines, 0)])),
  }
}

/** @param {Source['data']['lines']} lines @param {number} count @returns {number[]} those that ran so often */
const linesAt = (lines, count) =>
  Object.keys(lines)
    .filter((number) => lines[number] === count)
    .map(Number)
