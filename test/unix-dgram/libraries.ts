// The libraries that the tests here run: see scripts/install-unix-dgram.mjs.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../util/index.js'

/** The folder that they are installed in, where `unix-dgram` is ours. */
export const LIBRARIES = join(root, 'test', 'unix-dgram', 'libraries')

/** For the `skip` option of a test: why a module cannot be loaded, else false. */
export function missing(module: string): string | false {
  if (!existsSync(join(LIBRARIES, 'node_modules'))) return 'not installed: node scripts/install-unix-dgram.mjs'
  const { status } = spawnSync(process.execPath, ['-e', 'require(process.argv[1])', module], { cwd: LIBRARIES })
  return status === 0 ? false : `${module} cannot be loaded`
}
