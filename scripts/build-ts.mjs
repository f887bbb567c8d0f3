// Compiles all TypeScript: src -> dist, cli -> bin, and tests, examples and the like -> build. Incremental.
import { existsSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { bundle } from './bundle.mjs'
import { filesBelow, inRoot } from './lib/project.mjs'
import { isProgram, quietly, script } from './lib/run.mjs'

/** What a compiled file of each kind was made from. */
const ORIGIN = /\.(d\.mts|d\.ts|mjs|js)(\.map)?$/

/** What bundle.mjs makes of many. */
const JOINED = /^(berkeley\.js(\.map)?|prebuilds\.js)$/
const SOURCE_EXTENSION = { 'd.mts': '.mts', 'd.ts': '.ts', mjs: '.mts', js: '.ts' }

/**
 * Removes what was compiled from a source that is gone: tsc leaves it, the test runner would run it, npm would pack it.
 * @param {string} output
 * @param {string} source
 */
function removeOrphans(output, source) {
  for (const path of filesBelow(output, ORIGIN)) {
    const kind = /** @type {keyof typeof SOURCE_EXTENSION} */ (ORIGIN.exec(path)?.[1])
    const origin = join(source, relative(output, path)).replace(ORIGIN, SOURCE_EXTENSION[kind])
    if (!existsSync(origin) && !JOINED.test(relative(output, path))) rmSync(path)
  }
}

/**
 * Writes declarations for older versions of TypeScript too: before 5.7 `Buffer` has no parameter, and this one is its default. The times of
 * the files stay, by which tsc knows what is current.
 */
function simplifyDeclarations() {
  for (const path of filesBelow(inRoot('dist'), /\.d\.ts$/)) {
    const text = readFileSync(path, 'utf8')
    if (!text.includes('<ArrayBufferLike>')) continue
    const { atime, mtime } = statSync(path)
    writeFileSync(path, text.replaceAll('<ArrayBufferLike>', ''))
    utimesSync(path, atime, mtime)
  }
}

export async function buildTs() {
  const tsc = inRoot('node_modules', '.bin', 'tsc')
  quietly('compiling TypeScript', process.execPath, [tsc, '-b', '--pretty', String(process.stderr.isTTY === true)])
  removeOrphans(inRoot('dist'), inRoot('src'))
  removeOrphans(inRoot('bin'), inRoot('cli'))
  simplifyDeclarations()
  await bundle()
  for (const part of ['test', 'trust', 'scripts', 'examples', 'bench'])
    removeOrphans(inRoot('build', part), inRoot(part))
}

if (isProgram(import.meta.url)) await script(buildTs)
