// A subclass of a user may have methods and fields of any name: the library's own calls do not go through them.
import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import { describe, test } from 'node:test'
import { stream } from 'berkeley'
import { closing, leavesNoFd } from '../util/index.js'

leavesNoFd()

/** Names that a class for sockets may well give to methods of its own, and those that this library once used itself. */
const NAMES = [
  ...['read', 'write', 'use', 'user', 'release', 'retire', 'isOpen', 'facts', 'become', 'replace', 'attach', 'wake'],
  ...['closing', 'released', 'farewell', 'encrypting', 'plain', 'receiveInto', 'transmit', 'holdsBack', 'tookAll'],
  ...['referenced', 'channel', 'engine', 'transport', 'handle', 'kind', 'hooks', 'run', 'check', 'socket', 'state'],
] as const

/** Gives a class a method of each name, which notes that it was called. */
// biome-ignore lint/suspicious/noExplicitAny: TypeScript wants a mixin's base to take any arguments
function crowded<C extends new (...args: any[]) => object>(Class: C, calls: string[]): C {
  const Crowded = class extends Class {}
  for (const name of NAMES)
    Object.defineProperty(Crowded.prototype, name, { value: () => void calls.push(name), writable: true })
  return Crowded
}

/** Takes every name for a field, as a class with declared fields does. */
function occupy(object: object): void {
  for (const name of NAMES) Object.defineProperty(object, name, { value: `a field: ${name}`, configurable: true })
}

describe('subclasses', () => {
  test('a subclass with methods and fields of any name converses, sends files, iterates and closes as its base does', async (t) => {
    const calls: string[] = []
    const Server = crowded(stream.inet.Server, calls)
    const Client = crowded(stream.inet.Client, calls)
    const Connection = crowded(stream.inet.Socket, calls)
    Server.prototype.createConnection = (sock, tls) => new Connection(sock, tls)
    const server = closing(t, await Server.create({ host: '127.0.0.1' }))
    occupy(server)
    server.listen()
    const client = closing(t, await Client.create({ host: '127.0.0.1', port: server.getsockname().port }, false))
    occupy(client)
    await client.connect()
    const conn = closing(t, await server.accept())
    occupy(conn)
    assert.ok(conn instanceof Connection)
    await client.sendsync('to the server')
    assert.equal(String(await conn.recvsync()), 'to the server')
    const file = openSync(process.execPath, 'r')
    const sent = conn.sendfile(file, 64)
    assert.equal((await client.recv())?.length, await sent)
    closeSync(file)
    await client.connect()
    const again = closing(t, await server.accept())
    occupy(again)
    client.deadlines(1000, 1000)
    client.tcpnodelay(true)
    await client.end()
    for await (const chunk of again) assert.fail(`${chunk.length} bytes that were never sent`)
    const duplex = again.duplex()
    duplex.end('the last word')
    assert.equal(String(await client.recv()), 'the last word')
    duplex.destroy()
    await Promise.all([client.close(), conn.close(), server.close()])
    assert.deepEqual(calls, [])
  })

  test('a subclass with methods and fields of any name passes descriptors', async (t) => {
    const calls: string[] = []
    const Socket = crowded(stream.unix.Socket, calls)
    const [a, b] = (await stream.unix.pair()).map((sock) => sock.detach())
    assert.ok(a !== undefined && b !== undefined)
    const wrapped = await Promise.all([stream.unix.wrap(a), stream.unix.wrap(b)])
    const [from, to] = wrapped.map((sock) => closing(t, Object.setPrototypeOf(sock, Socket.prototype) as typeof sock))
    assert.ok(from !== undefined && to !== undefined)
    occupy(from)
    occupy(to)
    await from.sendfd(from.fd())
    const fd = await to.recvfd()
    assert.ok(fd !== null)
    const copy = closing(t, await stream.unix.wrap(fd))
    await copy.send('through the duplicate')
    assert.equal(String(await to.recv()), 'through the duplicate')
    assert.deepEqual(calls, [])
  })
})
