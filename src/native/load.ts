import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { prebuildsFolder } from './prebuilds.js'
import { reasonOf } from './reason.js'

/** An addon: what it is called where node-gyp leaves it, and at the end of its name in the package. */
interface Addon {
  readonly name: string
  readonly suffix: string
  /** The environment variable that names another file. */
  readonly variable: string
}

/** A file that did not serve, and why. */
interface Attempt {
  readonly file: string
  readonly reason: string
  readonly error: unknown
}

/** The package, if this is still its own file; a bundler may have put it into another one, which may be an ES module. */
const own = typeof __dirname === 'string' ? [dirname(__dirname)] : []

/** Where the program is that this is part of: its folder, for one joined by a bundler; that of the executable, for a single one. */
function programFolders(): string[] {
  const here = typeof __dirname === 'string' ? [__dirname] : []
  const main = process.argv[1] === undefined ? [] : [dirname(resolve(process.argv[1]))]
  return [...new Set([...here, ...main, ...(isSingleExecutable() ? [dirname(process.execPath)] : [])])]
}

function isSingleExecutable(): boolean {
  const sea = process.getBuiltinModule?.('node:sea') as { isSea(): boolean } | undefined
  return sea?.isSea() === true
}

/** The package, found as Node finds one from a folder: for a program that was joined within a project. */
function installedFor(folder: string): string[] {
  try {
    return [dirname(createRequire(join(folder, 'program.js')).resolve('berkeley/package.json'))]
  } catch {
    return []
  }
}

/** The files that may be it, in the order in which they are tried; found one after the other, because the first one nearly always serves. */
function* candidates({ name, suffix, variable }: Addon): Generator<string> {
  const chosen = process.env[variable]
  if (chosen) return yield resolve(chosen)
  const file = `${process.platform}-${process.arch}${suffix}.node`
  const built = (root: string): string => join(root, 'native', 'build', 'Release', `${name}.node`)
  yield* own.map(built)
  const prebuilds = prebuildsFolder()
  if (prebuilds !== undefined) yield join(prebuilds, file)
  const folders = programFolders()
  yield* folders.flatMap((folder) => [join(folder, 'prebuilds', file), join(folder, file)])
  yield* folders.flatMap(installedFor).flatMap((root) => [built(root), join(root, 'prebuilds', file)])
}

function load(addon: Addon): unknown {
  const attempts: Attempt[] = []
  for (const file of new Set(candidates(addon))) {
    try {
      // A copy: what Node-API has filled is a dictionary to V8, which looks each function up with each call.
      if (existsSync(file)) return { ...createRequire(file)(file) }
      attempts.push({ file, reason: reasonOf(file), error: undefined })
    } catch (error) {
      // It fits, and the process is short of memory: another file would only need more.
      if ((error as NodeJS.ErrnoException).code === 'ENOMEM') throw error
      attempts.push({ file, reason: reasonOf(file, error), error })
    }
  }
  throw failure(addon, attempts)
}

/** The names in a folder; none if it cannot be read. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** The platforms that there are binaries for where they were looked for: a package for another machine is distinguished from one without any. */
function platformsFound({ suffix }: Addon, attempts: readonly Attempt[]): string {
  const binary = new RegExp(`^([a-z\\d]+-[a-z\\d]+)${suffix.replace('.', '\\.')}\\.node$`)
  const names = attempts.flatMap(({ file }) => namesIn(dirname(file)))
  const found = new Set(names.flatMap((name) => binary.exec(name)?.[1] ?? []))
  return found.size > 0 ? `It found binaries for ${[...found].sort().join(', ')}.\n` : ''
}

function failure(addon: Addon, attempts: readonly Attempt[]): Error {
  const tried = attempts.map(({ file, reason }) => `\n  ${file}: ${reason}`).join('')
  const native = own.map((root) => join(root, 'native')).find((folder) => existsSync(join(folder, 'binding.gyp')))
  const remedy =
    native === undefined
      ? 'For a bundle or a single executable, copy the folder node_modules/berkeley/prebuilds beside it.'
      : `Build one with a C compiler: npx node-gyp rebuild --directory ${native}`
  const message = `berkeley has no binary for ${process.platform}-${process.arch} that can be loaded here. It tried:${tried}\n${platformsFound(addon, attempts)}${remedy}`
  const cause = attempts.findLast(({ error }) => error !== undefined)?.error
  return Object.assign(new Error(message, cause === undefined ? {} : { cause }), { code: 'ERR_BERKELEY_NO_BINARY' })
}

/** The addon of the system calls: see `sockets.ts`. */
export function loadSockets(): unknown {
  return load({ name: 'berkeley', suffix: '', variable: 'BERKELEY_NATIVE' })
}

/** The addon of TLS, which needs the OpenSSL of the runtime: see `tls.ts`. */
export function loadTls(): unknown {
  return load({ name: 'berkeley_tls', suffix: '.tls', variable: 'BERKELEY_NATIVE_TLS' })
}
