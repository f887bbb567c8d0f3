// Writes docs/api, the reference of the public API, with typedoc; scripts/typedoc has its settings. It needs a TypeScript older than the one
// that compiles the project, and so has a package.json of its own, which is installed when it is needed.
//   node scripts/generate-api.mjs             writes docs/api
//   node scripts/generate-api.mjs FOLDER      writes it there
//   node scripts/generate-api.mjs --check     fails when docs/api is stale
// It always fails when an exported symbol has no comment.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { filesBelow, inRoot } from './lib/project.mjs'
import { Failure, quietly, script, step } from './lib/run.mjs'

const TOOLS = inRoot('scripts', 'typedoc')
const TYPEDOC = join(TOOLS, 'node_modules', 'typedoc', 'bin', 'typedoc')
const PAGES = inRoot('docs', 'api')

function ensureTypedoc() {
  if (!existsSync(TYPEDOC)) step('installing typedoc', 'npm', ['ci', '--prefix', TOOLS, '--no-audit', '--no-fund'])
}

/** @param {string} folder */
function generate(folder) {
  ensureTypedoc()
  quietly('typedoc', process.execPath, [TYPEDOC, '--options', join(TOOLS, 'typedoc.json'), '--out', folder])
}

/** @param {string} folder @returns {Map<string, string>} */
const pagesIn = (folder) =>
  new Map(filesBelow(folder, /\.md$/).map((path) => [relative(folder, path), readFileSync(path, 'utf8')]))

/** @param {string} folder @returns {string[]} names of pages that differ from those in docs/api */
function staleAgainst(folder) {
  const [want, have] = [pagesIn(folder), pagesIn(PAGES)]
  return [...new Set([...want.keys(), ...have.keys()])].filter((name) => want.get(name) !== have.get(name))
}

function check() {
  const folder = mkdtempSync(join(tmpdir(), 'bk-api-'))
  try {
    generate(folder)
    const stale = staleAgainst(folder)
    if (stale.length > 0) throw new Failure(`docs/api is stale: run npm run docs\n${stale.join('\n')}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

await script(() => {
  const [argument = PAGES] = process.argv.slice(2)
  if (argument === '--check') check()
  else generate(argument)
})
