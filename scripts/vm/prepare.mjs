// What a guest boots from, and finds in its root: from Debian and npm, kept in the cache folder of the user.
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { nodeBinary } from '../lib/node-binary.mjs'
import { inRoot } from '../lib/project.mjs'
import { Failure, quietly, step, which } from '../lib/run.mjs'
import { Debian } from './debian.mjs'
import { initrd } from './initrd.mjs'
import { describeModules } from './modules.mjs'

/** @typedef {import('./machines.mjs').Machine} Machine */

/** What a guest needs cannot be had here. */
export class Unavailable extends Failure {}

const CACHE = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'berkeley-vm')

/**
 * Runs something with the packages of an architecture.
 * @param {Machine} machine
 * @param {(debian: Debian) => void} body
 */
function withDebian(machine, body) {
  const debian = new Debian(machine.debian)
  try {
    body(debian)
  } finally {
    debian.end()
  }
}

/** The only name in a folder that begins so. @param {string} folder @param {string} prefix */
function only(folder, prefix) {
  const name = readdirSync(folder).find((each) => each.startsWith(prefix))
  if (name === undefined) throw new Failure(`there is no ${prefix}* in ${folder}`)
  return join(folder, name)
}

/** The kernel, its modules and busybox. @param {Machine} machine */
function bootFiles(machine) {
  const folder = join(CACHE, machine.arch, 'boot')
  if (!existsSync(folder))
    withDebian(machine, (debian) =>
      debian.unpack([debian.kernelPackage(), 'busybox-static'], folder, { withDependencies: false }),
    )
  const modules = join(folder, 'lib', 'modules')
  const own = only(modules, '')
  if (!existsSync(join(own, 'modules.alias'))) describeModules(own)
  return { kernel: only(join(folder, 'boot'), 'vmlinuz-'), modules, own, busybox: join(folder, 'bin', 'busybox') }
}

/** The files that an installation would have made. @param {string} root */
function completeRoot(root) {
  for (const name of ['passwd', 'group'])
    copyFileSync(join(root, 'usr', 'share', 'base-passwd', `${name}.master`), join(root, 'etc', name))
  writeFileSync(join(root, 'etc', 'hostname'), 'localhost\n')
  writeFileSync(join(root, 'etc', 'resolv.conf'), '')
  writeFileSync(join(root, 'etc', 'hosts'), '127.0.0.1 localhost\n::1 ip6-localhost ip6-loopback\n')
  writeFileSync(join(root, 'etc', 'nsswitch.conf'), 'passwd: files\ngroup: files\nhosts: files dns\nservices: files\n')
}

/** The root of a guest that has nothing of the host's: another one for another list of packages. @param {Machine} machine */
function ownRoot(machine) {
  const digest = createHash('sha256').update(machine.packages.join(' ')).digest('hex').slice(0, 12)
  const root = join(CACHE, machine.arch, `root-${digest}`)
  if (!existsSync(root))
    withDebian(machine, (debian) => debian.unpack(machine.packages, root, { withDependencies: true }))
  if (!existsSync(join(root, 'etc', 'hostname'))) completeRoot(root)
  return root
}

/**
 * What the development dependencies have for that machine: some of them are binaries.
 * @param {Machine} machine
 */
function dependencies(machine) {
  const folder = inRoot('build', 'vm', machine.arch, 'dependencies')
  const lock = readFileSync(inRoot('package-lock.json'), 'utf8')
  const copy = join(folder, 'package-lock.json')
  if (!existsSync(join(folder, 'node_modules')) || readFileSync(copy, 'utf8') !== lock) {
    mkdirSync(folder, { recursive: true })
    for (const name of ['package.json', 'package-lock.json']) copyFileSync(inRoot(name), join(folder, name))
    const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--os=linux', `--cpu=${machine.arch}`]
    step(`installing the dependencies for ${machine.arch}`, 'npm', ['ci', '--prefix', folder, ...options])
  }
  return join(folder, 'node_modules')
}

/** The folder of node-gyp with the addons for that machine. @param {Machine} machine */
function builtFor(machine) {
  quietly(`building the addons for ${machine.arch}`, process.execPath, [
    inRoot('scripts', 'prebuild.mjs'),
    machine.arch,
  ])
  return inRoot('build', 'native', machine.arch, 'build')
}

/** @template T @param {() => T} body @returns {T} */
function orUnavailable(body) {
  try {
    return body()
  } catch (error) {
    throw error instanceof Failure ? new Unavailable(error.message) : error
  }
}

/** @param {Machine} machine @param {string} major */
function collect(machine, major) {
  if (!which(machine.qemu)) throw new Failure(`${machine.qemu} is missing: install ${machine.package} (Debian)`)
  if (machine.compiler !== undefined && !which(machine.compiler)) throw new Failure(`${machine.compiler} is missing`)
  const { kernel, modules, own, busybox } = bootFiles(machine)
  const initrdFile = inRoot('build', 'vm', machine.arch, 'initrd')
  mkdirSync(dirname(initrdFile), { recursive: true })
  writeFileSync(initrdFile, initrd(own, busybox))
  const isOwn = machine.arch === process.arch && process.versions.node.startsWith(`${major}.`)
  const node = isOwn ? process.execPath : nodeBinary(major, machine.arch)
  const files = { kernel, modules, initrd: initrdFile, tree: inRoot(), node }
  if (machine.packages.length === 0) return { ...files, root: '/', binds: [] }
  return { ...files, root: ownRoot(machine), binds: [[dependencies(machine), inRoot('node_modules')]] }
}

/**
 * Everything for a guest: files of the host, and which folders of the tree take the place of others.
 * @param {Machine} machine
 * @param {string} major version of Node
 */
export function prepare(machine, major) {
  const files = orUnavailable(() => collect(machine, major))
  // With the cross compiler there, a failure is a fault of ours.
  const addons = machine.compiler === undefined ? [] : [[builtFor(machine), inRoot('native', 'build')]]
  return { ...files, binds: [...files.binds, ...addons] }
}
