// Compiles and links the addons for systems on which they were never run: whether the C code still fits their headers.
//   npm ci --prefix scripts/ports && npm run check:native-ports
// The compiler comes from npm, with the headers of those systems. Nothing is left behind, and nothing of it is shipped.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { inRoot } from './lib/project.mjs'
import { Failure, script } from './lib/run.mjs'

const TARGETS = ['x86_64-macos', 'aarch64-macos', 'x86_64-freebsd']

const PACKAGES = inRoot('scripts', 'ports', 'node_modules', '@zigc')
const HEADERS = join(dirname(dirname(process.execPath)), 'include', 'node')

const FLAGS = [
  '-std=c11',
  '-O1',
  '-fPIC',
  '-fno-sanitize=undefined',
  '-D_GNU_SOURCE',
  '-DNAPI_VERSION=8',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-Wstrict-prototypes',
]

/** Sources by addon, as binding.gyp has them for a system that is not Linux. */
function sourcesByAddon() {
  const text = readFileSync(inRoot('native', 'binding.gyp'), 'utf8').replace(/\['OS=="linux"'.*$/gm, '')
  const [, sockets = '', tls = ''] = text.split("'target_name':")
  /** @param {string} part */
  const sources = (part) => [...part.matchAll(/'([\w/]+\.c)'/g)].map(([, name = '']) => name)
  return { berkeley: sources(sockets), berkeley_tls: sources(tls) }
}

/**
 * Runs the compiler.
 * @param {string} cache
 * @param {readonly string[]} args
 * @returns {Promise<string>} what it complained about; '' if nothing
 */
function zig(cache, args) {
  const program = join(PACKAGES, `${process.platform}-${process.arch}`, 'bin', 'zig')
  const env = {
    ...process.env,
    ZIG_LIB_DIR: join(PACKAGES, 'lib'),
    ZIG_LOCAL_CACHE_DIR: cache,
    ZIG_GLOBAL_CACHE_DIR: cache,
  }
  return new Promise((resolve) => {
    const child = spawn(program, ['cc', ...args], { env, cwd: inRoot('native'), stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text) => (said += text))
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code) => resolve(code === 0 ? '' : said || `exit status ${code}`))
  })
}

/**
 * Does all of the tasks, a few at a time.
 * @template T
 * @param {readonly T[]} tasks
 * @param {(task: T) => Promise<string[]>} act
 * @returns {Promise<string[]>} all complaints
 */
async function inParallel(tasks, act) {
  const left = [...tasks]
  /** @type {string[]} */
  const complaints = []
  const worker = async () => {
    for (let task = left.shift(); task !== undefined; task = left.shift()) complaints.push(...(await act(task)))
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
  return complaints
}

/** @param {string} folder @param {string} target @param {string} source */
const objectOf = (folder, target, source) => join(folder, `${target}-${source.replaceAll('/', '-')}.o`)

/** @param {string} folder */
async function check(folder) {
  const addons = sourcesByAddon()
  const cache = join(folder, 'cache')
  const files = [...new Set(Object.values(addons).flat())]
  const compiled = await inParallel(
    TARGETS.flatMap((target) => files.map((source) => ({ target, source }))),
    async ({ target, source }) => {
      const output = objectOf(folder, target, source)
      const said = await zig(cache, ['-target', target, ...FLAGS, '-I', HEADERS, '-c', source, '-o', output])
      return said === '' ? [] : [`${source} for ${target}:\n${said}`]
    },
  )
  if (compiled.length > 0) return compiled
  return inParallel(
    TARGETS.flatMap((target) => Object.entries(addons).map(([addon, sources]) => ({ target, addon, sources }))),
    async ({ target, addon, sources }) => {
      const objects = sources.map((source) => objectOf(folder, target, source))
      // What Node has is bound when the addon is loaded.
      const lookup = target.endsWith('macos') ? ['-undefined', 'dynamic_lookup'] : []
      const output = join(folder, `${target}-${addon}.node`)
      const said = await zig(cache, ['-target', target, '-shared', ...lookup, ...objects, '-o', output])
      return said === '' && existsSync(output) ? [] : [`${addon} for ${target}:\n${said}`]
    },
  )
}

await script(async () => {
  if (!existsSync(join(PACKAGES, 'lib')))
    throw new Failure('the compiler is not installed: npm ci --prefix scripts/ports')
  if (!existsSync(join(HEADERS, 'node_api.h'))) throw new Failure(`there are no headers of Node in ${HEADERS}`)
  const folder = mkdtempSync(join(tmpdir(), 'berkeley-ports-'))
  try {
    const complaints = await check(folder)
    if (complaints.length > 0) throw new Failure(complaints.join('\n'))
    process.stdout.write(`ports: both addons compile and link for ${TARGETS.join(', ')}; they were never run there\n`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
