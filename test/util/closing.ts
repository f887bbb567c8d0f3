import type { TestContext } from 'node:test'

/** Closes what a test made when the test is over, however it ended. Give it the value, get it back. */
export function closing<T extends { close(): unknown }>(t: Pick<TestContext, 'after'>, value: T): T {
  t.after(() => value.close())
  return value
}

/** As {@link closing}, for several at once. */
export function closingAll<T extends readonly { close(): unknown }[]>(t: Pick<TestContext, 'after'>, values: T): T {
  for (const value of values) closing(t, value)
  return values
}
