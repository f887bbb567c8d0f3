// socat at the other end of streams and seqpackets: as the server and as the client, in bulk, and half-closed.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { connect, listen, SOCK_SEQPACKET, type Socket, seqpacket, stream } from 'berkeley'
import {
  abstractName,
  available,
  type Child,
  type Family,
  ipv4,
  ipv6,
  leavesNoFd,
  start,
  tempFolder,
  withoutIpv6,
} from '../util/index.js'
import { bounded, ending, sha256, type Test, whole } from './common.js'

leavesNoFd()

const BULK = 4 << 20

/** Verbosity that tells when it listens; and patience, because by default it gives the slower side half a second. */
const MANNERS = ['-d', '-d', '-t', '30']

type Server = stream.inet.Server | stream.unix.Server

/** One way to get from a program to another. */
interface Way {
  name: string
  skip?: string | false
  /** A listener of ours, and how socat is told to connect to it. */
  ours(t: Test): Promise<[server: Server, address: string]>
  /** How socat is told to listen, and how we connect to it, given what it said. */
  theirs(t: Test): [address: string, reach: (said: string) => Promise<Socket>]
}

function tcp({ name, loopback }: Family, skip: string | false): Way {
  const [v, host] = name === 'IPv4' ? ['4', loopback] : ['6', `[${loopback}]`]
  return {
    name: `TCP over ${name}`,
    skip,
    async ours() {
      const server = await listen({ host: loopback, port: 0 })
      return [server, `TCP${v}:${host}:${server.getsockname().port}`]
    },
    theirs: () => [
      `TCP${v}-LISTEN:0,bind=${host}`,
      (said) => connect({ host: loopback, port: Number(/:(\d+)$/.exec(said)?.[1]) }),
    ],
  }
}

/** In the words of socat: a path, or an abstract name without its NUL. */
const unixAddress = (role: 'CONNECT' | 'LISTEN', path: string, more = ''): string =>
  (path.startsWith('\0') ? `ABSTRACT-${role}:${path.slice(1)}` : `UNIX-${role}:${path}`) + more

function unix(name: string, makePath: (t: Test) => string): Way {
  return {
    name: `a unix stream by ${name}`,
    async ours(t) {
      const path = makePath(t)
      return [await listen({ path }), unixAddress('CONNECT', path)]
    },
    theirs(t) {
      const path = makePath(t)
      return [unixAddress('LISTEN', path), () => connect({ path })]
    },
  }
}

const inFolder = (t: Test): string => join(tempFolder(t), 's')

const ways: Way[] = [
  tcp(ipv4, false),
  tcp(ipv6, withoutIpv6()),
  unix('path', inFolder),
  unix('abstract name', abstractName),
]

/** Has socat join a program, or a file, with a listener of ours. */
async function callUs(t: Test, way: Way, ...words: string[]): Promise<[conn: Socket, child: Child]> {
  const [server, address] = await way.ours(t)
  bounded(t, server)
  const child = start(t, 'socat', [...MANNERS, ...words, address])
  return [bounded(t, await server.accept()), child]
}

/** Has socat listen, and connects to it. */
async function callIt(t: Test, way: Way, behind: string): Promise<[conn: Socket, child: Child]> {
  const [address, reach] = way.theirs(t)
  const child = start(t, 'socat', [...MANNERS, address, behind])
  const [said] = await child.waitForOutput(/listening on .*/)
  return [bounded(t, await reach(said)), child]
}

/** Sends a lot, ends, and checks the answer of sha256sum, which comes after the end. */
async function bulkThenHash(conn: Socket): Promise<void> {
  const data = randomBytes(BULK)
  assert.equal(await conn.send(data), BULK)
  conn.closew()
  assert.equal(String(await whole(conn)).split(' ')[0], sha256(data))
}

