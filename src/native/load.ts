import { existsSync } from 'node:fs'
import { join } from 'node:path'

const root = join(__dirname, '..', '..')

/** An addon: what it is called where node-gyp leaves it, and at the end of its name in the package. */
interface Addon {
  readonly name: string
  readonly suffix: string
  /** The environment variable that names another file. */
  readonly variable: string
}

function candidates({ name, suffix, variable }: Addon): string[] {
  const chosen = process.env[variable]
  if (chosen) return [chosen]
  return [
    join(root, 'native', 'build', 'Release', `${name}.node`),
    join(root, 'prebuilds', `${process.platform}-${process.arch}${suffix}.node`),
  ]
}

function load(addon: Addon): unknown {
  const files = candidates(addon)
  const file = files.find(existsSync)
  // A copy: what Node-API has filled is a dictionary to V8, which looks each function up with each call.
  if (file) return { ...require(file) }
  throw Object.assign(
    new Error(
      `berkeley has no binary for ${process.platform}-${process.arch} (looked for ${files.join(', ')}). ` +
        `Build one with a C compiler: npx node-gyp rebuild --directory ${join(root, 'native')}`,
    ),
    { code: 'ERR_BERKELEY_NO_BINARY' },
  )
}

/** The addon of the system calls: see `sockets.ts`. */
export function loadSockets(): unknown {
  return load({ name: 'berkeley', suffix: '', variable: 'BERKELEY_NATIVE' })
}

/** The addon of TLS, which needs the OpenSSL of the runtime: see `tls.ts`. */
export function loadTls(): unknown {
  return load({ name: 'berkeley_tls', suffix: '.tls', variable: 'BERKELEY_NATIVE_TLS' })
}

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
