/** Whether the runtime has libuv, with its loop and its threads: others may abort the process on its functions. */
export function hasEventLoop(): boolean {
  const { versions } = process
  return !Object.hasOwn(versions, 'bun') && !Object.hasOwn(versions, 'deno')
}

/**
 * To be called before the addon touches libuv's loop.
 * @throws `ERR_UNSUPPORTED_RUNTIME` on Bun and Deno.
 */
export function assertEventLoop(): void {
  if (hasEventLoop()) return
  throw Object.assign(
    new Error('Asynchronous sockets need the event loop of Node.js; berkeley/llsocket works on this runtime as well'),
    { code: 'ERR_UNSUPPORTED_RUNTIME' },
  )
}
