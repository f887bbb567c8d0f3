// Pre-shared keys with other implementations, in both roles.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import type net from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import nodeTls from 'node:tls'
import type { tls } from 'berkeley'
import { leavesNoFd, start, tempFolder, within } from '../../util/index.js'
import {
  bounded,
  line,
  missing,
  only,
  overTcp,
  ownAddress,
  ownPort,
  plainEnvironment,
  reach,
  type Test,
  type Version,
  versions,
  welcome,
} from './common.js'
import { opensslAddress } from './counterparties.js'

leavesNoFd()

const key = Buffer.from('00112233445566778899aabbccddeeff0011223344556677', 'hex')
const identity = 'sensor-1'

const HINT = 'line 1'

/** A client of ours, and the hints that it is given. */
function has(version: Version, more: tls.Config = {}): [config: tls.Config, hints: (string | null)[]] {
  const hints: (string | null)[] = []
  const pskCallback = async (hint: string | null): Promise<tls.PreSharedKey> => {
    hints.push(hint)
    return { psk: key, identity }
  }
  return [{ pskCallback, ...only(version), ...more }, hints]
}

/** A server of ours. */
const knows = (version: Version, more: tls.Config = {}): tls.Config => ({
  pskCallback: async (name) => (name === identity ? key : undefined),
  pskIdentityHint: HINT,
  ...only(version),
  ...more,
})

const run = (t: Test, program: string, ...args: string[]) => start(t, program, args, { env: plainEnvironment() })

const asVersion = (version: Version): string => (version === 'TLSv1.2' ? '-tls1_2' : '-tls1_3')

describe('pre-shared keys with openssl (H147)', { skip: missing('openssl') }, () => {
  const words = ['-psk', key.toString('hex'), '-psk_identity', identity]

  for (const version of versions) {
    test(`a server of ours knows a client of openssl by its key: ${version}`, async (t) => {
      const [server, address] = await overTcp.listen(t, knows(version))
      const child = run(t, 'openssl', 's_client', ...opensslAddress('-connect', address), ...words, asVersion(version))
      const conn = await welcome(t, server)
      assert.deepEqual([conn.pskIdentity, conn.getProtocol(), conn.authorized], [identity, version, true])
      await conn.send('from us\n')
      await child.waitForOutput(/from us/)
      child.write('from openssl\n')
      assert.equal(await line(conn), 'from openssl\n')
      if (version === 'TLSv1.2') assert.match(child.stdout, /PSK identity hint: line 1/)
      assert.doesNotMatch(child.stdout, /TLS session ticket:/)
    })

    test(`a client of ours is known by its key to a server of openssl: ${version}`, async (t) => {
      const address = ownAddress()
      const where = opensslAddress('-accept', address)
      const child = run(t, 'openssl', 's_server', ...where, ...words, '-nocert', '-psk_hint', HINT, asVersion(version))
      const [config, hints] = has(version)
      const conn = await reach(t, address, config)
      assert.deepEqual([conn.pskIdentity, conn.getProtocol(), conn.authorized], [identity, version, true])
      // Connections that were refused are not made, so that this one is the first.
      assert.deepEqual(hints, [version === 'TLSv1.2' ? HINT : null])
      await conn.send('from us\n')
      await child.waitForOutput(/from us/)
      child.write('from openssl\n')
      assert.equal(await line(conn), 'from openssl\n')
    })

    test(`a client of openssl with another key is refused: ${version}`, async (t) => {
      const [server, address] = await overTcp.listen(t, knows(version))
      const other = ['-psk', '00'.repeat(24), '-psk_identity', identity]
      const child = run(t, 'openssl', 's_client', ...opensslAddress('-connect', address), ...other, asVersion(version))
      const conn = bounded(t, await server.accept())
      await assert.rejects(conn.handshake(), { name: 'TlsError', code: /^ERR_SSL_/ })
      await conn.close()
      await within(child.ended, 'the end of openssl')
      assert.match(child.stderr, /alert/)
    })
  }

  for (const suite of ['PSK-AES128-CCM8', 'DHE-PSK-AES256-GCM-SHA384', 'ECDHE-PSK-AES256-CBC-SHA384'])
    test(`a client of ours agrees on ${suite} with a server of openssl`, async (t) => {
      const address = ownAddress()
      const where = opensslAddress('-accept', address)
      const suites = ['-cipher', `${suite}:@SECLEVEL=0`, '-tls1_2', '-nocert']
      run(t, 'openssl', 's_server', ...where, ...words, ...suites)
      const [config, hints] = has('TLSv1.2', { ciphers: `${suite}:@SECLEVEL=0` })
      const conn = await reach(t, address, config)
      assert.deepEqual([conn.getCipher()?.name, conn.pskIdentity, hints], [suite, identity, [null]])
    })
})

