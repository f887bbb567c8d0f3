// Keys: fresh ones during a conversation, the log of them, and those that are made for others.
import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import nodeTls from 'node:tls'
import { type Child, coded, eventually, leavesNoFd, start, tempFolder } from '../../util/index.js'
import { Authority, NAME } from './certificates.js'
import {
  bounded,
  type Conn,
  digest,
  ending,
  line,
  missing,
  only,
  overTcp,
  ownPort,
  plainEnvironment,
  randomFile,
  reach,
  sha256OfFile,
  shows,
  type Test,
  trusts,
  versions,
  ways,
  welcome,
} from './common.js'
import { opensslAddress } from './counterparties.js'

leavesNoFd()

const authority = new Authority('Test Root')

const SOME = 8 << 20
const MS = 60_000

const asServer = (): string[] => {
  const { certFile, keyFile } = authority.identity()
  return ['-cert', certFile, '-key', keyFile, '-naccept', '1']
}
const asClient = (): string[] => ['-CAfile', authority.caFile, '-verify_return_error', '-servername', NAME]

/** openssl, with a file for what it writes to standard output. */
function openssl(t: Test, words: string[]): { child: Child; to: string } {
  const to = join(tempFolder(t), 'said')
  const out = openSync(to, 'w')
  const child = start(t, 'openssl', words, { env: plainEnvironment(), stdio: ['pipe', out, 'pipe'] })
  closeSync(out)
  return { child, to }
}

/** Sends in pieces, and does something between them. */
async function sendInPieces(conn: Conn, data: Buffer, between: () => void): Promise<void> {
  const piece = Math.ceil(data.length / 20)
  for (let at = 0; at < data.length; at += piece) {
    between()
    await conn.send(data.subarray(at, at + piece))
  }
}

