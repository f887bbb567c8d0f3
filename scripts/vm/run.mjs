// Runs the built tests in a virtual machine: another kernel, another architecture, and network devices that lose and delay.
//   node scripts/vm/run.mjs x64|arm64 ... [part of a test's file name ...] [--option=value ...]
//     --smoke          the package as it is published, and a few tests
//     --record         adds what the tests say to test/platforms, of which `npm run docs` makes docs/platforms.md
//     --optional       where a machine cannot be had, that is said, and no failure
//     --node=22        another major version of Node than the one that runs this
//     --accel=kvm      by the hardware, where it is for the same architecture; emulation (tcg) otherwise
//     --cpus=2 --memory=3072 --seconds=7200
//     --command='...'  a line for the shell, instead of the tests
// The guest has the files of this machine (x64) or a root of its own (arm64), reads the tree as it is, and changes neither.
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { inRoot } from '../lib/project.mjs'
import { Failure, quietly, script } from '../lib/run.mjs'
import { MACHINES, MODULES } from './machines.mjs'
import { prepare, Unavailable } from './prepare.mjs'
import { boot } from './qemu.mjs'
import { recordRun } from './record.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    smoke: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    optional: { type: 'boolean', default: false },
    node: { type: 'string', default: process.versions.node.split('.')[0] ?? '' },
    accel: { type: 'string', default: 'tcg' },
    cpus: { type: 'string', default: '2' },
    memory: { type: 'string', default: '3072' },
    seconds: { type: 'string', default: '7200' },
    command: { type: 'string' },
  },
})

/** How much slower than a machine of its own a guest is thought to be, at worst. */
const PATIENCE = 6

/** Where a guest has what it shares with the host in both directions. */
const OUT = '/run/vm/out'

/** A word of the shell. @param {string} text */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`

/** What guest.sh and init.sh read, as assignments of the shell. @param {Readonly<Record<string, string>>} settings */
const assignments = (settings) =>
  Object.entries(settings)
    .map(([name, value]) => `${name}=${quoted(value)}\n`)
    .join('')

/** @param {readonly string[]} parts */
function testCommand(parts) {
  const destinations = ['stdout', `${OUT}/events`].map((to) => `--test-reporter-destination=${to}`)
  const reporter = `--test-reporter=${inRoot('scripts', 'lib', 'events-reporter.mjs')}`
  const words = ['scripts/test.mjs', ...parts, ...destinations, reporter]
  return `node scripts/vm/about.mjs >${OUT}/about\nnode ${words.map(quoted).join(' ')}`
}

/** The script that the guest is to run. @param {string} out @param {readonly string[]} parts */
function job(out, parts) {
  if (values.command !== undefined) return values.command
  if (!values.smoke) return testCommand(parts)
  quietly('packing the package', 'npm', ['pack', '--silent', '--pack-destination', out])
  const { version } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'))
  renameSync(join(out, `berkeley-${version}.tgz`), join(out, 'berkeley.tgz'))
  return 'sh scripts/vm/smoke.sh'
}

/** The exit status of the job; undefined if the guest ended before it. @param {string} out */
function statusIn(out) {
  try {
    return Number(readFileSync(join(out, 'status'), 'utf8'))
  } catch {
    return undefined
  }
}

/** @param {string} name @param {readonly string[]} parts */
async function runIn(name, parts) {
  const machine = MACHINES[name]
  if (machine === undefined) throw new Failure(`there is no machine ${name}`)
  const { node, binds, ...files } = prepare(machine, values.node)
  const out = mkdtempSync(inRoot('build', 'vm', 'out-'))
  try {
    const settings = {
      TREE: inRoot().replace(/\/$/, ''),
      BINDS: binds.map((pair) => pair.join(':')).join(' '),
      // What npm has put beside that Node is npm itself.
      GUEST_PATH: `${dirname(node)}:${join(dirname(node), '..', '..', '.bin')}`,
      MODULES: MODULES.join(' '),
      NOW: String(Math.floor(Date.now() / 1000)),
      EXPORTED: `BERKELEY_VM=${name} BERKELEY_PATIENCE=${PATIENCE}${process.stdout.isTTY ? '' : ' NO_COLOR=1'}`,
    }
    writeFileSync(join(out, 'settings'), assignments(settings))
    writeFileSync(join(out, 'job'), `${job(out, parts)}\n`)
    const size = { accel: values.accel, cpus: Number(values.cpus), megabytes: Number(values.memory) }
    const end = await boot(machine, { ...files, out }, { ...size, seconds: Number(values.seconds) })
    const status = statusIn(out)
    if (values.record) recordRun(out, name, status !== undefined)
    if (status === undefined) throw new Failure(`${end} before its job was done`)
    return status
  } finally {
    rmSync(out, { recursive: true })
  }
}

async function main() {
  const names = positionals.filter((word) => word in MACHINES)
  const parts = positionals.filter((word) => !(word in MACHINES))
  if (names.length === 0) throw new Failure(`which machine? ${Object.keys(MACHINES).join(' or ')}`)
  const failed = []
  for (const name of names) {
    process.stdout.write(`== virtual machine: ${name}\n`)
    try {
      if ((await runIn(name, parts)) !== 0) failed.push(name)
    } catch (error) {
      if (!values.optional || !(error instanceof Unavailable)) throw error
      process.stdout.write(`skipped: ${error.message}\n`)
    }
  }
  if (failed.length > 0) throw new Failure(`it failed in the virtual machine: ${failed.join(', ')}`)
}

await script(main)
