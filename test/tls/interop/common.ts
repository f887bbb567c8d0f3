// What the conversations over TLS with other people's programs share.
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, existsSync, writeFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import type { TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { connect, listen, type Socket, type stream, type tls } from 'berkeley'
import { available, type Child, closing, type Ending, PATIENCE_MS, tempFolder, within } from '../../util/index.js'
import type { Authority, Identity } from './certificates.js'
import { NAME } from './certificates.js'

export type Test = Pick<TestContext, 'after'>

export type Conn = stream.inet.Socket | stream.unix.Socket
export type Server = stream.inet.Server | stream.unix.Server

/** The versions of TLS that are in use, by the names that the programs have for them. */
export const versions = ['TLSv1.2', 'TLSv1.3'] as const
export type Version = (typeof versions)[number]

/** For `tlscfg`: this version and no other. */
export const only = (version: Version): tls.Config => ({ minVersion: version, maxVersion: version })

/** For the `tlscfg` of a server: its certificate. */
export const shows = ({ cert, key }: Identity): tls.Config => ({ cert, key })

/** For the `tlscfg` of a client: the authorities that it trusts, and the name that it wants. */
export const trusts = ({ ca }: Authority, servername: string = NAME): tls.Config => ({ ca, servername })

/** Closes a socket after the test, and bounds its waits until then, so that the failure of a program is seen. */
export function bounded<S extends Pick<Socket, 'deadlines' | 'close'>>(t: Test, sock: S, ms = PATIENCE_MS): S {
  sock.deadlines(ms, ms)
  return closing(t, sock)
}

/** For the `skip` option: a reason where one of the programs, by name or by path, is not installed, else false. */
export function missing(...programs: string[]): string | false {
  const unavailable = (program: string): string | false => {
    if (!isAbsolute(program)) return available(program)
    return existsSync(program) ? false : `${program} is not installed`
  }
  return programs.map(unavailable).find((reason) => reason !== false) ?? false
}

/** Everything up to the end. */
export async function whole(from: { recv(): Promise<Buffer | null> }): Promise<Buffer> {
  const parts: Buffer[] = []
  for (let part = await from.recv(); part !== null; part = await from.recv()) parts.push(part)
  return Buffer.concat(parts)
}

/** Everything up to the end, of which only the count and the hash are kept. */
export async function digest(from: { recv(): Promise<Buffer | null> }, most = Infinity): Promise<string> {
  const hash = createHash('sha256')
  let left = most
  while (left > 0) {
    const part = await from.recv()
    if (part === null) break
    hash.update(part)
    left -= part.length
  }
  return hash.digest('hex')
}

/** A line, and what followed it in the same piece. Nothing else is to be read before it is there. */
export async function line(from: { recv(most: number): Promise<Buffer | null> }): Promise<string> {
  let text = ''
  while (!text.endsWith('\n')) {
    const part = await from.recv(1)
    if (part === null) throw new Error(`the end came after ${JSON.stringify(text)}`)
    text += part
  }
  return text
}

export const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex')

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return (await buffer(hash)).toString('hex')
}

export const BULK = 64 << 20

/** A file of random bytes, and its hash. */
export function randomFile(t: Test, bytes = BULK): { path: string; data: Buffer; hash: string } {
  const path = join(tempFolder(t), 'bulk')
  const data = randomBytes(bytes)
  writeFileSync(path, data)
  return { path, data, hash: sha256(data) }
}

/** How a program ended, which it is to do now. */
export function ending(child: Child, ms = PATIENCE_MS): Promise<Ending> {
  return within(child.ended, `the end of ${child.process.spawnfile}`, ms)
}

let ports = 0

/**
 * An IPv4 address that no other process takes, for programs that cannot be asked which port they got: the host, out of
 * the 16 million that the loopback device has, is that of this process. The kernel never gives out the port by itself.
 */
export function ownAddress(): { host: string; port: number } {
  const { pid } = process
  return { host: `127.${128 + ((pid >> 16) & 63)}.${(pid >> 8) & 255}.${pid & 255}`, port: 20_000 + ports++ }
}

/** A port for programs that listen on every address: likely, but not certainly, free. */
export function ownPort(): number {
  return 10_000 + ((process.pid * 16 + ports++) % 20_000)
}

/** Where a program or we listen. */
export type Address = { host: string; port: number } | { path: string }

/** How to get from here to there. */
export interface Way {
  readonly name: string
  /** An address for a program that is about to listen. */
  fresh(t: Test): Address
  /** A listener of ours. */
  listen(t: Test, tlscfg?: tls.Config | tls.Context): Promise<[server: Server, address: Address]>
}

export const overTcp: Way = {
  name: 'TCP',
  fresh: ownAddress,
  async listen(t, tlscfg) {
    const server = bounded(t, await listen({ host: '127.0.0.1', port: 0, tlscfg }))
    return [server, { host: '127.0.0.1', port: server.getsockname().port }]
  },
}

export const overUnix: Way = {
  name: 'a unix socket',
  fresh: (t) => ({ path: join(tempFolder(t), 's') }),
  async listen(t, tlscfg) {
    const path = join(tempFolder(t), 's')
    return [bounded(t, await listen({ path, tlscfg })), { path }]
  },
}

export const ways = [overTcp, overUnix]

async function dial(address: Address, tlscfg: tls.Config | tls.Context | undefined): Promise<Conn> {
  const bounds = { tlscfg, timeout: PATIENCE_MS }
  return 'path' in address ? connect({ ...address, ...bounds }) : connect({ ...address, ...bounds })
}

const isNotThereYet = (error: unknown): boolean =>
  ['ECONNREFUSED', 'ENOENT'].includes(String((error as { code?: unknown }).code))

/** Connects to a program that may have to start first. Nothing but a connection that does not come about is tried again. */
export async function reach(t: Test, address: Address, tlscfg?: tls.Config | tls.Context): Promise<Conn> {
  const end = performance.now() + PATIENCE_MS
  for (;;)
    try {
      return bounded(t, await dial(address, tlscfg))
    } catch (error) {
      if (!isNotThereYet(error) || performance.now() > end) throw error
      await pause(2)
    }
}

/** The next connection, with its handshake done. */
export async function welcome(t: Test, server: Server): Promise<Conn> {
  const conn = bounded(t, await server.accept())
  await conn.handshake()
  return conn
}

/** The environment for a program that does not bear a sanitizer, which may be loaded into this process. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, LD_PRELOAD: '' }
}
