// What was sent before a close arrives, whatever program is at the other end, although that has sent something which is not read.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import nodeTls from 'node:tls'
import { type Child, leavesNoFd, start, tempFolder, within } from '../../util/index.js'
import { Authority, NAME } from './certificates.js'
import {
  type Address,
  bounded,
  type Conn,
  missing,
  only,
  overTcp,
  ownAddress,
  plainEnvironment,
  reach,
  shows,
  type Test,
  trusts,
  type Version,
  versions,
  welcome,
  whole,
} from './common.js'
import { counterparties, opensslAddress } from './counterparties.js'
import { python } from './python.js'

leavesNoFd()

const authority = new Authority('Test Root')

/** Longer than it takes, on a busy machine. */
const MS = 60_000

/** Numbered lines of 8 bytes, so that a difference shows where it is: 4 MiB. */
const MUCH = Array.from({ length: 1 << 19 }, (_, i) => `${String(i).padStart(7, '0')}\n`).join('')

/** For gnutls-cli, which writes each character by a call of its own. */
const LESS = MUCH.slice(0, 512 << 10)

/** What the other side sends, and is not read. */
const IGNORED = `${'nobody reads this '.repeat(2000)}\n`

/** The other side of a connection. */
interface Peer {
  say(text: string): void
  /** Ends the connection as it should be ended, once everything is said. */
  finish(): void
  /** What it has received, and possibly more that it has to say, when it is over. */
  readonly received: Promise<string>
}

const peerOf = (child: Child): Peer => ({
  say: (text) => child.write(text),
  finish: () => child.endInput(),
  received: within(child.ended, `the end of ${child.process.spawnfile}`, MS).then(({ stdout }) => stdout),
})

function peerOfNode(t: Test, socket: nodeTls.TLSSocket): Peer {
  t.after(() => socket.destroy())
  let text = ''
  let error = ''
  socket.setEncoding('utf8').on('data', (more: string) => (text += more))
  socket.on('error', ({ message }) => (error = message))
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(text + error)))
  return {
    say: (more) => socket.write(more),
    finish: () => socket.end(),
    received: within(closed, "the end of Node's socket", MS),
  }
}

interface Party {
  readonly name: string
  readonly skip: string | false
  call(t: Test, to: Address, version: Version): Peer
  /** None of a program whose servers do not pass on what they receive. */
  serve?(t: Test, version: Version): Promise<[Address, Promise<Peer>]>
}

/** Those that other tests have, too, which read their input to its end. */
function program(name: string, serve?: Party['serve']): Party {
  const known = counterparties.find((one) => one.name === name) as (typeof counterparties)[0]
  const call: Party['call'] = (t, to, version) => {
    const { child } = known.call(t, to, { authority, version })
    return peerOf(child as Child)
  }
  return { name, skip: known.skip, call, ...(serve && { serve }) }
}

const parties: readonly Party[] = [
  program('openssl', async (t) => {
    const address = ownAddress()
    const { certFile, keyFile } = authority.identity()
    const words = ['s_server', ...opensslAddress('-accept', address), '-cert', certFile, '-key', keyFile, '-quiet']
    const child = start(t, 'openssl', [...words, '-naccept', '1'], { env: plainEnvironment() })
    return [address, Promise.resolve(peerOf(child))]
  }),
  program('gnutls'),
  program('Python', async (t, version) => {
    const address = ownAddress()
    const { certFile: cert, keyFile: key } = authority.identity()
    const child = python(t, { role: 'server', does: 'talk', address, version, ca: authority.caFile, cert, key })
    return [address, Promise.resolve(peerOf(child))]
  }),
  {
    name: 'node:tls',
    skip: missing('openssl'),
    call(t, to, version) {
      const options = { ...(to as { host: string; port: number }), ...trusts(authority), ...only(version) }
      return peerOfNode(t, nodeTls.connect(options as nodeTls.ConnectionOptions))
    },
    async serve(t, version) {
      const server = nodeTls.createServer({ ...authority.identity(), ...only(version) } as nodeTls.TlsOptions)
      t.after(() => server.close())
      await once(server.listen(0, '127.0.0.1'), 'listening')
      const { port } = server.address() as AddressInfo
      const peer = once(server, 'secureConnection').then(([socket]) => peerOfNode(t, socket))
      return [{ host: '127.0.0.1', port }, peer]
    },
  },
]

