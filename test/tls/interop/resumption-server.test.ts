// Sessions resumed at our server: by tickets of both versions, across processes, and not when they must not.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import net from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import nodeTls from 'node:tls'
import type { tls } from 'berkeley'
import { leavesNoFd, script, start, tempFolder } from '../../util/index.js'
import { Authority, NAME } from './certificates.js'
import {
  type Address,
  line,
  missing,
  only,
  overTcp,
  reach,
  type Server,
  shows,
  type Test,
  trusts,
  versions,
  welcome,
} from './common.js'
import { opensslAddress } from './counterparties.js'

leavesNoFd()

const authority = new Authority('Test Root')

/** Has openssl connect, and a line go each way. Tells whether it says that the session is a former one. */
async function opensslCalls(t: Test, to: Address, more: string[], answer?: () => Promise<void>): Promise<boolean> {
  const words = ['s_client', ...opensslAddress('-connect', to), '-CAfile', authority.caFile, '-servername', NAME]
  const child = start(t, 'openssl', [...words, '-verify_return_error', ...more])
  const said = child.waitForOutput(/^(New|Reused), TLSv/m)
  child.write('hello\n')
  await answer?.()
  await child.waitForOutput(/welcome/)
  const [, which] = await said
  child.endInput()
  assert.equal((await child.ended).code, 0, child.stderr)
  return which === 'Reused'
}

/** Our part: a line each way. Tells what we think. */
async function answer(t: Test, server: Server): Promise<boolean> {
  const conn = await welcome(t, server)
  assert.equal(await line(conn), 'hello\n')
  await conn.send('welcome\n')
  assert.equal(await conn.recv(), null)
  const reused = conn.isSessionReused()
  await conn.close()
  return reused
}

/** Two connections with a session file in between: what openssl and we say of the second. */
async function twice(t: Test, first: tls.Config, second: tls.Config, more: string[] = []): Promise<boolean[]> {
  const file = join(tempFolder(t), 'session')
  const results: boolean[] = []
  for (const [tlscfg, words] of [
    [first, ['-sess_out', file]],
    [second, ['-sess_in', file]],
  ] as const) {
    const [server, address] = await overTcp.listen(t, { ...shows(authority.identity()), ...tlscfg })
    let ours = false
    const theirs = await opensslCalls(t, address, [...words, ...more], async () => {
      ours = await answerInTime(t, server)
    })
    results.push(ours, theirs)
    await server.close()
  }
  return results
}

/** The line is on its way when this is done; the rest goes on by itself. */
async function answerInTime(t: Test, server: Server): Promise<boolean> {
  const conn = await welcome(t, server)
  assert.equal(await line(conn), 'hello\n')
  await conn.send('welcome\n')
  // It waits half a second for our end when it has ended.
  conn.recv().then(
    () => conn.close(),
    () => {},
  )
  return conn.isSessionReused()
}

const NEVER = [false, false, false, false]

const THEN = [false, false, true, true]

