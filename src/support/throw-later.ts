import { nextTick } from './globals.js'

/** Lets an exception be an uncaught one, outside of the code that runs: it does not keep from what is still to be done there. */
export function throwLater(error: unknown): void {
  nextTick(() => {
    throw error
  })
}
