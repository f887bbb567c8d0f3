/** Whether the runtime has libuv, with its loop and its threads: others may abort the process on its functions. */
export function hasLibuv(): boolean {
  const { versions } = process
  return !Object.hasOwn(versions, 'bun') && !Object.hasOwn(versions, 'deno')
}

/** The error of what only Node.js has. */
export function unsupportedRuntime(message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, cause === undefined ? {} : { cause }), { code: 'ERR_UNSUPPORTED_RUNTIME' })
}