describe('openssl as the client', { skip: missing('openssl') }, () => {
  const OTHER_PROCESS = `
    import { listen } from 'berkeley'
    import { readFileSync } from 'node:fs'
    const [certFile, keyFile, keys] = process.argv.slice(1)
    const cert = readFileSync(certFile), key = readFileSync(keyFile)
    const server = await listen({
      host: '127.0.0.1',
      tlscfg: { cert, key, ticketKeys: Buffer.from(keys, 'hex') },
    })
    console.log('port', server.getsockname().port)
    const conn = await server.accept()
    await conn.recv()
    await conn.send('welcome\\n')
    console.log(conn.isSessionReused() ? 'known' : 'unknown')
    await conn.recv()
    await conn.close()
    await server.close()
  `

  for (const version of versions) {
    const words = [version === 'TLSv1.2' ? '-tls1_2' : '-tls1_3']

    for (const bytes of [48, 80])
      test(`two servers with the same ticket keys of ${bytes} bytes resume each other's sessions: ${version}`, async (t) => {
        const ticketKeys = randomBytes(bytes)
        assert.deepEqual(await twice(t, { ticketKeys }, { ticketKeys }, words), THEN)
      })

    test(`a session is not resumed with other ticket keys, another context name or no ticket: ${version}`, async (t) => {
      const ticketKeys = randomBytes(48)
      assert.deepEqual(await twice(t, { ticketKeys }, { ticketKeys: randomBytes(48) }, words), NEVER)
      assert.deepEqual(await twice(t, { ticketKeys }, {}, words), NEVER)
      const sessionIdContext = 'other'
      assert.deepEqual(await twice(t, { ticketKeys }, { ticketKeys, sessionIdContext }, words), NEVER)
    })

    test(`a session is never resumed with a sessionTimeout of 0: ${version}`, async (t) => {
      const ticketKeys = randomBytes(48)
      assert.deepEqual(await twice(t, { ticketKeys }, { ticketKeys, sessionTimeout: 0 }, words), NEVER)
    })

    test(`a client that resumes a session gets a new ticket, also with given keys: ${version}`, async (t) => {
      for (const ticketKeys of [undefined, randomBytes(48), randomBytes(80)]) {
        const tlscfg = { ...shows(authority.identity()), ...only(version), ticketKeys }
        const [server, address] = await overTcp.listen(t, tlscfg)
        let session: Buffer | undefined
        for (const reused of [false, true, true, true]) {
          const accepted = welcome(t, server)
          const conn = await reach(t, address, { ...trusts(authority), session })
          const peer = await accepted
          assert.deepEqual([conn.isSessionReused(), peer.isSessionReused()], [reused, reused])
          await peer.send('hello\n')
          assert.equal(await line(conn), 'hello\n')
          session = conn.getSession()
          await conn.close()
          await peer.close()
        }
      }
    })

    test(`a server resumes its own sessions with keys of its own: ${version}`, async (t) => {
      const [server, address] = await overTcp.listen(t, shows(authority.identity()))
      const file = join(tempFolder(t), 'session')
      const results: boolean[] = []
      for (const which of ['-sess_out', '-sess_in', '-sess_in']) {
        const theirs = opensslCalls(t, address, [which, file, ...words])
        results.push(...(await Promise.all([answer(t, server), theirs])))
      }
      // A client that shows a TLS 1.3 ticket twice is recognisable, but served.
      assert.deepEqual(results, [false, false, true, true, true, true])
    })

    test(`a resumed session still has the certificate of the client: ${version}`, async (t) => {
      const tlscfg = { ...shows(authority.identity()), ca: authority.ca, requestCert: true }
      const [server, address] = await overTcp.listen(t, tlscfg)
      const { certFile, keyFile } = authority.identity('me.example')
      const file = join(tempFolder(t), 'session')
      for (const which of ['-sess_out', '-sess_in']) {
        const calling = opensslCalls(t, address, [which, file, '-cert', certFile, '-key', keyFile, ...words])
        const conn = await welcome(t, server)
        assert.equal(conn.isSessionReused(), which === '-sess_in')
        assert.equal(conn.authorized, true)
        assert.equal(conn.getPeerCertificate()?.subject, 'CN=me.example')
        assert.equal(await line(conn), 'hello\n')
        await conn.send('welcome\n')
        await calling
      }
    })
  }

  for (const version of versions)
    test(`two processes with the same ticket keys resume each other's sessions: ${version}`, async (t) => {
      const { certFile, keyFile } = authority.identity()
      const keys = randomBytes(80).toString('hex')
      const file = join(tempFolder(t), 'session')
      const words = [version === 'TLSv1.2' ? '-tls1_2' : '-tls1_3']
      for (const [which, reused] of [
        ['-sess_out', false],
        ['-sess_in', true],
      ] as const) {
        const child = start(t, process.execPath, [...script(OTHER_PROCESS), certFile, keyFile, keys])
        const [, port] = await child.waitForOutput(/^port (\d+)/m)
        const to = { host: '127.0.0.1', port: Number(port) }
        assert.equal(await opensslCalls(t, to, [which, file, ...words]), reused)
        const { code, stdout } = await child.ended
        assert.equal(code, 0)
        assert.match(stdout, reused ? /^known/m : /^unknown/m)
      }
    })
})

test('gnutls resumes its session at our server', { skip: missing('openssl', 'gnutls-cli') }, async (t) => {
  for (const version of versions) {
    const [server, address] = await overTcp.listen(t, { ...shows(authority.identity()), ...only(version) })
    const { port } = address as { port: number }
    const priority = `NORMAL:-VERS-ALL:+VERS-TLS${version === 'TLSv1.2' ? '1.2' : '1.3'}`
    const child = start(t, 'gnutls-cli', [
      ...[`--port=${port}`, `--x509cafile=${authority.caFile}`, '--resume', '--waitresumption'],
      ...[`--sni-hostname=${NAME}`, `--verify-hostname=${NAME}`, `--priority=${priority}`, '127.0.0.1'],
    ])
    const first = await welcome(t, server)
    assert.equal(first.isSessionReused(), false)
    // It asks for nothing, but its ticket comes with what is sent.
    assert.equal(await first.recv(), null)
    await first.close()
    const second = await welcome(t, server)
    assert.equal(second.isSessionReused(), true)
    await child.waitForOutput(/This is a resumed session/)
    await second.close()
  }
})

describe('Node', { skip: missing('openssl') }, () => {
  for (const version of versions) {
    test(`Node resumes its session at our server, and both sides report it: ${version}`, async (t) => {
      const [server, address] = await overTcp.listen(t, { ...shows(authority.identity()), ...only(version) })
      let session: Buffer | undefined
      for (const reused of [false, true]) {
        const raw = net.connect(address as net.TcpNetConnectOpts)
        const socket = nodeTls.connect({ socket: raw, ca: authority.ca, servername: NAME, session })
        t.after(() => socket.destroy())
        const got = once(socket, 'session')
        const conn = await welcome(t, server)
        await conn.send('hello')
        await once(socket, 'data')
        if (session === undefined) [session] = (await got) as [Buffer]
        assert.deepEqual([conn.isSessionReused(), socket.isSessionReused()], [reused, reused])
        const closed = once(socket, 'close')
        socket.destroy()
        await closed
      }
    })
  }
})
