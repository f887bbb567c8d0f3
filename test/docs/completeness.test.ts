// The generator of docs/api refuses public members that do not say enough.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root, tempFolder } from '../util/index.js'

const tools = join(root, 'scripts', 'typedoc')
const skip = existsSync(join(tools, 'node_modules')) ? false : 'typedoc is not installed: npm run docs installs it'

const SOURCE = `/** A good thing. */
export class Thing {
  /** {@link Thing.good}. */
  link(): void {}
  silent(): void {}
  /** Sends a number of bytes. */
  parameter(count: number): void { void count }
  /** Counts the bytes that were sent. */
  result(): number { return 1 }
  /** Waits for bytes to come. */
  async failure(): Promise<void> {}
  /** Returns the number of bytes. */
  said(): number { return 1 }
  /**
   * Sends a number of bytes.
   * @param count - how many.
   * @returns how many were sent.
   * @throws EPIPE when the peer has closed.
   */
  async good(count: number): Promise<number> { return count }
  /** Same as {@link Thing.good}: its other name. */
  goodsync(count: number): Promise<number> { return this.good(count) }
}
`

test('a member without summary, parameters, result or errors fails the reference (H152)', { skip }, (t) => {
  const folder = tempFolder(t)
  writeFileSync(join(folder, 'index.ts'), SOURCE)
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ files: ['index.ts'] }))
  const plugins = ['typedoc-plugin-markdown', join(tools, 'plugin.mjs')]
  const options = {
    entryPoints: ['./index.ts'],
    tsconfig: './tsconfig.json',
    plugin: plugins.map((name) =>
      name.startsWith('/') ? name : join(tools, 'node_modules', name, 'dist', 'index.js'),
    ),
    skipErrorChecking: true,
    readme: 'none',
  }
  writeFileSync(join(folder, 'typedoc.json'), JSON.stringify(options))
  const typedoc = join(tools, 'node_modules', 'typedoc', 'bin', 'typedoc')
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [typedoc, '--options', join(folder, 'typedoc.json'), '--out', join(folder, 'out')],
    { cwd: folder, encoding: 'utf8' },
  )
  const lines = [...(stdout + stderr).matchAll(/lacks documentation: (.*)/g)].map(([, line]) => line)
  assert.deepEqual(lines, [
    'Thing.link: a summary',
    'Thing.silent: a summary',
    'Thing.parameter: @param count',
    'Thing.result: @returns',
    'Thing.failure: @throws',
  ])
  assert.notEqual(status, 0)
})
