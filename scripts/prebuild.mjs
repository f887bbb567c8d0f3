// Makes the addons that the npm package carries: built, stripped, checked -> prebuilds/<platform>-<arch>[.tls].node.
//   node scripts/prebuild.mjs              for this machine
//   node scripts/prebuild.mjs x64 arm64    for these; needs the cross compiler for what is not this machine's
// Each is made only when it is missing or stale. A prebuild that was not asked for now and that is stale is removed,
// so that it cannot slip into the package.
import { copyFileSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { buildNative } from './build-native.mjs'
import { checkBinary } from './check-binary.mjs'
import { mirrorNative, nodeGyp } from './lib/node-gyp.mjs'
import { ADDONS, builtPath, filesBelow, inRoot, isCurrent, nativeSources, prebuildPath } from './lib/project.mjs'
import { Failure, quietly, script, which } from './lib/run.mjs'

/** The GNU name of each architecture that we publish: the prefix of its cross tools. */
const GNU_PREFIX = /** @type {Readonly<Record<string, string>>} */ ({
  x64: 'x86_64-linux-gnu-',
  arm64: 'aarch64-linux-gnu-',
})

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
  if (!which(`${prefix}g++`)) {
    throw new Failure(`no cross compiler for ${arch}: install g++-${prefix.slice(0, -1).replace('_', '-')} (Debian)`)
  }
  const folder = mirrorNative(arch)
  const env = { ...process.env, CC: `${prefix}gcc`, CXX: `${prefix}g++`, AR: `${prefix}ar` }
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

await script(() => {
  const sources = nativeSources()
  const arches = process.argv.slice(2)
  for (const arch of arches.length > 0 ? arches : [process.arch]) prebuild(arch, sources)
  for (const path of filesBelow(inRoot('prebuilds'), /\.node$/)) if (!isCurrent(path, sources)) rmSync(path)
})
