import { throwLater } from '../support/throw-later.js'

/**
 * Runs code that calls listeners or callbacks of the user. What they throw is an uncaught exception, as with Node's sockets, and not the
 * rejection of a promise that no code awaits.
 * @returns whether nothing was thrown.
 */
export function runUserCode(run: () => void): boolean {
  try {
    run()
    return true
  } catch (error) {
    throwLater(error)
    return false
  }
}
