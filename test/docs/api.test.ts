// The pages of docs/api follow from the sources, and leave out nothing that is exported.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as berkeley from 'berkeley'
import * as llsocket from 'berkeley/llsocket'
import * as unixDgram from 'berkeley/unix-dgram'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const isInstalled = existsSync(join(root, 'scripts/typedoc/node_modules'))
const committed = join(root, 'docs/api')

function generate(argument: string): void {
  const generator = join(root, 'scripts/generate-api.mjs')
  const { status, stderr } = spawnSync(process.execPath, [generator, argument], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
}

interface Exported {
  readonly name: string
  /** The page of its module or namespace. */
  readonly page: string
}

const isNamespace = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && '__esModule' in value

/** The entry points of the package. */
const isModule = (path: readonly string[]): boolean =>
  ['berkeley', 'berkeley.llsocket', 'berkeley.unix-dgram'].includes(path.join('.'))

const pageOf = (path: readonly string[]): string =>
  isModule(path) ? `${path.join('.')}.md` : `${path.slice(0, -1).join('.')}.Namespace.${path.at(-1)}.md`

/** Node adds names of its own, such as `__esModule`. */
const IDENTIFIER = /^[a-z]\w*$/i

/** Everything that a module exports, and that its namespaces do. */
const exportsOf = (module: object, path: readonly string[]): Exported[] =>
  Object.entries(module)
    .filter(([name]) => IDENTIFIER.test(name) && name !== 'default')
    .flatMap(([name, value]) => [
      { name, page: pageOf(path) },
      ...(isNamespace(value) ? exportsOf(value, [...path, name]) : []),
    ])

/** How markdown shows a name: in a list of constants, as a heading, or as a link to its own page. */
const isIn = (text: string, name: string): boolean => {
  const escaped = name.replaceAll('_', '\\_')
  return [`\`${name}\``, `### ${escaped}\n`, `### ${escaped}()\n`, `[${escaped}](`].some((form) => text.includes(form))
}

describe('docs/api', { skip: isInstalled ? false : 'typedoc is not installed: npm run docs installs it' }, () => {
  it('is what the sources make of it', () => {
    generate('--check')
  })

  it('describes every exported symbol', () => {
    const textOf = (page: string): string => readFileSync(join(committed, page), 'utf8')
    const constants = textOf('constants.md')
    const exported = [
      ...exportsOf(berkeley, ['berkeley']),
      ...exportsOf(llsocket, ['berkeley', 'llsocket']),
      ...exportsOf(unixDgram, ['berkeley', 'unix-dgram']),
    ]
    const missing = exported.filter(({ name, page }) => !isIn(constants, name) && !isIn(textOf(page), name))
    assert.deepEqual(missing, [])
  })
})
