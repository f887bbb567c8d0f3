// The tour believes nothing that it did not check. What is checked comes through here.
import { inspect, isDeepStrictEqual } from 'node:util'

/** Something came that should not have. */
export class Mismatch extends Error {
  constructor(
    readonly what: string,
    readonly expected: string,
    readonly actual: string,
  ) {
    super(`${what}: expected ${expected}, came ${actual}`)
  }
}

/** Text as it is; anything else as Node shows it, on one line. */
const shown = (value: unknown): string =>
  typeof value === 'string' ? value : inspect(value, { breakLength: Infinity })

/** Throws a {@link Mismatch} unless what came is what was expected; compares numbers, text, bytes, and what is made of them. */
export function same<T>(what: string, actual: T, expected: T): void {
  if (!isDeepStrictEqual(actual, expected)) throw new Mismatch(what, shown(expected), shown(actual))
}

/** What failed, where it should, has to fail with that code. */
function failedWith(what: string, code: string, error: unknown): Record<string, unknown> {
  same(what, (error as Record<string, unknown>)['code'], code)
  return error as Record<string, unknown>
}

/** Throws a {@link Mismatch} unless the call fails with that code; returns the error. */
export function failsWith(what: string, code: string, call: () => unknown): Record<string, unknown> {
  let result: unknown
  try {
    result = call()
  } catch (error) {
    return failedWith(what, code, error)
  }
  throw new Mismatch(what, code, `no error but ${shown(result)}`)
}

/** The same for a call that was made, and whose end is waited for. */
export async function rejectsWith(
  what: string,
  code: string,
  call: Promise<unknown>,
): Promise<Record<string, unknown>> {
  let result: unknown
  try {
    result = await call
  } catch (error) {
    return failedWith(what, code, error)
  }
  throw new Mismatch(what, code, `no error but ${shown(result)}`)
}
