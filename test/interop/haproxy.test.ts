// haproxy hands its listeners to us over its statistics socket, as it does to the process that replaces it.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AF_UNIX, connect, MsgHdr, type Socket, stream } from 'berkeley'
import { socket } from 'berkeley/llsocket'
import { abstractName, type Child, leavesNoFd, tempFolder } from '../util/index.js'
import { bounded, exactly, missing, ownAddress, type Test, whole } from './common.js'
import { HAPROXY, startHaproxy } from './haproxy.js'

leavesNoFd()

const INT_BYTES = 4
const PATH_ROOM = 108

/** Starts haproxy with some listeners that answer every request by themselves. */
function haproxy(t: Test, folder: string, binds: string[]): Promise<[child: Child, path: string]> {
  return startHaproxy(t, folder, 'http', [
    'frontend test',
    ...binds.map((bind) => `  bind ${bind}`),
    '  http-request return status 200 content-type text/plain string "from haproxy"',
  ])
}

/** What it says about each of them: a namespace and an interface, each with its length before it, and flags. */
function interfacesIn(bytes: Buffer): string[] {
  const found: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const word = (): string => {
      const length = bytes.readUInt8(at)
      at += 1 + length
      return bytes.toString('latin1', at - length, at)
    }
    const [, name] = [word(), word()]
    found.push(name)
    at += INT_BYTES
  }
  return found
}

/** haproxy fills abstract names with NULs up to the room for a path. */
const padded = (name: string): string => name.padEnd(PATH_ROOM, '\0')

interface Taken {
  fds: number[]
  interfaces: string[]
  messages: number
}

/** Asks for all listeners. They come in messages of up to 253, of which each but the last waits for an answer. */
async function takeListeners(t: Test, path: string): Promise<Taken> {
  const conn = bounded(t, await connect({ path }))
  await conn.send('_getsocks\n')
  const count = (await exactly(conn, INT_BYTES)).readInt32LE()
  const taken: Taken = { fds: [], interfaces: [], messages: 0 }
  while (taken.fds.length < count) {
    const msg = new MsgHdr()
    msg.addn(65_536)
    assert.notEqual(await conn.recvmsg(msg), null)
    assert.equal(msg.flags(), 0)
    taken.fds.push(...[...msg.control()].flatMap((cmsg) => cmsg.take()))
    taken.interfaces.push(...interfacesIn(msg.concat()))
    taken.messages++
    if (taken.fds.length < count) await conn.send(new Uint8Array(INT_BYTES))
  }
  return taken
}

type Server = stream.inet.Server | stream.unix.Server

/** A server of the right class for a listener of which we know only the number. */
function adopt(t: Test, fd: number): Server {
  const low = socket.wrap(fd)
  return bounded(t, low.family() === AF_UNIX ? new stream.unix.Server(low) : new stream.inet.Server(low))
}

/** In the words of haproxy's configuration. */
function nameOf(server: Server): string {
  const { addr, port, path } = server.getsockname()
  return path === undefined ? `${addr}:${port}` : String(path)
}

/** Answers the next request. */
async function answer(server: Server): Promise<void> {
  const conn = await server.accept()
  let request = ''
  while (!request.endsWith('\r\n\r\n')) request += await conn.recv()
  await conn.send('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nfrom its heir')
  await conn.close()
}

/** Sends a request, and returns what reads to the end of the connection: the answer. */
async function ask(t: Test, conn: Socket): Promise<() => Promise<string>> {
  bounded(t, conn)
  await conn.send('GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n')
  return async () => String(await whole(conn))
}

describe('haproxy', { skip: missing(HAPROXY) }, () => {
  test('haproxy passes its listeners on, and no client that connects meanwhile is lost (H82)', async (t) => {
    const [one, other] = [ownAddress(), ownAddress()]
    const name = abstractName()
    const binds = [`${one.host}:${one.port}`, `${other.host}:${other.port} interface lo`, `abns@${name.slice(1)}`]
    const [child, path] = await haproxy(t, tempFolder(t), binds)
    assert.match(await (await ask(t, await connect(one)))(), /from haproxy$/)

    const { fds, interfaces } = await takeListeners(t, path)
    const servers = new Map(fds.map((fd) => adopt(t, fd)).map((server) => [nameOf(server), server]))
    assert.deepEqual(interfaces.toSorted(), ['', '', '', 'lo'])
    assert.equal(servers.size, 4)
    for (const server of servers.values())
      assert.deepEqual([server.acceptconn(), server.cloexec(), server.isnonblock()], [true, true, true])

    await child.stop()
    for (const [call, bind] of [
      [() => connect(one), `${one.host}:${one.port}`],
      [() => connect(other), `${other.host}:${other.port}`],
      [() => connect({ path: padded(name) }), padded(name)],
    ] as const) {
      const answered = await ask(t, await call()) // it is in the backlog: no accept() was called yet
      await answer(servers.get(bind) as Server)
      assert.match(await answered(), /from its heir$/)
    }
  })

  test('haproxy passes 300 listeners on, more than one message can carry (H79)', async (t) => {
    const { host } = ownAddress()
    const [, path] = await haproxy(t, tempFolder(t), [`${host}:21000-21299`])
    const { fds, messages, interfaces } = await takeListeners(t, path)
    const names = fds.map((fd) => nameOf(adopt(t, fd)))
    assert.equal(fds.length, 301) // and its statistics socket
    assert.equal(interfaces.length, 301)
    assert.equal(messages, 2)
    assert.deepEqual(
      names.filter((name) => name.startsWith(host)).toSorted(),
      Array.from({ length: 300 }, (_, i) => `${host}:${21_000 + i}`),
    )
  })

  test('haproxy answers in text when the client does not ask for its listeners', async (t) => {
    const [, path] = await haproxy(t, tempFolder(t), [`abns@${abstractName().slice(1)}`])
    const conn = bounded(t, await connect({ path }))
    await conn.send('show info\n')
    assert.match(String(await whole(conn)), /^Name: HAProxy\nVersion: /)
  })
})
