/** A variable of the environment; `undefined` when it is absent or empty. What anybody has put on Object.prototype is none. */
export function variable(name: string): string | undefined {
  return (Object.hasOwn(process.env, name) && process.env[name]) || undefined
}
