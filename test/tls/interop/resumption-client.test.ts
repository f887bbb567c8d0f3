// Sessions that our client resumes.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type net from 'node:net'
import { describe, test } from 'node:test'
import nodeTls from 'node:tls'
import type { tls } from 'berkeley'
import { type Child, leavesNoFd, start } from '../../util/index.js'
import { Authority, NAME } from './certificates.js'
import {
  type Address,
  bounded,
  type Conn,
  line,
  missing,
  only,
  overTcp,
  ownPort,
  reach,
  shows,
  type Test,
  trusts,
  type Version,
  versions,
  ways,
  welcome,
} from './common.js'
import { opensslAddress } from './counterparties.js'

leavesNoFd()

const authority = new Authority('Test Root')

/** What a connection leaves for the next: after data, with which tickets come. */
async function sessionAfter(conn: Conn, heard: string): Promise<Buffer> {
  await conn.send('hello\n')
  assert.equal(await line(conn), heard)
  const session = conn.getSession()
  assert.ok(session)
  await conn.close()
  return session
}

describe('openssl as the server', { skip: missing('openssl') }, () => {
  for (const way of ways)
    for (const version of versions) {
      const config = (more: tls.Config = {}): tls.Config => ({ ...trusts(authority), ...only(version), ...more })

      const opensslServer = (t: Test, ...more: string[]): [Address, Child] => {
        const address = way.fresh(t)
        const { certFile, keyFile } = authority.identity()
        const words = ['s_server', ...opensslAddress('-accept', address), '-cert', certFile, '-key', keyFile]
        return [address, start(t, 'openssl', [...words, '-rev', ...more])]
      }

      test(`our client resumes its session at openssl again and again: ${version}, over ${way.name}`, async (t) => {
        const [address] = opensslServer(t)
        const first = await reach(t, address, config())
        assert.equal(first.isSessionReused(), false)
        let session = await sessionAfter(first, 'olleh\n')
        for (let i = 0; i < 3; i++) {
          const next = await reach(t, address, config({ session }))
          assert.equal(next.isSessionReused(), true)
          assert.equal(next.authorized, true)
          assert.equal(next.getPeerCertificate()?.subject, `CN=${NAME}`)
          session = await sessionAfter(next, 'olleh\n')
        }
      })

      test(`our client resumes its session at openssl without tickets: ${version}, over ${way.name}`, async (t) => {
        const [address] = opensslServer(t, '-no_ticket', '-no_cache', '-num_tickets', '0')
        const first = await reach(t, address, config())
        await first.send('hello\n')
        assert.equal(await line(first), 'olleh\n')
        const session = first.getSession()
        await first.close()
        const next = await reach(t, address, config({ session }))
        assert.equal(next.isSessionReused(), false)
      })
    }

  for (const version of versions)
    test(`our client gets a full handshake from openssl for a session that it does not know: ${version}`, async (t) => {
      const sessions: Buffer[] = []
      for (let i = 0; i < 2; i++) {
        const address = overTcp.fresh(t)
        const { certFile, keyFile } = authority.identity()
        const words = ['s_server', ...opensslAddress('-accept', address), '-cert', certFile, '-key', keyFile]
        const child = start(t, 'openssl', [...words, '-rev'])
        const session = sessions[0]
        const conn = await reach(t, address, { ...trusts(authority), ...only(version), session })
        assert.equal(conn.isSessionReused(), false)
        sessions.push(await sessionAfter(conn, 'olleh\n'))
        await child.stop()
      }
    })
})

describe('Node', { skip: missing('openssl') }, () => {
  /** An echo server of Node that reports for each connection whether it was resumed. */
  async function nodeServer(t: Test, version: Version, more: nodeTls.TlsOptions = {}): Promise<[Address, boolean[]]> {
    const reused: boolean[] = []
    const { cert, key } = authority.identity()
    const range = { minVersion: version, maxVersion: version }
    const server = nodeTls.createServer({ cert, key, ...range, ...more }, (socket) => {
      t.after(() => socket.destroy())
      socket.on('error', () => {})
      reused.push(socket.isSessionReused())
      socket.pipe(socket)
    })
    t.after(() => server.close())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return [{ host: '127.0.0.1', port: (server.address() as net.AddressInfo).port }, reused]
  }

  for (const version of versions) {
    test(`our client resumes its session at a Node server, and both sides report it: ${version}`, async (t) => {
      const [address, reused] = await nodeServer(t, version)
      const session = await sessionAfter(await reach(t, address, trusts(authority)), 'hello\n')
      const conn = await reach(t, address, { ...trusts(authority), session })
      assert.equal(conn.isSessionReused(), true)
      await conn.send('hello\n')
      assert.equal(await line(conn), 'hello\n')
      assert.deepEqual(reused, [false, true])
    })

    test(`a ticket made by Node is not accepted by our server, even under the same keys: ${version}`, async (t) => {
      const ticketKeys = randomBytes(48)
      const sessionIdContext = 'shared'
      const [theirs] = await nodeServer(t, version, { ticketKeys, sessionIdContext })
      const session = await sessionAfter(await reach(t, theirs, trusts(authority)), 'hello\n')
      const tlscfg = { ...shows(authority.identity()), ...only(version), ticketKeys, sessionIdContext }
      const [server, ours] = await overTcp.listen(t, tlscfg)
      const accepted = welcome(t, server)
      const conn = bounded(t, await reach(t, ours, { ...trusts(authority), session }))
      assert.equal(conn.isSessionReused(), false)
      assert.equal((await accepted).isSessionReused(), false)
    })
  }
})

test('our client resumes its session at gnutls again and again', {
  skip: missing('openssl', 'gnutls-serv'),
}, async (t) => {
  for (const version of versions) {
    const port = ownPort()
    const { certFile, keyFile } = authority.identity()
    const words = [`--port=${port}`, `--x509certfile=${certFile}`, `--x509keyfile=${keyFile}`]
    start(t, 'gnutls-serv', ['--echo', '--quiet', '--disable-client-cert', ...words])
    const config = { ...trusts(authority), ...only(version) }
    const address = { host: '127.0.0.1', port }
    let session: Buffer | undefined
    for (const reused of [false, true, true]) {
      const conn = await reach(t, address, { ...config, session })
      assert.equal(conn.isSessionReused(), reused)
      session = await sessionAfter(conn, 'hello\n')
    }
  }
})
