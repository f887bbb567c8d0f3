import { chmodSync, fchmodSync, lstatSync, unlinkSync } from 'node:fs'
import type { AddrInfo } from '../address/addrinfo.js'
import { sys } from '../constants/lookup.js'
import { SystemError } from '../support/errors.js'
import * as validate from '../support/validate.js'
import { absolute, namesFile } from './found-file.js'
import { bindInPlaceOfStale } from './stale-file.js'

/** Options of everything that is bound to a path. */
export interface SocketFileOptions {
  /**
   * The permissions of the socket file, such as `0o660`; a user that may write to it may connect. The file never has other permissions, not even for a moment. By default
   * those that the umask of the process leaves.
   */
  mode?: number | undefined
  /**
   * Whether a socket file that no socket is bound to, left by a process that was killed, is removed: false by default. A file of another kind never
   * is. To find out, it connects to the path; a server that is alive sees a connection that ends at once.
   */
  replaceStale?: boolean | undefined
}

/** The names of the properties of {@link SocketFileOptions}. */
export const SOCKET_FILE = ['mode', 'replaceStale']

const PERMISSIONS = 0o777
const IN_USE = -sys.EADDRINUSE

/** How a socket is bound to a path, checked. */
export class SocketFilePlan {
  readonly #ai: AddrInfo
  readonly #mode: number | undefined
  readonly #replaceStale: boolean

  constructor(ai: AddrInfo, { mode, replaceStale = false }: SocketFileOptions) {
    this.#ai = ai
    this.#mode = mode === undefined ? undefined : validate.integer('options.mode', mode, 0, PERMISSIONS)
    this.#replaceStale = validate.boolean('options.replaceStale', replaceStale)
    if (!namesFile(ai.path ?? '') && (mode !== undefined || replaceStale))
      throw validate.invalidValue('options.path', 'must be that of a file for "mode" and "replaceStale"', ai.path)
  }

  /**
   * Binds a socket.
   * @param fd - its descriptor.
   * @param bind - makes the system call.
   */
  bind(fd: number, bind: () => void): void {
    // bind(2) makes the file with the mode of the socket, less the umask, which belongs to the whole process.
    if (this.#mode !== undefined) fchmodSync(fd, this.#mode)
    this.#bindOrReplace(bind)
    if (this.#mode !== undefined) this.#permit(absolute(this.#ai.path as string | Buffer), this.#mode)
  }

  #bindOrReplace(bind: () => void): void {
    try {
      bind()
    } catch (error) {
      if (!this.#replaceStale || !(error instanceof SystemError) || error.errno !== IN_USE) throw error
      bindInPlaceOfStale(this.#ai, bind)
    }
  }

  /** Adds what the umask has taken away. */
  #permit(path: Buffer, mode: number): void {
    const file = lstatSync(path)
    if (!file.isSocket() || (file.mode & PERMISSIONS) === mode) return
    try {
      chmodSync(path, mode)
    } catch (error) {
      unlinkSync(path)
      throw error
    }
  }
}
