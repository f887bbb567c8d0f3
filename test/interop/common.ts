// What the conversations with other people's programs share.
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Socket } from 'berkeley'
import { available, type Child, closing, type Ending, PATIENCE_MS, start, within } from '../util/index.js'

export type Test = Pick<TestContext, 'after'>

/** Closes a socket after the test, and bounds its waits until then, so that the failure of a program is seen. */
export function bounded<S extends Pick<Socket, 'deadlines' | 'close'>>(t: Test, sock: S): S {
  sock.deadlines(PATIENCE_MS, PATIENCE_MS)
  return closing(t, sock)
}

/** How a program ended, which it is to do now. */
export function ending(child: Child): Promise<Ending> {
  return within(child.ended, `the end of ${child.process.spawnfile}`)
}

/** Something that is read to its end. */
interface Source {
  recv(): Promise<Buffer | null>
}

/** Everything up to the end. */
export async function whole(from: Source): Promise<Buffer> {
  const parts: Buffer[] = []
  for (let part = await from.recv(); part !== null; part = await from.recv()) parts.push(part)
  return Buffer.concat(parts)
}

/** So many bytes of a stream, however they were cut. */
export async function exactly(from: { recv(most: number): Promise<Buffer | null> }, bytes: number): Promise<Buffer> {
  const parts: Buffer[] = []
  for (let left = bytes; left > 0; ) {
    const part = await from.recv(left)
    if (part === null) throw new Error(`the end came ${left} bytes too early`)
    parts.push(part)
    left -= part.length
  }
  return Buffer.concat(parts)
}

export const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex')

let ports = 0

/**
 * An IPv4 address that no other process takes, for programs that cannot be asked which port they got: the host, out of
 * the 16 million that the loopback device has, is that of this process. The kernel never gives out the port by itself.
 */
export function ownAddress(): { host: string; port: number } {
  const { pid } = process
  return { host: `127.${64 + ((pid >> 16) & 63)}.${(pid >> 8) & 255}.${pid & 255}`, port: 20_000 + ports++ }
}

/** A port for IPv6, whose loopback device has one address only: likely, but not certainly, free. */
export function ownPort(): number {
  return 10_000 + ((process.pid * 16 + ports++) % 20_000)
}

/** The environment for a program that does not bear a sanitizer, which may be loaded into this process. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, LD_PRELOAD: '' }
}

/** The path of a program of this folder, for Node. */
export function programOfOurs(name: string): string {
  return fileURLToPath(new URL(`${name}.js`, import.meta.url))
}

const PYTHON = `
import array, os, socket, struct, sys
def say(*words): print(*words, flush=True)
socket.setdefaulttimeout(10)
`

/** Arguments for Python that run a text, which has `socket`, `sys` and the like, and `say()` for telling us. */
export function pythonArguments(code: string, ...args: string[]): string[] {
  return ['-c', PYTHON + code, ...args]
}

/** Runs such a text. */
export function python(t: Test, code: string, ...args: string[]): Child {
  return start(t, 'python3', pythonArguments(code, ...args))
}

function unavailable(program: string): string | false {
  if (!isAbsolute(program)) return available(program)
  return existsSync(program) ? false : `${program} is not installed`
}

/** For the `skip` option: a reason where one of the programs, by name or by path, is not installed, else false. */
export function missing(...programs: string[]): string | false {
  return programs.map(unavailable).find((reason) => reason !== false) ?? false
}
