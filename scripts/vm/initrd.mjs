// What the kernel has in memory when it starts: busybox, the modules for the shares of the host, and the first scripts.
import { readFileSync } from 'node:fs'
import { inRoot } from '../lib/project.mjs'
import { Failure } from '../lib/run.mjs'
import { cpio, folder, program } from './cpio.mjs'
import { FIRST_MODULES } from './machines.mjs'
import { inOrder } from './modules.mjs'

const FOLDERS = ['bin', 'dev', 'proc', 'sys', 'modules', 'lower', 'upper', 'out', 'new']

/** @param {string} name */
const ours = (name) => readFileSync(inRoot('scripts', 'vm', name))

/**
 * @param {string} modules the folder of the kernel's modules
 * @param {string} busybox
 */
export function initrd(modules, busybox) {
  const first = inOrder(modules, FIRST_MODULES)
  if (first.length === 0) throw new Failure(`there are no modules in ${modules}`)
  return cpio([
    ...FOLDERS.map(folder),
    program('init', ours('init.sh')),
    program('guest.sh', ours('guest.sh')),
    program('bin/busybox', readFileSync(busybox)),
    ...first.map(([name, content], i) => program(`modules/${String(i).padStart(2, '0')}-${name}.ko`, content)),
  ])
}
