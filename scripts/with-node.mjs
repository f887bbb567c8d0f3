// Runs the built tests under other versions of Node, each taken from npm and kept in build/node.
//   node scripts/with-node.mjs 22 [24 ...] [-- part of a test's file name ...]
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { inRoot } from './lib/project.mjs'
import { Failure, inForeground, quietly, script, step } from './lib/run.mjs'

/**
 * The executable of a major version; installed on first use. It is no dependency of the project: 100 MB each.
 * @param {string} major
 */
function nodeBinary(major) {
  const name = `node-${process.platform}-${process.arch}`
  const folder = inRoot('build', 'node', major)
  const binary = join(folder, 'node_modules', name, 'bin', 'node')
  if (existsSync(binary)) return binary
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  step(`installing Node ${major}`, 'npm', [
    'install',
    '--prefix',
    folder,
    '--no-audit',
    '--no-fund',
    `${name}@${major}`,
  ])
  return binary
}

/**
 * @param {string} major
 * @param {readonly string[]} filters
 */
async function testUnder(major, filters) {
  const binary = nodeBinary(major)
  process.stderr.write(`testing under Node ${quietly('node --version', binary, ['--version']).trim()}\n`)
  // First on PATH too, for the programs that tests start by the name of `node`.
  const env = { ...process.env, PATH: `${dirname(binary)}${delimiter}${process.env['PATH'] ?? ''}` }
  return inForeground(binary, [inRoot('scripts', 'test.mjs'), ...filters], env)
}

await script(async () => {
  const args = process.argv.slice(2)
  const majors = args.filter((arg) => /^\d+$/.test(arg))
  const filters = args.filter((arg) => !/^\d+$/.test(arg) && arg !== '--')
  if (majors.length === 0) throw new Failure('which Node? For example: npm run test:node -- 22 24')
  const failed = []
  for (const major of majors) if ((await testUnder(major, filters)) !== 0) failed.push(major)
  if (failed.length > 0) throw new Failure(`the tests fail under Node ${failed.join(', ')}`)
})
