// Removes all that was built; `--all` removes the installed dependencies and other versions of Node too.
import { rmSync } from 'node:fs'
import { filesBelow, inRoot } from './lib/project.mjs'

const all = process.argv.includes('--all')
const built = [
  'dist',
  'bin',
  'build/.tsbuildinfo',
  'build/internal',
  'build/berkeley.js.map',
  'build/test',
  'build/trust',
  'build/scripts',
  'build/examples',
  'build/bench',
]
const more = [
  'build',
  'node_modules',
  'bench/node_modules',
  'scripts/typedoc/node_modules',
  'test/packaging/tools/node_modules',
  'test/runtimes/tools/node_modules',
]
for (const path of [...built, 'build/native', 'build/fuzz', 'native/build', ...(all ? more : [])]) {
  rmSync(inRoot(path), { recursive: true, force: true })
}
for (const path of filesBelow(inRoot('prebuilds'), /\.node$/)) rmSync(path)
