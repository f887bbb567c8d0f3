import type { Screen } from './screen.js'

/** One stop of the tour. */
export interface Step {
  readonly title: string
  /** Does it, verifies it, and returns the figures for its last line. Throws when something was not as it should be. */
  run(screen: Screen): Promise<string>
}
