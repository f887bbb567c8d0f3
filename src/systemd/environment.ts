import { sys } from '../constants/lookup.js'
import { variable } from '../support/environment.js'
import { type SystemError, systemError } from '../support/errors.js'

/** Removes variables from the environment, so that children do not take them for theirs. */
export function unset(...names: readonly string[]): void {
  for (const name of names) delete process.env[name]
}

/** The error of a variable that does not say what it should. */
export function misspelt(syscall: string, name: string, value: string, expected: string): SystemError {
  const shown = JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value)
  return systemError(sys.EINVAL, syscall, { detail: `$${name} must be ${expected}, and is ${shown}` })
}

/**
 * A variable that is a number in decimal digits.
 * @returns `undefined` when it is absent or empty.
 * @throws EINVAL when it is anything else.
 */
export function numberIn(syscall: string, name: string, least: number, most: number): number | undefined {
  const text = variable(name)
  if (text === undefined) return undefined
  const number = /^[0-9]{1,20}$/.test(text) ? Number(text) : Number.NaN
  if (number >= least && number <= most) return number
  throw misspelt(syscall, name, text, `a whole number from ${least} to ${most}`)
}

const PID_MAX = 0x7fffffff

/**
 * Whether a variable names this process, for which the others are meant then.
 * @returns `undefined` when it is absent or empty.
 * @throws EINVAL when it is not the number of a process.
 */
export function namesThisProcess(syscall: string, name: string): boolean | undefined {
  const pid = numberIn(syscall, name, 1, PID_MAX)
  return pid === undefined ? undefined : pid === process.pid
}
