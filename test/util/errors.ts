import assert from 'node:assert/strict'

/** For `assert.throws` and `assert.rejects`: an error with that code (and whatever else is given). */
export function coded(code: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { code, ...more }
}

/** Runs `act` and returns what it throws. Fails when it throws nothing. */
export function thrownBy(act: () => unknown): Error & Record<string, unknown> {
  let result: unknown
  try {
    result = act()
  } catch (error) {
    assert.ok(error instanceof Error, `what was thrown is no Error: ${String(error)}`)
    return error as Error & Record<string, unknown>
  }
  assert.fail(`nothing was thrown; the result was ${String(result)}`)
}