/** Compares without printing megabytes. */
function assertHasAll(received: string, all = MUCH): void {
  const at = received.indexOf(all.slice(0, 800))
  assert.ok(at >= 0, `nothing has arrived: ${received.slice(0, 500)}`)
  const got = received.slice(at, at + all.length)
  if (got === all) return
  const until = [...got].findIndex((char, i) => char !== all[i])
  assert.fail(`of ${all.length} bytes ${until < 0 ? got.length : until} have arrived`)
}

/** Waits until the peer has said what is not read. */
const saysSomething = async (peer: Peer, conn: Conn): Promise<void> => {
  peer.say(IGNORED)
  await conn.readable()
}

for (const party of parties)
  for (const version of versions)
    describe(`close, and ${party.name}: ${version}`, { skip: party.skip }, () => {
      const overWhich = only(version)
      const all = party.name === 'gnutls' ? LESS : MUCH

      test('all that our server has sent before its close arrives at a client', async (t) => {
        const [server, address] = await overTcp.listen(t, { ...shows(authority.identity()), ...overWhich })
        const peer = party.call(t, address, version)
        const conn = bounded(t, await welcome(t, server), MS)
        await saysSomething(peer, conn)
        await conn.send(all)
        await conn.close()
        assertHasAll(await peer.received, all)
      })

      test('all that a client has sent before its close arrives at our server', async (t) => {
        const [server, address] = await overTcp.listen(t, { ...shows(authority.identity()), ...overWhich })
        const peer = party.call(t, address, version)
        const conn = bounded(t, await welcome(t, server), MS)
        peer.say(MUCH)
        peer.finish()
        assertHasAll(String(await whole(conn)))
        await conn.close()
        await peer.received
      })

      const { serve } = party
      if (serve === undefined) return

      test('all that our client has sent before its close arrives at a server', async (t) => {
        const [address, serving] = await serve(t, version)
        const conn = bounded(t, await reach(t, address, { ...trusts(authority), ...overWhich }), MS)
        const peer = await serving
        await saysSomething(peer, conn)
        await conn.send(MUCH)
        await conn.close()
        assertHasAll(await peer.received)
      })

      // s_server does not end with its input; below it sends a file.
      if (party.name === 'openssl') return

      test('all that a server has sent before its close arrives at our client', async (t) => {
        const [address, serving] = await serve(t, version)
        const conn = bounded(t, await reach(t, address, { ...trusts(authority), ...overWhich }), MS)
        const peer = await serving
        peer.say(MUCH)
        peer.finish()
        assertHasAll(String(await whole(conn)))
        await conn.close()
        await peer.received
      })
    })

describe('close, and servers that send a file, or send it back', () => {
  for (const version of versions)
    test(`all that openssl has sent before its close arrives at our client: ${version}`, {
      skip: missing('openssl'),
    }, async (t) => {
      const cwd = tempFolder(t)
      writeFileSync(join(cwd, 'much'), MUCH)
      const address = ownAddress()
      const { certFile, keyFile } = authority.identity()
      const words = ['s_server', ...opensslAddress('-accept', address), '-cert', certFile, '-key', keyFile]
      start(t, 'openssl', [...words, '-WWW', '-quiet', '-naccept', '1'], { cwd, env: plainEnvironment() })
      const conn = bounded(t, await reach(t, address, { ...trusts(authority), ...only(version) }), MS)
      await conn.send('GET /much HTTP/1.0\r\n\r\n')
      assertHasAll(String(await whole(conn)))
    })

  for (const version of versions)
    test(`all that our client has sent comes back from gnutls after end(): ${version}`, {
      skip: missing('gnutls-serv'),
    }, async (t) => {
      const gnutls = counterparties.find(({ name }) => name === 'gnutls') as (typeof counterparties)[0]
      const [address] = gnutls.serve(t, overTcp, { authority, version, identity: authority.identity(NAME) })
      const conn = bounded(t, await reach(t, address, { ...trusts(authority), ...only(version) }), MS)
      const [received] = await Promise.all([whole(conn), conn.send(MUCH).then(() => conn.end())])
      assertHasAll(String(received))
    })
})
