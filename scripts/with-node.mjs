// Runs the built tests under other versions of Node, each taken from npm and kept in build/node.
//   node scripts/with-node.mjs 22 [24 ...] [-- part of a test's file name ...]
import { delimiter, dirname } from 'node:path'
import { nodeBinary } from './lib/node-binary.mjs'
import { inRoot } from './lib/project.mjs'
import { Failure, inForeground, quietly, script } from './lib/run.mjs'

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
