// Makes docs/platforms.md of what the tests said in virtual machines: test/platforms/*.json, which `npm run test:vm -- --record` writes.
//   node scripts/generate-platforms.mjs [--check]
// `--check` writes nothing and fails where the page is stale.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { filesBelow, inRoot, readJson } from './lib/project.mjs'
import { Failure, script } from './lib/run.mjs'

const PAGE = inRoot('docs', 'platforms.md')
const RECORDS = inRoot('test', 'platforms')

/** @typedef {import('./vm/record.mjs').Record_} Record_ */
/** @typedef {import('./vm/record.mjs').Result} Result */

/** Why tests fail on a machine, by their titles: { x64: { 'title': 'reason' } }. */
const reasons = () => readJson(inRoot('test', 'platforms', 'reasons.json'))

const sum = (/** @type {readonly number[]} */ numbers) => numbers.reduce((a, b) => a + b, 0)

/** @param {readonly Result[]} results */
function counts(results) {
  const passed = sum(results.map((result) => result.passed))
  const failed = sum(results.map((result) => result.failed.length))
  return { passed, failed, skipped: sum(results.map((result) => result.skipped)) }
}

/** @param {readonly Result[]} results */
function dates(results) {
  const all = results.map(({ date }) => date).sort()
  const [first, last] = [all.at(0), all.at(-1)]
  return first === last ? first : `${first} to ${last}`
}

/** The part of the suite that a file belongs to. @param {string} file */
const partOf = (file) => file.split('/').slice(0, 2).join('/')

/** How many files of tests a part has now. @param {string} part */
const filesIn = (part) => filesBelow(inRoot(part), /\.test\.ts$/, ['node_modules']).length

/** @param {string} part @param {readonly Result[]} results */
function line(part, results) {
  const { passed, failed, skipped } = counts(results)
  const cells = [`\`${part}\``, `${results.length} of ${filesIn(part)}`, passed, failed, skipped, dates(results)]
  return `| ${cells.join(' | ')} |`
}

/** @param {number} part @param {number} whole */
const percent = (part, whole) => `${(Math.floor((1000 * part) / whole) / 10).toFixed(1)} %`

/** @param {Record_['system']} system */
const describe = ({ kernel, build, machine, cpus, node, openssl, glibc }) =>
  `Linux ${kernel} (Debian ${build}) for ${machine} with ${cpus} processors, glibc ${glibc}, Node ${String(node).slice(1)} with OpenSSL ${openssl}.`

/** @param {string} name @param {readonly Result[]} results */
function failures(name, results) {
  const known = reasons()[name] ?? {}
  const titles = results.flatMap(({ failed }) => failed)
  if (titles.length === 0) return []
  return ['', 'What failed:', '', ...titles.map((title) => `- ${title}: ${known[title] ?? 'not yet explained'}`)]
}

/** What one machine said. @param {string} path */
function section(path) {
  const name = basename(path, '.json')
  const { system, files } = /** @type {Record_} */ (readJson(path))
  const entries = Object.entries(files).filter(([file]) => existsSync(inRoot(file)))
  const results = entries.map(([, result]) => result)
  const parts = [...new Set(entries.map(([file]) => partOf(file)))]
  const { passed, failed } = counts(results)
  return [
    `### ${name}`,
    '',
    describe(system),
    `Of the tests that ran, ${passed} passed and ${failed} failed: ${percent(passed, passed + failed)}.`,
    '',
    '| tests | files | passed | failed | skipped | run on |',
    '| --- | --- | --- | --- | --- | --- |',
    ...parts.map((part) =>
      line(
        part,
        entries.filter(([file]) => partOf(file) === part).map(([, result]) => result),
      ),
    ),
    ...failures(name, results),
    '',
  ]
}

const INTRODUCTION = `# Platforms

Linux is what is built and tested. The npm package has binaries for two architectures; each is one file for glibc 2.17 and later and for musl.

| platform | binary | what is run |
| --- | --- | --- |
| linux-x64, glibc | in the package | every test, with each change, under Node 20; under 22, 24 and 26 before a release |
| linux-x64, glibc, Linux 6.1 | the same | the smoke with each change; the tests below |
| linux-arm64, glibc | in the package, cross-compiled | the smoke with each change; the tests below |
| linux-x64 and linux-arm64, musl | the same files | the loader of musl finds every function that they call; no test, because neither npm nor Debian has a Node for musl |
| linux-arm and others | \`npx node-gyp rebuild --directory node_modules/berkeley/native\` | nothing. 32-bit ARM is not in the package: the last Node that npm has for it is 20.11 |
| Bun, Deno on linux-x64 | those of Linux | tests of their own with each change: all but TLS ([runtimes.md](runtimes.md)) |
| macOS, FreeBSD | none | nothing: the addons compile and link, in a check with each change ([ports.md](ports.md)) |
| Windows | none | nothing: the package says that it has no binary |

The smoke installs the package as it is published, where there is no tree and no compiler, and from ESM and CommonJS it echoes over TCP, passes a
file descriptor and encrypts; tests of conversations, of passed descriptors and of TLS follow.

## In a virtual machine

\`npm run test:vm -- x64\` and \`npm run test:vm -- arm64\` boot Debian's kernel under qemu, with parts of file names behind it for some of the tests. The
guest has no network, and its owner needs no privileges; the packages of Debian are kept in \`~/.cache/berkeley-vm\`. x64 brings what the kernel of
a container host often lacks: SCTP, vsock, CAN, the kernel's TLS, and netem, by which \`test/vm\` tries networks that are slow and lose packets.
It is emulated (\`--accel=kvm\` uses the hardware): what a test does in milliseconds takes ten times as long, and tests that count
time may fail for that.

What an older kernel does otherwise, found there: before Linux 6.5, \`sendfile()\` as the first thing that is sent on a connection with TCP Fast Open
(\`tcpfastopenconnect\`) does not start it, so call \`send()\` first; before 6.9, \`routeralert\` and \`netlinklistenallnsid\` can be set and not
read, and \`tcpismptcp\` is not there.

`

function page() {
  const records = filesBelow(RECORDS, /^(x64|arm64)\.json$/)
  return [
    INTRODUCTION + records.map((path) => section(path).join('\n')).join('\n'),
    '<!-- Made from test/platforms by `npm run docs`: run `npm run test:vm -- x64 --record`, do not change this file. -->',
    '',
  ].join('\n')
}

await script(() => {
  const text = page()
  const isCurrent = existsSync(PAGE) && readFileSync(PAGE, 'utf8') === text
  if (process.argv.includes('--check') && !isCurrent) throw new Failure('docs/platforms.md is stale: run npm run docs')
  if (!isCurrent) writeFileSync(PAGE, text)
  process.stdout.write(`docs/platforms.md is ${isCurrent ? 'up to date' : 'written'}\n`)
})