describe('pre-shared keys with Node', () => {
  const ciphers = 'PSK+HIGH:TLS_AES_128_GCM_SHA256'

  for (const version of versions) {
    test(`a server of ours knows a client of Node by its key: ${version}`, async (t) => {
      const suites = { ciphers: 'PSK+HIGH:TLS_AES_128_GCM_SHA256' }
      const [server, address] = await overTcp.listen(t, knows(version, suites))
      const hints: unknown[] = []
      const socket = nodeTls.connect({
        ...(address as { port: number }),
        ciphers,
        checkServerIdentity: () => undefined,
        pskCallback(hint) {
          hints.push(hint)
          return { psk: key, identity }
        },
      })
      t.after(() => socket.destroy())
      const conn = await welcome(t, server)
      assert.deepEqual([conn.pskIdentity, conn.getProtocol()], [identity, version])
      const hearing = once(socket, 'data')
      await conn.send('from us')
      assert.equal(String((await hearing)[0]), 'from us')
      assert.equal(hints.at(-1), version === 'TLSv1.2' ? HINT : null)
      const ended = once(socket, 'close')
      socket.resume().end('from Node')
      assert.equal(String(await conn.recv()), 'from Node')
      await conn.close()
      await ended
    })

    test(`a client of ours is known by its key to a server of Node: ${version}`, async (t) => {
      const asked: string[] = []
      const server = nodeTls.createServer(
        {
          ciphers,
          pskIdentityHint: HINT,
          pskCallback(_socket, name) {
            asked.push(name)
            return key
          },
        },
        (socket) => socket.on('error', () => {}).pipe(socket),
      )
      t.after(() => server.close())
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as net.AddressInfo
      const [config, hints] = has(version, { ciphers })
      const conn = await reach(t, { host: '127.0.0.1', port }, config)
      await conn.send('hello\n')
      assert.equal(await line(conn), 'hello\n')
      assert.deepEqual([asked, conn.pskIdentity], [[identity], identity])
      assert.deepEqual(hints, [version === 'TLSv1.2' ? HINT : null])
    })
  }
})

describe('pre-shared keys with GnuTLS', { skip: missing('gnutls-cli', 'gnutls-serv') }, () => {
  const priority = (version: Version): string =>
    `--priority=NORMAL:-KX-ALL:+ECDHE-PSK:+DHE-PSK:+PSK:-VERS-ALL:+VERS-TLS${version === 'TLSv1.2' ? '1.2' : '1.3'}`

  // gnutls-cli 3.7 crashes after a handshake of TLS 1.2, whatever the server.
  test('a server of ours knows a client of GnuTLS by its key', async (t) => {
    const [server, address] = await overTcp.listen(t, knows('TLSv1.3'))
    const { port } = address as { port: number }
    const words = [`--pskusername=${identity}`, `--pskkey=${key.toString('hex')}`, priority('TLSv1.3')]
    const child = run(t, 'gnutls-cli', `--port=${port}`, ...words, '127.0.0.1')
    const conn = await welcome(t, server)
    assert.deepEqual([conn.pskIdentity, conn.getProtocol()], [identity, 'TLSv1.3'])
    await conn.send('from us\n')
    await child.waitForOutput(/from us/)
  })

  for (const version of versions)
    test(`a client of ours is known by its key to a server of GnuTLS: ${version}`, async (t) => {
      const file = join(tempFolder(t), 'keys')
      writeFileSync(file, `${identity}:${key.toString('hex')}\n`)
      const port = ownPort()
      const words = ['--echo', '--quiet', `--pskpasswd=${file}`, '--pskhint', HINT, priority(version)]
      run(t, 'gnutls-serv', `--port=${port}`, ...words)
      const [config, hints] = has(version)
      const conn = await reach(t, { host: '127.0.0.1', port }, config)
      await conn.send('hello\n')
      assert.equal(await line(conn), 'hello\n')
      assert.deepEqual([conn.pskIdentity, hints.at(-1)], [identity, version === 'TLSv1.2' ? HINT : null])
    })
})
