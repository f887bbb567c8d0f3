// Libraries over our streams: installs them, runs test/ecosystem, and writes docs/ecosystem.md of what came out.
//   node scripts/ecosystem.mjs             all of it
//   node scripts/ecosystem.mjs --install   installs the libraries alone: `npm test` tries them, too, where they are
//   node scripts/ecosystem.mjs --check     fails when the page is not about the libraries and versions that are tried
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { needDependencies } from './lib/dependencies.mjs'
import { inRoot, readJson } from './lib/project.mjs'
import { Failure, inForeground, script } from './lib/run.mjs'

const LIBRARIES = inRoot('test', 'ecosystem', 'libraries')
const PAGE = inRoot('docs', 'ecosystem.md')
const EVENTS = inRoot('build', 'ecosystem.jsonl')

/** @typedef {{ packages: string[], server?: string, attached: string, remark?: string }} About a suite of test/ecosystem */
/** @typedef {{ name: string, nesting: number, passed: boolean, skip?: string | true }} Result a test, or a suite after its tests */

/** @type {Record<string, About>} */
const about = readJson(join(LIBRARIES, 'about.json'))
/** @type {Record<string, string>} */
const versions = readJson(join(LIBRARIES, 'package.json')).dependencies

/** @param {string} suite */
const packagesOf = (suite) => (about[suite]?.packages ?? []).map((name) => `${name} ${versions[name]}`).join(', ')

/** What Debian calls the version of a program. @param {string | undefined} name of its package */
function serverOf(name) {
  if (name === undefined) return ''
  const { status, stdout } = spawnSync('dpkg-query', ['-W', name], { encoding: 'utf8' })
  const version = stdout?.split('\t')[1] ?? ''
  return status === 0 ? `${name} ${version.replace(/^\d+:/, '').replace(/[-+].*/s, '')}` : name
}

/** The results of each suite. @param {readonly Result[]} results in the order in which they came */
function bySuite(results) {
  /** @type {Map<string, { suite: Result, tests: Result[] }>} */
  const found = new Map()
  /** @type {Result[]} */
  let tests = []
  for (const result of results)
    if (result.nesting > 0) tests.push(result)
    else {
      if (result.name in about) found.set(result.name, { suite: result, tests })
      tests = []
    }
  return found
}

/** @param {Result} suite @param {readonly Result[]} tests */
function verdict(suite, tests) {
  if (suite.skip) return `not run: ${suite.skip}`
  const failed = tests.filter(({ passed }) => !passed).length
  return failed === 0 ? `all ${tests.length} pass` : `${failed} of ${tests.length} FAIL`
}

/** @param {readonly Result[]} results */
function page(results) {
  const suites = bySuite(results)
  const missing = Object.keys(about).filter((name) => !suites.has(name))
  if (missing.length > 0) throw new Failure(`no result for ${missing.join(', ')}`)
  const rows = Object.entries(about).map(([name, { server, attached }]) => {
    const { suite, tests } = /** @type {{ suite: Result, tests: Result[] }} */ (suites.get(name))
    return `| ${name} | ${packagesOf(name)} | ${serverOf(server)} | ${attached} | ${verdict(suite, tests)} |`
  })
  const sections = Object.entries(about).map(([name, { remark }]) => {
    const tests = suites.get(name)?.tests ?? []
    const lines = tests.map(({ name, passed, skip }) => `- ${skip ? 'not run: ' : passed ? '' : '**fails**: '}${name}`)
    return [`### ${name}`, '', ...lines, ...(remark ? ['', remark] : []), ''].join('\n')
  })
  return `<!-- Made by scripts/ecosystem.mjs of the tests in test/ecosystem and of test/ecosystem/libraries/about.json: npm run ecosystem. -->

# Libraries over sockets of berkeley

Libraries that take a stream, over those of \`createConnection()\`, \`duplex()\` and \`serveHttp()\`: each connects, exchanges much, is killed by its
server or loses it, connects again, keeps pools and timeouts where it has them, and ends gracefully. The servers are those of Debian, or the
libraries' own. ${new Date().toISOString().slice(0, 10)}, Node ${process.version.slice(1)}, Linux ${release()}. In the samples \`listener\` is what \`listen()\` resolved with, and
\`conn\` one of its connections.

| | library | server | attached by | result |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

Of these libraries or their likes some have no place for a stream: redis (node-redis) and the client of @grpc/grpc-js call \`net.connect()\` or
\`http2.connect()\` themselves, dbus-next has no option for it. \`options(socket)\` still reaches the options of their sockets where they show them.

## What was run

${sections.join('\n')}`
}

/** The page names each library with its version. */
function check() {
  const text = readFileSync(PAGE, 'utf8')
  const stale = Object.keys(about).filter((name) => !text.includes(`| ${name} | ${packagesOf(name)} |`))
  if (stale.length > 0) throw new Failure(`docs/ecosystem.md is stale about ${stale.join(', ')}: run npm run ecosystem`)
}

async function run() {
  rmSync(EVENTS, { force: true })
  const reporter = ['stdout', EVENTS].map((to) => `--test-reporter-destination=${to}`)
  reporter.push(`--test-reporter=${inRoot('scripts', 'lib', 'events-reporter.mjs')}`)
  // The runner has the first reporter, for people.
  const args = [inRoot('scripts', 'test.mjs'), 'test/ecosystem/', ...reporter]
  const status = await inForeground(process.execPath, args)
  const lines = readFileSync(EVENTS, 'utf8').trim().split('\n')
  writeFileSync(PAGE, page(lines.map((line) => JSON.parse(line))))
  return status
}

await script(() => {
  if (process.argv.includes('--check')) return check()
  needDependencies('the libraries of test/ecosystem', LIBRARIES, ['--ignore-scripts', '--omit=optional'])
  return process.argv.includes('--install') ? undefined : run()
})
