// Installs what the tests of berkeley/unix-dgram run it with: libraries that use npm's unix-dgram, and that module itself, to compare. It has to be
// compiled; where that fails, the comparison is skipped.
import { nodeGyp } from './lib/node-gyp.mjs'
import { inRoot } from './lib/project.mjs'
import { Failure, script, step } from './lib/run.mjs'

const FOLDER = inRoot('test', 'unix-dgram', 'libraries')

await script(() => {
  step('installing libraries that use unix-dgram', 'npm', [
    ...['ci', '--prefix', FOLDER],
    ...['--ignore-scripts', '--no-audit', '--no-fund'],
  ])
  try {
    nodeGyp('compiling unix-dgram', inRoot('test', 'unix-dgram', 'libraries', 'node_modules', 'unix-dgram-original'))
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    process.stderr.write('unix-dgram cannot be compiled here\n')
  }
})
