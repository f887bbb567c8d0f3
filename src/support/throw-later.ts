import { nextTick } from './globals.js'

/** Throws outside of the code that runs: what one of several functions throws does not keep from calling the others. */
export function throwLater(error: unknown): void {
  nextTick(() => {
    throw error
  })
}
