// Makes the addons that the npm package carries: built, stripped, checked -> prebuilds/<platform>-<arch>[.tls].node.
//   node scripts/prebuild.mjs              for this machine, and for those of ARCHES that there is a cross compiler for
//   node scripts/prebuild.mjs x64 arm64    for these; a cross compiler that is missing is a failure
//   node scripts/prebuild.mjs --all        for all that the package is published for
// Each is made only when it is missing or stale. A prebuild that was not asked for now and that is stale is removed,
// so that it cannot slip into the package.
import { copyFileSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildNative } from './build-native.mjs'
import { checkBinary } from './check-binary.mjs'
import { headersOfBuild, mirrorNative, nodeGyp } from './lib/node-gyp.mjs'
import { ADDONS, builtPath, filesBelow, inRoot, isCurrent, nativeSources, prebuildPath } from './lib/project.mjs'
import { Failure, inForeground, quietly, script, which } from './lib/run.mjs'

/** The architectures that the package is published for, by the prefix of their GNU tools. */
const GNU_PREFIX = /** @type {Readonly<Record<string, string>>} */ ({
  x64: 'x86_64-linux-gnu-',
  arm64: 'aarch64-linux-gnu-',
})

/** @param {string} arch */
const compilerOf = (arch) => `${GNU_PREFIX[arch]}g++`

/** @param {string} arch */
const howToInstall = (arch) => `install g++-${GNU_PREFIX[arch]?.slice(0, -1).replace('_', '-')} (Debian)`

/**
 * The folder with the addons for this machine.
 * @param {readonly string[]} sources
 */
function buildHere(sources) {
  if (!ADDONS.every((addon) => isCurrent(builtPath(addon), sources))) buildNative()
  return inRoot('native')
}

/**
 * @param {string} arch
 * @param {string} prefix
 */
function buildCross(arch, prefix) {
  if (!which(compilerOf(arch))) throw new Failure(`no cross compiler for ${arch}: ${howToInstall(arch)}`)
  const folder = mirrorNative(arch)
  // Those that are there: headers are the same for every architecture, and where this runs there may be no network.
  const env = { ...process.env, ...headersOfBuild(), CC: `${prefix}gcc`, CXX: `${prefix}g++`, AR: `${prefix}ar` }
  nodeGyp(`building the addons for ${arch}`, folder, { arch, env, variables: { werror: 1 } })
  return folder
}

/**
 * Strips and checks a copy, and puts it in place when it is good.
 * @param {string} built
 * @param {string} target
 * @param {string} strip
 */
function publish(built, target, strip) {
  const draft = `${target}.draft`
  mkdirSync(dirname(target), { recursive: true })
  copyFileSync(built, draft)
  quietly('stripping an addon', strip, ['--strip-unneeded', draft])
  checkBinary(draft)
  renameSync(draft, target)
}

/**
 * @param {string} arch
 * @param {readonly string[]} sources
 */
function prebuild(arch, sources) {
  const targets = ADDONS.map((addon) => prebuildPath(addon, arch))
  if (!targets.every((target) => isCurrent(target, sources))) {
    const prefix = GNU_PREFIX[arch]
    const isHost = arch === process.arch
    if (!isHost && prefix === undefined) throw new Failure(`no prebuilt addon is planned for ${arch}`)
    const folder = isHost ? buildHere(sources) : buildCross(arch, prefix ?? '')
    for (const addon of ADDONS)
      publish(builtPath(addon, folder), prebuildPath(addon, arch), isHost ? 'strip' : `${prefix}strip`)
  }
  for (const target of targets) process.stderr.write(`${checkBinary(target)}\n`)
}

/** Those to make where nothing else was asked for; the rest is named, because it will be missing in the package. */
function possible() {
  const arches = [...new Set([process.arch, ...Object.keys(GNU_PREFIX)])]
  const without = arches.filter((arch) => arch !== process.arch && !which(compilerOf(arch)))
  for (const arch of without) process.stderr.write(`not made: ${arch}, ${howToInstall(arch)}\n`)
  return arches.filter((arch) => !without.includes(arch))
}

/** Says that this process has the lock. */
const LOCKED = '--locked'

/** One at a time: tests pack the package side by side. @param {readonly string[]} args */
function underLock(args) {
  mkdirSync(inRoot('build'), { recursive: true })
  const command = [process.execPath, fileURLToPath(import.meta.url), LOCKED, ...args]
  return inForeground('flock', [inRoot('build', 'prebuild.lock'), ...command])
}

/** @param {readonly string[]} args */
function main(args) {
  const sources = nativeSources()
  const arches = args.includes('--all') ? Object.keys(GNU_PREFIX) : args
  for (const arch of arches.length > 0 ? arches : possible()) prebuild(arch, sources)
  for (const path of filesBelow(inRoot('prebuilds'), /\.node$/)) if (!isCurrent(path, sources)) rmSync(path)
}

await script(() => {
  const args = process.argv.slice(2)
  if (args[0] === LOCKED) return main(args.slice(1))
  return which('flock') ? underLock(args) : main(args)
})
