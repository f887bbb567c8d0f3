// A folder for the certificate and the unix sockets of one run: made when something is to be put into it, gone when
// the harness ends.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** @typedef {(name: string) => string} Scratch gives the path of a file in the folder */

/** @returns {Scratch} */
export function scratchFolder() {
  /** @type {string | undefined} */
  let folder
  process.on('exit', () => folder !== undefined && rmSync(folder, { recursive: true, force: true }))
  return (name) => {
    folder ??= mkdtempSync(join(tmpdir(), 'berkeley-bench-'))
    return join(folder, name)
  }
}
