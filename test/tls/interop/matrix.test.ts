// Every version, every kind of key, both roles, several implementations of TLS, over TCP and over unix sockets.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { leavesNoFd } from '../../util/index.js'
import { Authority, keyKinds, NAME } from './certificates.js'
import { type Conn, line, only, overTcp, reach, shows, trusts, versions, ways, welcome } from './common.js'
import { counterparties } from './counterparties.js'

leavesNoFd()

const authority = new Authority('Test Root')

const IN_OPENSSL = { RSA: 'rsa', ECDSA: 'ec', Ed25519: 'ed25519' }

/** The suite belongs to the version, and is told by both of its names. */
function assertAgreed(conn: Conn, version: string): void {
  assert.equal(conn.encrypted, true)
  assert.equal(conn.getProtocol(), version)
  assert.match(conn.getCipher()?.standardName ?? '', version === 'TLSv1.3' ? /^TLS_(AES|CHACHA)/ : /^TLS_ECDHE_/)
}

for (const counterparty of counterparties)
  describe(counterparty.name, { skip: counterparty.skip }, () => {
    for (const way of ways.filter((one) => one === overTcp || counterparty.unix))
      for (const version of versions)
        for (const kind of keyKinds) {
          const how = `${version}, ${kind}, over ${way.name}`
          test(`it connects and exchanges lines with our server: ${how}`, async (t) => {
            const identity = authority.identity(NAME, kind)
            const [server, address] = await way.listen(t, { ...shows(identity), ...only(version) })
            const talk = counterparty.call(t, address, { authority, version })
            const conn = await welcome(t, server)
            assertAgreed(conn, version)
            assert.equal(conn.servername, NAME)
            assert.equal(conn.getCertificate()?.publicKey.asymmetricKeyType, IN_OPENSSL[kind])
            talk.say('from them\n')
            assert.equal(await line(conn), 'from them\n')
            await conn.send('from us\n')
            await talk.hear(/from us/)
            talk.finish()
            assert.equal(await conn.recv(), null)
            await conn.close()
            await talk.over
          })

          test(`our client exchanges lines with it: ${how}`, async (t) => {
            const [address] = counterparty.serve(t, way, {
              authority,
              version,
              identity: authority.identity(NAME, kind),
            })
            const conn = await reach(t, address, { ...trusts(authority), ...only(version) })
            assertAgreed(conn, version)
            assert.equal(conn.authorized, true)
            assert.equal(conn.getPeerCertificate()?.publicKey.asymmetricKeyType, IN_OPENSSL[kind])
            await conn.send('from us\n')
            assert.equal(await line(conn), counterparty.answer('from us\n'))
            await conn.close()
          })
        }
  })
