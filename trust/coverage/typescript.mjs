// Which lines of src/ ran: counted by V8 in every process, mapped back from dist/berkeley.js by monocart-coverage-reports. It parses the sources: c8
// would count comments and blank lines as well.
import { pathToFileURL } from 'node:url'
import { CoverageReport } from 'monocart-coverage-reports'
import { WHOLE_MAP } from '../../scripts/bundle.mjs'
import { inRoot, readJson } from '../../scripts/lib/project.mjs'
import { Failure } from '../../scripts/lib/run.mjs'

/**
 * A line has a count, or a text that says how many of its parts ran. Comments and blank lines have no entry.
 * @typedef {{ sourcePath: string, data: { lines: Record<string, number | string> } }} Source
 */

const BUNDLE = pathToFileURL(inRoot('dist', 'berkeley.js')).href

/**
 * @param {string} data the folder that NODE_V8_COVERAGE named
 * @param {string} scratch a folder that the library empties
 */
export async function typeScriptCoverage(data, scratch) {
  const report = new CoverageReport({
    baseDir: inRoot(),
    outputDir: scratch,
    entryFilter: ({ url }) => url === BUNDLE,
    sourceMapResolver: async () => readJson(inRoot(WHOLE_MAP)),
    sourceFilter: (path) => path.startsWith('src/'),
    reports: ['none'],
    logging: 'error',
  })
  await report.addFromDir(data)
  const results = await report.generate()
  if (results === undefined || results.files.length === 0)
    throw new Failure(`V8 wrote nothing of dist/berkeley.js in ${data}`)
  const sources = /** @type {Source[]} */ (/** @type {unknown} */ (results.files))
  const lines = sources.flatMap((source) => Object.values(source.data.lines))
  return {
    lines: { covered: lines.filter((count) => count !== 0).length, total: lines.length },
    functions: results.summary.functions,
    branches: results.summary.branches,
    unreached: new Map(sources.map(({ sourcePath, data: { lines } }) => [sourcePath, unreachedOf(lines)])),
  }
}

/** @param {Source['data']['lines']} lines */
const unreachedOf = (lines) =>
  Object.keys(lines)
    .filter((number) => lines[number] === 0)
    .map(Number)
