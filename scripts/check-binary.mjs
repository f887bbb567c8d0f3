// Checks that a prebuilt addon runs wherever we say that it runs: any Linux with glibc 2.28 or later, or musl.
//   node scripts/check-binary.mjs prebuilds/linux-x64.node ...
// musl serves libc.so.6 by itself, but no other library of glibc's: so this one name may be needed, and nothing else.
// Whether musl has every function too is checked where its loader is installed (Debian: package musl).
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { Failure, isProgram, quietly, script, which } from './lib/run.mjs'

const GLIBC_FLOOR = [2, 28]
const NEEDED = 'libc.so.6'

/** @param {string} path */
function neededLibraries(path) {
  const dynamic = quietly('readelf', 'readelf', ['--dynamic', '--wide', path])
  return [...dynamic.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map((match) => match[1] ?? '')
}

/**
 * The versions of glibc's interfaces that the file asks for: 2.17, and by other names ABI_DT_RELR, PRIVATE.
 * @param {string} path
 */
function glibcVersions(path) {
  const versions = quietly('readelf', 'readelf', ['--version-info', '--wide', path])
  return [...new Set([...versions.matchAll(/GLIBC_(\w[\w.]*)/g)].map((match) => match[1] ?? ''))]
}

/**
 * @param {readonly string[]} versions
 * @returns {readonly number[]} the highest, as [major, minor]
 */
const highest = (versions) =>
  versions.map((version) => version.split('.').map(Number)).reduce((a, b) => (isAbove(b, a) ? b : a), [0, 0])

/**
 * @param {readonly number[]} a
 * @param {readonly number[]} b
 */
const isAbove = ([major = 0, minor = 0], [floorMajor = 0, floorMinor = 0]) =>
  major > floorMajor || (major === floorMajor && minor > floorMinor)

/** The musl loader that this machine could run, and the machine that it is for, as readelf calls it. */
const MUSL = new Map([
  ['x64', { loader: '/lib/ld-musl-x86_64.so.1', machine: 'X86-64' }],
  ['arm64', { loader: '/lib/ld-musl-aarch64.so.1', machine: 'AArch64' }],
]).get(process.arch)

/** What Node itself has for addons: Node-API and libuv, and for the TLS addon OpenSSL. */
const OF_NODE = /^(napi|node_api|uv)_/
const OF_OPENSSL =
  /^(SSL|TLS|X509|BIO|ERR|EVP|PEM|PKCS12|OCSP|ASN1|OPENSSL|OSSL|CRYPTO|OpenSSL|RAND|OBJ|GENERAL_NAMES?|d2i|i2d)_/

/** @param {string} path */
const isTls = (path) => /\.tls\.node\b/.test(path)

/**
 * The functions that musl lacks, those apart that Node has; undefined where that cannot be told.
 * @param {string} path
 */
function missingInMusl(path) {
  if (MUSL === undefined || !existsSync(MUSL.loader)) return undefined
  if (!quietly('readelf', 'readelf', ['--file-header', path]).includes(MUSL.machine)) return undefined
  // Without the environment: LD_PRELOAD is meant for glibc's loader.
  const { stderr } = spawnSync(MUSL.loader, ['--list', path], { encoding: 'utf8', env: {} })
  return [...stderr.matchAll(/: (\S+): symbol not found/g)]
    .map((match) => match[1] ?? '')
    .filter((symbol) => !OF_NODE.test(symbol) && !(isTls(path) && OF_OPENSSL.test(symbol)))
}

/**
 * Throws if the file needs more than is promised; gives one line about it otherwise.
 * @param {string} path
 */
export function checkBinary(path) {
  if (!which('readelf')) throw new Failure('readelf is missing: install binutils to check a prebuilt addon')
  const needed = neededLibraries(path).join(', ')
  const versions = glibcVersions(path)
  const odd = versions.filter((version) => !/^[\d.]+$/.test(version))
  const glibc = highest(versions.filter((version) => !odd.includes(version))).slice(0, 2)
  const unknownToMusl = missingInMusl(path)

  const faults = []
  if (needed !== NEEDED) faults.push(`it needs ${needed || 'no library'}, not just ${NEEDED}`)
  if (isAbove(glibc, GLIBC_FLOOR)) faults.push(`it needs glibc ${glibc.join('.')}, above ${GLIBC_FLOOR.join('.')}`)
  if (odd.length > 0) faults.push(`it needs the interfaces ${odd.join(', ')} of glibc`)
  if (unknownToMusl?.length) faults.push(`it calls what musl has not: ${unknownToMusl.join(', ')}`)
  if (faults.length > 0) throw new Failure(`${path}: ${faults.join('; ')}`)

  const musl = unknownToMusl ? 'or musl' : 'not tried with musl'
  return `${path}: needs ${needed}, glibc ${glibc.join('.')} or later, ${musl}`
}

function main() {
  const paths = process.argv.slice(2)
  if (paths.length === 0) throw new Failure('usage: node scripts/check-binary.mjs FILE ...')
  for (const path of paths) process.stdout.write(`${checkBinary(path)}\n`)
}

if (isProgram(import.meta.url)) await script(main)
