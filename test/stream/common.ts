// What the tests of stream sockets share.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { AddrInfo, CmsgHdr, dgram, IPPROTO_TCP, MsgHdr, SOCK_STREAM, seqpacket, stream } from 'berkeley'
import { sys } from '#internal/constants/lookup.js'
import { native } from '#internal/native/sockets.js'
import { closing, closingAll, run, tempFolder } from '../util/index.js'

export type Test = Parameters<typeof closing>[0]

/** A TCP server that listens, at a port of its own. */
export async function listening(t: Test, host = '127.0.0.1'): Promise<stream.inet.Server> {
  const server = closing(t, await stream.inet.Server.create({ host }))
  server.listen()
  return server
}

export const portOf = (server: stream.inet.Server): number => server.getsockname().port as number

/** Both ends of a TCP connection. */
export async function conversation(
  t: Test,
  host = '127.0.0.1',
): Promise<[client: stream.inet.Client, peer: stream.inet.Socket]> {
  const server = await listening(t, host)
  const client = closing(t, await stream.inet.Client.create({ host, port: portOf(server) }))
  return [client, closing(t, await server.accept())]
}

/** Both ends of a unix connection. */
export const pair = async (t: Test): Promise<[stream.unix.Socket, stream.unix.Socket]> =>
  closingAll(t, await stream.unix.pair())

/** Everything up to the end of the stream. */
export async function drain(from: { recv(): Promise<Buffer | null> }): Promise<Buffer> {
  const parts: Buffer[] = []
  for (let part = await from.recv(); part !== null; part = await from.recv()) parts.push(part)
  return Buffer.concat(parts)
}

export const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex')

/** A descriptor of that file, open until the end of the test. */
export function opened(t: Test, path: string, flags: string): number {
  const fd = openSync(path, flags)
  t.after(() => closeSync(fd))
  return fd
}

/** A file with that content, open for reading. */
export function file(t: Test, content: Buffer): number {
  const path = join(tempFolder(t), 'file')
  writeFileSync(path, content)
  return opened(t, path, 'r')
}

/** The address of a TCP socket. */
export const tcp = (host: string, port: number): AddrInfo =>
  AddrInfo.inet(host, port, { socktype: SOCK_STREAM, protocol: IPPROTO_TCP })

/** The descriptors that some epoll set of this process watches. */
export function watched(): number[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      if (readlinkSync(`/proc/self/fd/${fd}`) !== 'anon_inode:[eventpoll]') return []
      const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')
      return [...info.matchAll(/^tfd:\s+(\d+)/gm)].map(([, number]) => Number(number))
    } catch {
      return [] // gone since the listing
    }
  })
}

/** The kernel refuses a call, as often as it is made while `act` runs. */
export async function refusing(
  t: TestContext,
  call: 'fcntl' | 'getsockopt' | 'setsockopt',
  applies: (...args: number[]) => boolean,
  act: () => Promise<unknown>,
): Promise<void> {
  const original = native[call] as (...args: unknown[]) => number
  const refusal = t.mock.method(native, call, (...args: unknown[]) =>
    applies(...(args as number[])) ? -sys.EINVAL : original(...args),
  )
  try {
    await assert.rejects(act(), { code: 'EINVAL' })
    assert.ok(refusal.mock.callCount() > 0)
  } finally {
    refusal.mock.restore()
  }
}

export const NOBODY = 65534

/** What another user gets that connects to that path: `connected`, or the code of the error. */
export async function asNobody(path: string): Promise<string> {
  const code = `require('net').connect(process.argv[1], () => { console.log('connected'); process.exit() })
    .on('error', (error) => console.log(error.code))`
  const { stdout } = await run(process.execPath, ['-e', code, path], { cwd: '/', uid: NOBODY, gid: NOBODY })
  return stdout.trim()
}

/** For tests with two users: whether this one may become another, and that one may run Node. */
export const oneUser =
  process.getuid?.() !== 0
    ? 'only root can become another user'
    : spawnSync(process.execPath, ['-e', ''], { cwd: '/', uid: NOBODY, gid: NOBODY }).status !== 0 &&
      'the user nobody may not run this Node'

/** A unix socket of any type. */
export type End = stream.unix.Socket | seqpacket.unix.Socket | dgram.unix.Socket

/** Pairs of unix sockets of each type. */
export const unixTypes: [name: string, pair: () => Promise<[End, End]>][] = [
  ['stream', () => stream.unix.pair()],
  ['seqpacket', () => seqpacket.unix.pair()],
  ['dgram', () => dgram.unix.pair()],
]

/** Both ends of a pair, closed after the test. */
export async function ends(t: Test, make: () => Promise<[End, End]>): Promise<[End, End]> {
  const [a, b] = await make()
  return [closing(t, a), closing(t, b)]
}

/** A descriptor of /dev/null, closed after the test. */
export function nullFd(t: Test): number {
  const fd = openSync('/dev/null', 'r')
  t.after(() => closeSync(fd))
  return fd
}

/** Sends a message with so many copies of a descriptor. */
export function pass(from: End, fd: number, count: number): Promise<number> {
  const msg = new MsgHdr()
  msg.add('x')
  msg.control().push(CmsgHdr.rights(...Array<number>(count).fill(fd)))
  return from.sendmsg(msg)
}

/** A stream socket of any family. */
export type Stream = stream.Socket

/** Connected streams of each family, closed after the test. */
export const streamPairs: [name: string, make: (t: Test) => Promise<[Stream, Stream]>][] = [
  ['TCP', conversation],
  ['a unix stream', pair],
]
