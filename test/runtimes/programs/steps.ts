// What the programs of test/runtimes share. They run on Node, Bun and Deno, and so without node:test: a program is a list of steps, each of
// which prints one line.
import { isMainThread } from 'node:worker_threads'

/** On a busy machine a worker takes seconds to start. */
const PATIENCE_MS = 30_000

/** Something to wait for, which has to come. */
export function within<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`no ${what} within ${PATIENCE_MS} ms`)), PATIENCE_MS)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** Takes a step, and says how it went. */
export async function step(title: string, act: () => Promise<void>): Promise<void> {
  try {
    await within(act(), 'end')
    console.log(`ok ${title}`)
  } catch (error) {
    console.log(`failed ${title}: ${error instanceof Error ? error.stack?.replaceAll('\n', ' | ') : error}`)
    if (isMainThread) process.exitCode = 1
  }
}

/** The code of the error that a promise rejects with. */
export async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    return `no error, but ${await promise}`
  } catch (error) {
    const { code, name } = error as NodeJS.ErrnoException
    return code ?? name
  }
}

export const tcp = { host: '127.0.0.1', port: 0 }

/** A name of a unix socket that has no file. */
export const abstractName = (): string => `\0berkeley-runtimes-${process.pid}-${Math.random()}`

/** All that a connection still gives. */
export async function rest(sock: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of sock) pieces.push(piece)
  return Buffer.concat(pieces)
}
