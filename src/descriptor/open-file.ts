import type { FileHandle } from 'node:fs/promises'
import { sys } from '../constants/lookup.js'
import { systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'

/** An open file: its descriptor, or a `FileHandle` of node:fs/promises, which has to stay open until the call is over. */
export type OpenFile = number | FileHandle

/** Node does not export the class. Its `fd` is a getter, -1 once it is closed. */
function isFileHandle(value: unknown): value is FileHandle {
  if (typeof value !== 'object' || value === null || Object.hasOwn(value, 'fd')) return false
  for (let from = Object.getPrototypeOf(value); from !== null; from = Object.getPrototypeOf(from))
    if (Object.hasOwn(from, 'fd')) return from.constructor?.name === 'FileHandle'
  return false
}

/**
 * Returns the descriptor of an open file. Call it before the number of the socket is taken: what looks like a `FileHandle` may be the
 * user's. And call it for each system call: the number of one that was closed may be another file's by then.
 * @throws TypeError for anything that is not an open file; EBADF for a `FileHandle` that is closed.
 */
export function descriptorOf(name: string, file: unknown, syscall: string): number {
  if (typeof file === 'number') return validate.descriptor(name, file)
  if (!isFileHandle(file)) throw validate.invalidType(name, 'of type number or an instance of FileHandle', file)
  const { fd } = file
  if (fd === -1) throw systemError(sys.EBADF, syscall, { detail: `the FileHandle "${name}" is closed` })
  return validate.descriptor(`${name}.fd`, fd)
}
