// Something for servers to send.
import { existsSync, writeFileSync } from 'node:fs'

const MEBIBYTE = 1_048_576

/**
 * A file of so many MiB. It is in the page cache, because it has just been written; and not a sparse one, whose pages would be one
 * and the same.
 * @param {import('./scratch.mjs').Scratch} scratch
 * @param {number} mebibytes
 * @returns {string} its path
 */
export function fileOf(scratch, mebibytes) {
  const path = scratch(`${mebibytes}-mib`)
  if (existsSync(path)) return path
  const piece = Buffer.alloc(MEBIBYTE, 'berkeley')
  for (let i = 0; i < mebibytes; i++) writeFileSync(path, piece, { flag: 'a' })
  return path
}
