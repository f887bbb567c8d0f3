// Writes docs/performance.md, its pictures, and the figures of docs/trust.md from bench/results/published, which is under version control.
//   node bench/docs.mjs [FOLDER]       FOLDER instead of docs
//   node bench/docs.mjs --publish      publishes the results of the last run first: the machine should have been quiet
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { filesBelow, inRoot, readJson } from '../scripts/lib/project.mjs'
import { Failure, script } from '../scripts/lib/run.mjs'
import { withOverview } from './lib/overview.mjs'
import { page } from './lib/page.mjs'
import { plot } from './lib/plot.mjs'
import { RESULTS } from './lib/results.mjs'
import { SCENARIOS } from './scenarios/index.mjs'

const PUBLISHED = join(RESULTS, 'published')
const PICTURES = 'performance'
/** A file for each scenario whose numbers need a word. */
const REMARKS = inRoot('bench', 'remarks')

/** @typedef {import('./lib/results.mjs').Results} Results */

function publish() {
  const files = filesBelow(RESULTS, /\.json$/, ['published'])
  if (files.length === 0) throw new Failure('there are no results to publish: npm run bench')
  for (const file of files) cpSync(file, join(PUBLISHED, file.slice(RESULTS.length)), { recursive: true })
}

/** In the order in which the scenarios run. @returns {Results[]} */
const published = () =>
  SCENARIOS.map(({ name, title }) => ({ title, file: join(PUBLISHED, `${name}.json`) }))
    .filter(({ file }) => existsSync(file))
    .map(({ title, file }) => ({ ...readJson(file), title }))

/** @param {string} path @param {string} content */
function writeIfNew(path, content) {
  if (!existsSync(path) || readFileSync(path, 'utf8') !== content) writeFileSync(path, content)
}

await script(() => {
  const args = process.argv.slice(2)
  if (args.includes('--publish')) publish()
  const all = published()
  if (all.length === 0)
    throw new Failure('no results are published: npm run bench, then npm run bench:docs -- --publish')
  const folder = args.find((arg) => !arg.startsWith('--')) ?? inRoot('docs')
  const image = (/** @type {Results} */ { scenario }) => `${PICTURES}/${scenario}.svg`
  const remark = (/** @type {Results} */ { scenario }) => {
    const file = join(REMARKS, `${scenario}.md`)
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }
  mkdirSync(join(folder, PICTURES), { recursive: true })
  for (const results of all) writeIfNew(join(folder, image(results)), plot(results))
  writeIfNew(join(folder, 'performance.md'), page(all, image, remark))
  const overview = join(folder, 'trust.md')
  if (existsSync(overview)) writeIfNew(overview, withOverview(readFileSync(overview, 'utf8'), all))
})