describe('updateKeys()', { skip: missing('openssl') }, () => {
  for (const way of ways)
    for (const asks of [false, true]) {
      const how = `${asks ? 'asking for theirs too, ' : ''}over ${way.name}`

      test(`updateKeys() of our server works during a bulk transfer with openssl: ${how} (H92)`, async (t) => {
        const { data, hash } = randomFile(t, SOME)
        const [server, address] = await way.listen(t, shows(authority.identity()))
        const words = ['s_client', ...opensslAddress('-connect', address), ...asClient(), '-quiet']
        const { child, to } = openssl(t, words)
        const conn = bounded(t, await welcome(t, server), MS)
        child.write(data)
        const received = digest(conn, SOME)
        await sendInPieces(conn, data, () => conn.updateKeys(asks))
        assert.equal(await received, hash)
        await conn.close()
        await ending(child, MS)
        assert.equal(await sha256OfFile(to), hash)
      })

      test(`updateKeys() of our client works during a bulk transfer with openssl: ${how} (H92)`, async (t) => {
        const { data, hash } = randomFile(t, SOME)
        const address = way.fresh(t)
        const { child, to } = openssl(t, ['s_server', ...opensslAddress('-accept', address), ...asServer(), '-quiet'])
        const conn = bounded(t, await reach(t, address, trusts(authority)), MS)
        child.write(data)
        const received = digest(conn, SOME)
        await sendInPieces(conn, data, () => conn.updateKeys(asks))
        assert.equal(await received, hash)
        await conn.close()
        await ending(child, MS)
        assert.equal(await sha256OfFile(to), hash)
      })

      test(`a key update of openssl works while both sides send: ${how} (H92)`, async (t) => {
        const text = 'a line of many, all alike\n'.repeat(SOME / 64)
        const [server, address] = await way.listen(t, shows(authority.identity()))
        const words = ['s_client', ...opensslAddress('-connect', address), ...asClient()]
        const { child, to } = openssl(t, words)
        const conn = bounded(t, await welcome(t, server), MS)
        const sent = (async () => {
          for (let i = 0; i < 10; i++) {
            await conn.send(text.slice((i * text.length) / 10, ((i + 1) * text.length) / 10))
            child.write(asks ? 'K\n' : 'k\n')
            await eventually(() => child.stderr.split('KEYUPDATE').length > i + 1, 'a key update')
            child.write(`line ${i}\n`)
            assert.equal(await line(conn), `line ${i}\n`)
          }
        })()
        await sent
        await conn.close()
        await ending(child, MS)
        assert.ok(readFileSync(to, 'latin1').includes(text))
      })
    }

  test('updateKeys() works on both sides at once, again and again (H92)', async (t) => {
    const [server, address] = await overTcp.listen(t, shows(authority.identity()))
    const [client, peer] = await Promise.all([reach(t, address, trusts(authority)), welcome(t, server)])
    const { data, hash } = randomFile(t, SOME)
    const received = [digest(client, SOME), digest(peer, SOME)]
    await Promise.all([
      sendInPieces(client, data, () => client.updateKeys(true)),
      sendInPieces(peer, data, () => peer.updateKeys(true)),
    ])
    assert.deepEqual(await Promise.all(received), [hash, hash])
  })

  test('updateKeys() throws EOPNOTSUPP with TLS 1.2, and the connection stays usable', async (t) => {
    const [server, address] = await overTcp.listen(t, { ...shows(authority.identity()), ...only('TLSv1.2') })
    const [client, peer] = await Promise.all([reach(t, address, trusts(authority)), welcome(t, server)])
    assert.throws(() => client.updateKeys(), coded('EOPNOTSUPP'))
    await client.send('hello\n')
    assert.equal(await line(peer), 'hello\n')
  })

  test('a renegotiation that openssl asks for with TLS 1.2 is refused (H92)', async (t) => {
    const [server, address] = await overTcp.listen(t, { ...shows(authority.identity()), ...only('TLSv1.2') })
    const child = start(t, 'openssl', ['s_client', ...opensslAddress('-connect', address), ...asClient()])
    const conn = await welcome(t, server)
    child.write('hello\n')
    assert.equal(await line(conn), 'hello\n')
    child.write('R\n')
    const left = conn.recv().catch(() => null) // it leaves in a way of its own
    await child.waitForOutput(/RENEGOTIATING/)
    await child.waitForOutput(/no renegotiation/)
    await ending(child)
    await left
  })

  test('updateKeys() works while gnutls sends back what we send', {
    skip: missing('gnutls-serv'),
  }, async (t) => {
    const port = ownPort()
    const { certFile, keyFile } = authority.identity()
    const words = [`--port=${port}`, `--x509certfile=${certFile}`, `--x509keyfile=${keyFile}`]
    start(t, 'gnutls-serv', ['--echo', '--quiet', '--disable-client-cert', ...words])
    const conn = await reach(t, { host: '127.0.0.1', port }, trusts(authority))
    // It bears no more than eight in a second.
    for (let i = 0; i < 6; i++) {
      conn.updateKeys(i % 2 === 0)
      await conn.send(`line ${i}\n`)
      assert.equal(await line(conn), `line ${i}\n`)
    }
  })

  test('a key update of gnutls works at our server', { skip: missing('gnutls-cli') }, async (t) => {
    const [server, address] = await overTcp.listen(t, shows(authority.identity()))
    const { port } = address as { port: number }
    const words = [`--port=${port}`, `--x509cafile=${authority.caFile}`, `--verify-hostname=${NAME}`]
    const child = start(t, 'gnutls-cli', [...words, '--inline-commands', '127.0.0.1'])
    const conn = await welcome(t, server)
    for (let i = 0; i < 5; i++) {
      child.write(i % 2 === 0 ? '^rekey1^\n' : '^rekey^\n')
      // It acts on one thing that it has read, and then on the next.
      await eventually(() => child.stdout.split('Rekey was completed').length > i + 1, 'a key update')
      child.write(`line ${i}\n`)
      assert.equal(await line(conn), `line ${i}\n`)
      await conn.send(`answer ${i}\n`)
      await child.waitForOutput(new RegExp(`answer ${i}`))
    }
  })
})

/** The lines of a key log, whatever their order, without remarks. */
const keysIn = (log: string): string[] =>
  log
    .split('\n')
    .filter((one) => one !== '' && !one.startsWith('#'))
    .toSorted()

describe('keylog', { skip: missing('openssl') }, () => {
  for (const version of versions) {
    const lines = version === 'TLSv1.2' ? 1 : 5

    test(`keylog of our server has the same keys as openssl: ${version}`, async (t) => {
      const file = join(tempFolder(t), 'keys')
      const log: Buffer[] = []
      const keylog = (one: Buffer): void => void log.push(one)
      const [server, address] = await overTcp.listen(t, { ...shows(authority.identity()), ...only(version), keylog })
      const words = ['s_client', ...opensslAddress('-connect', address), ...asClient(), '-keylogfile', file]
      const child = start(t, 'openssl', words)
      const conn = await welcome(t, server)
      child.write('hello\n')
      assert.equal(await line(conn), 'hello\n')
      await conn.close()
      await ending(child)
      assert.equal(log.length, lines)
      assert.deepEqual(keysIn(log.join('')), keysIn(readFileSync(file, 'latin1')))
    })

    test(`keylog of our client has the same keys as openssl: ${version}`, async (t) => {
      const file = join(tempFolder(t), 'keys')
      const log: Buffer[] = []
      const keylog = (one: Buffer): void => void log.push(one)
      const address = overTcp.fresh(t)
      const words = [...opensslAddress('-accept', address), ...asServer(), '-keylogfile', file, '-rev']
      const child = start(t, 'openssl', ['s_server', ...words])
      const conn = await reach(t, address, { ...trusts(authority), ...only(version), keylog })
      await conn.send('hello\n')
      assert.equal(await line(conn), 'olleh\n')
      await conn.close()
      await ending(child)
      assert.equal(log.length, lines)
      assert.deepEqual(keysIn(log.join('')), keysIn(readFileSync(file, 'latin1')))
    })
  }
})

