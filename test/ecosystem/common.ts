// What the tests of libraries over our streams share. The libraries are in the folder libraries (npm run ecosystem installs them), the servers
// are those of Debian.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createConnection, listen } from 'berkeley'
import { missing } from '../interop/common.js'
import { abstractName, root, within } from '../util/index.js'

const FOLDER = join(root, 'test', 'ecosystem', 'libraries')
const require = createRequire(join(FOLDER, 'package.json'))

const isInstalled = (name: string): boolean => existsSync(join(FOLDER, 'node_modules', name))

/** What runs a function when a test, or all tests of a suite, are over. */
export interface Test {
  after(end: () => void | Promise<void>): void
}

/** A library; an empty object where it is not installed, and the tests are skipped. Its types would be there only where it is. */
// biome-ignore lint/suspicious/noExplicitAny: see above.
export function library(name: string): any {
  return isInstalled(name) ? require(name) : {}
}

/** For the `skip` option: why libraries cannot be tried with these programs, else false. */
export function unavailable(libraries: readonly string[], ...programs: string[]): string | false {
  const absent = libraries.find((name) => !isInstalled(name))
  return absent === undefined ? missing(...programs) : `${absent} is not installed: npm run ecosystem`
}

/** The next event of that name, which has to come soon. */
export function event<T extends unknown[] = unknown[]>(emitter: NodeJS.EventEmitter, name: string): Promise<T> {
  const heard = new Promise<T>((resolve) => emitter.once(name, (...args) => resolve(args as T)))
  return within(heard, `'${name}'`)
}

/** What a function with a callback at the end comes to. */
export function called<T>(call: (done: (error: unknown, result: T) => void) => unknown): Promise<T> {
  const result = new Promise<T>((resolve, reject) => {
    call((error, value) => (error ? reject(error) : resolve(value)))
  })
  return within(result, 'the callback')
}

/** The path of a unix socket to which no client can connect for the time being: its backlog is full. */
export async function fullBacklog(t: Test): Promise<string> {
  const path = abstractName()
  const listener = await listen({ path, backlog: 0 })
  const filler = createConnection({ path })
  await event(filler, 'connect')
  t.after(async () => {
    filler.destroy()
    await listener.close()
  })
  return path
}