describe('socat', { skip: available('socat') }, () => {
  for (const way of ways)
    describe(way.name, { skip: way.skip ?? false }, () => {
      test('socat connects and sends 4 MiB of a file', async (t) => {
        const file = join(tempFolder(t), 'file')
        const data = randomBytes(BULK)
        writeFileSync(file, data)
        const [conn, child] = await callUs(t, way, '-u', `OPEN:${file}`)
        assert.equal(sha256(await whole(conn)), sha256(data))
        assert.equal((await ending(child)).code, 0)
      })

      test('socat connects, receives 4 MiB and the end, and answers after that (H42)', async (t) => {
        const [conn, child] = await callUs(t, way, 'EXEC:sha256sum')
        await bulkThenHash(conn)
        await conn.close()
        assert.equal((await ending(child)).code, 0)
      })

      test('a client sends 4 MiB and the end to socat, which answers after that (H42)', async (t) => {
        const [conn] = await callIt(t, way, 'EXEC:sha256sum')
        await bulkThenHash(conn)
      })

      // Not by PIPE: socat would wait for room in that pipe, which only socat itself can make.
      test('a client sends 4 MiB to socat and receives them at the same time', async (t) => {
        const [conn, child] = await callIt(t, way, 'EXEC:cat')
        const data = randomBytes(BULK)
        const echoed = whole(conn)
        await conn.send(data)
        conn.closew()
        assert.equal(sha256(await echoed), sha256(data))
        assert.equal((await ending(child)).code, 0)
      })

      test('socat ends its direction first and still receives data (H42)', async (t) => {
        const [conn, child] = await callUs(t, way, '-')
        child.write('question')
        child.endInput()
        assert.equal(String(await whole(conn)), 'question')
        await conn.send('answer')
        await child.waitForOutput(/answer/)
        await conn.close()
        assert.equal((await ending(child)).code, 0)
      })

      test('recv() sees the end and send() fails when socat is killed (H29)', async (t) => {
        const [conn, child] = await callIt(t, way, 'PIPE')
        await conn.send('x')
        assert.equal(String(await conn.recv()), 'x')
        await child.stop()
        assert.equal(await conn.recv(), null)
        const speak = async (): Promise<void> => {
          for (;;) await conn.send('into the void')
        }
        await assert.rejects(speak, { code: /^(EPIPE|ECONNRESET)$/, syscall: 'send' })
      })
    })

  test('peercred() names the process of socat (H67)', async (t) => {
    const path = abstractName()
    const server = bounded(t, await listen({ path }))
    const child = start(t, 'socat', ['-', unixAddress('CONNECT', path)])
    const conn = bounded(t, await server.accept())
    assert.equal(conn.peercred().pid, child.process.pid)
  })

  for (const [name, makePath] of [
    ['path', inFolder],
    ['abstract name', abstractName],
  ] as const)
    describe(`seqpackets by ${name}`, () => {
      const type = `,socktype=${SOCK_SEQPACKET}`
      const records = Array.from({ length: 200 }, (_, i) => `${i} ${'.'.repeat(i * 20)}`)

      /** One record after the other, because an echo may join what waits for it. */
      async function recordsComeBack(conn: Socket): Promise<void> {
        for (const record of records) {
          await conn.send(record)
          assert.equal(String(await conn.recv()), record)
        }
      }

      test('a client exchanges records with socat up to the end', async (t) => {
        const path = makePath(t)
        const child = start(t, 'socat', [...MANNERS, unixAddress('LISTEN', path, type), 'PIPE'])
        await child.waitForOutput(/listening on/)
        const conn = bounded(t, await connect({ path, type: 'seqpacket' }))
        await recordsComeBack(conn)
        conn.closew()
        assert.equal(await conn.recv(), null)
        assert.equal((await ending(child)).code, 0)
      })

      test('socat connects and exchanges records up to the end', async (t) => {
        const path = makePath(t)
        const server = bounded(t, await listen({ path, type: 'seqpacket' }))
        const child = start(t, 'socat', [...MANNERS, unixAddress('CONNECT', path, type), 'PIPE'])
        const conn = bounded(t, await server.accept())
        assert.ok(conn instanceof seqpacket.unix.Socket)
        await recordsComeBack(conn)
        await conn.close()
        assert.equal((await ending(child)).code, 0)
      })

      test('stream and seqpacket sockets refuse to connect to each other', async (t) => {
        const path = makePath(t)
        const child = start(t, 'socat', [...MANNERS, unixAddress('LISTEN', path, type), 'PIPE'])
        await child.waitForOutput(/listening on/)
        const code = path.startsWith('\0') ? 'ECONNREFUSED' : 'EPROTOTYPE'
        await assert.rejects(stream.unix.Client.create({ path }), { code, path: path.replace('\0', '@') })
      })
    })
})