describe('exportKeyingMaterial()', { skip: missing('openssl') }, () => {
  const LABEL = 'EXPORTER-berkeley-test'
  const BYTES = 40

  for (const version of versions) {
    test(`exportKeyingMaterial() of our server agrees with openssl: ${version}`, async (t) => {
      const [server, address] = await overTcp.listen(t, { ...shows(authority.identity()), ...only(version) })
      const words = ['s_client', ...opensslAddress('-connect', address), ...asClient()]
      const child = start(t, 'openssl', [...words, '-keymatexport', LABEL, '-keymatexportlen', `${BYTES}`])
      const conn = await welcome(t, server)
      const [, theirs = ''] = await child.waitForOutput(/Keying material: ([0-9A-F]+)$/m)
      assert.equal(conn.exportKeyingMaterial(BYTES, LABEL).toString('hex').toUpperCase(), theirs)
      assert.throws(() => conn.exportKeyingMaterial(BYTES, 'l'.repeat(250)), coded('ERR_OUT_OF_RANGE'))
    })

    test(`exportKeyingMaterial() of our client agrees with openssl: ${version}`, async (t) => {
      const address = overTcp.fresh(t)
      const words = ['s_server', ...opensslAddress('-accept', address), ...asServer()]
      const child = start(t, 'openssl', [...words, '-keymatexport', LABEL, '-keymatexportlen', `${BYTES}`])
      const conn = await reach(t, address, { ...trusts(authority), ...only(version) })
      const [, theirs = ''] = await child.waitForOutput(/Keying material: ([0-9A-F]+)$/m)
      assert.equal(conn.exportKeyingMaterial(BYTES, LABEL).toString('hex').toUpperCase(), theirs)
    })

    test(`exportKeyingMaterial() of our server agrees with gnutls: ${version}`, {
      skip: missing('gnutls-cli'),
    }, async (t) => {
      const [server, address] = await overTcp.listen(t, { ...shows(authority.identity()), ...only(version) })
      const { port } = address as { port: number }
      const words = [`--port=${port}`, `--x509cafile=${authority.caFile}`, `--verify-hostname=${NAME}`]
      const child = start(t, 'gnutls-cli', [
        ...words,
        `--keymatexport=${LABEL}`,
        `--keymatexportsize=${BYTES}`,
        '127.0.0.1',
      ])
      const conn = await welcome(t, server)
      const [, theirs = ''] = await child.waitForOutput(/[Kk]ey(?:ing)? material: ([0-9a-fA-F]+)$/m)
      assert.equal(conn.exportKeyingMaterial(BYTES, LABEL).toString('hex'), theirs.toLowerCase())
    })

    test(`exportKeyingMaterial() agrees with Node, with a context and without: ${version}`, async (t) => {
      const [server, address] = await overTcp.listen(t, { ...shows(authority.identity()), ...only(version) })
      const raw = net.connect(address as net.TcpNetConnectOpts)
      const socket = nodeTls.connect({ socket: raw, ca: authority.ca, servername: NAME })
      t.after(() => socket.destroy())
      const connected = new Promise((resolve) => socket.once('secureConnect', resolve))
      const conn = await welcome(t, server)
      await connected
      for (const context of [undefined, Buffer.alloc(0), Buffer.from('context')]) {
        const theirs = socket.exportKeyingMaterial(BYTES, LABEL, context as Buffer)
        assert.deepEqual(conn.exportKeyingMaterial(BYTES, LABEL, context), theirs)
      }
    })
  }

  test('exportKeyingMaterial() throws before the handshake and without TLS', async (t) => {
    const [server, address] = await overTcp.listen(t, shows(authority.identity()))
    const raw = await reach(t, address)
    const conn = bounded(t, await server.accept())
    assert.throws(() => conn.exportKeyingMaterial(BYTES, LABEL), coded('ENOTCONN'))
    assert.throws(() => raw.exportKeyingMaterial(BYTES, LABEL), coded('EOPNOTSUPP'))
    assert.throws(() => raw.updateKeys(), coded('EOPNOTSUPP'))
  })
})
