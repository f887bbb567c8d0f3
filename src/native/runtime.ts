/** Whether the runtime has libuv, with its loop and its threads: others may abort the process on its functions. */
export function hasLibuv(): boolean {
  return !isBun() && !Object.hasOwn(process.versions, 'deno')
}

/** Whether it is Bun, whose `node:net` and `node:http` lack what needs a descriptor. */
export function isBun(): boolean {
  return Object.hasOwn(process.versions, 'bun')
}

/** The error of what only Node.js has. */
export function unsupportedRuntime(message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, cause === undefined ? {} : { cause }), { code: 'ERR_UNSUPPORTED_RUNTIME' })
}
