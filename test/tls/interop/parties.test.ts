// The other end: certificates of clients, names of servers, application protocols.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { tls } from 'berkeley'
import { coded, leavesNoFd, start } from '../../util/index.js'
import { Authority, NAME } from './certificates.js'
import { bounded, line, missing, only, overTcp, reach, shows, type Test, trusts, versions, welcome } from './common.js'
import { counterparties, type Manner, opensslAddress } from './counterparties.js'

leavesNoFd()

const authority = new Authority('Test Root')
const stranger = new Authority('Other Root')

const ME = 'me.example'

for (const counterparty of counterparties)
  for (const version of versions) {
    const ours = only(version)
    /** A server of ours that it calls; and what became of the handshake. */
    const called = async (t: Test, tlscfg: tls.Config, manner: Partial<Manner>) => {
      const [server, address] = await overTcp.listen(t, { ...shows(authority.identity()), ...ours, ...tlscfg })
      const talk = counterparty.call(t, address, { authority, version, ...manner })
      const conn = bounded(t, await server.accept())
      return { conn, talk }
    }
    const calling = async (t: Test, tlscfg: tls.Config, manner: Partial<Manner>) => {
      const all: Manner = { authority, version, identity: authority.identity(), ...manner }
      const [address, talk] = counterparty.serve(t, overTcp, all)
      return { conn: reach(t, address, { ...trusts(authority), ...ours, ...tlscfg }), talk }
    }

    describe(`${counterparty.name}, ${version}`, { skip: counterparty.skip }, () => {
      for (const requestCert of [true, 'optional'] as const) {
        const needed = requestCert === true ? 'required' : 'optional'
        const tlscfg = { ca: [], requestCert } as tls.Config

        test(`our server accepts its certificate when that is ${needed} (H92)`, async (t) => {
          const identity = authority.identity(ME)
          const { conn, talk } = await called(t, { ...tlscfg, ca: authority.ca }, { identity })
          await conn.handshake()
          assert.equal(conn.authorized, true)
          assert.equal(conn.authorizationError, null)
          assert.equal(conn.getPeerCertificate()?.subject, `CN=${ME}`)
          talk.say('hello\n')
          assert.equal(await line(conn), 'hello\n')
        })

        test(`our server refuses the certificate of another authority when one is ${needed} (H92)`, async (t) => {
          const identity = stranger.identity(ME)
          const { conn, talk } = await called(t, { ...tlscfg, ca: authority.ca }, { identity })
          const code = /^UNABLE_TO_(GET_ISSUER_CERT_LOCALLY|VERIFY_LEAF_SIGNATURE)$/
          await assert.rejects(conn.handshake(), { code })
          await conn.close()
          await talk.over
        })
      }

      test('our server refuses a client without a certificate that is needed (H92)', async (t) => {
        const { conn, talk } = await called(t, { ca: authority.ca, requestCert: true }, {})
        await assert.rejects(conn.handshake(), coded('ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE'))
        await conn.close()
        await talk.over
      })

      test('our server accepts a client without a certificate that is optional', async (t) => {
        const { conn, talk } = await called(t, { ca: authority.ca, requestCert: 'optional' }, {})
        await conn.handshake()
        assert.deepEqual([conn.authorized, conn.authorizationError], [false, null])
        assert.equal(conn.getPeerCertificate(), undefined)
        talk.say('hello\n')
        assert.equal(await line(conn), 'hello\n')
      })

      test('our client shows its certificate when it is asked for', async (t) => {
        const { cert, key } = authority.identity(ME)
        const conn = await (await calling(t, { cert, key }, { asks: 'required' })).conn
        assert.equal(conn.getCertificate()?.subject, `CN=${ME}`)
        await conn.send('hello\n')
        assert.equal(await line(conn), counterparty.answer('hello\n'))
      })

      test('our client without a certificate is refused, at the latest by the first call that needs an answer', async (t) => {
        const { conn } = await calling(t, {}, { asks: 'required' })
        const refused = async (): Promise<void> => {
          const sock = await conn
          await sock.send('hello\n')
          await sock.recv()
        }
        // Closing with data unread resets the connection, which may overtake the alert.
        const code = /^(ERR_SSL_.*ALERT.*|ECONNRESET|EPIPE)$/
        await assert.rejects(refused(), { code })
      })

      test('it refuses our server when the certificate has another name (H92)', async (t) => {
        const { conn, talk } = await called(t, {}, { name: 'other.example' })
        // With TLS 1.3 it learns of the name before we know that it does not like it.
        const refused = async (): Promise<void> => {
          await conn.handshake()
          await conn.recv()
        }
        await assert.rejects(refused(), { code: /^(ERR_SSL_.*ALERT.*|ERR_TLS_TRUNCATED|ECONNRESET)$/ })
        await conn.close()
        await talk.over
      })

      test('our client refuses it when the certificate has another name (H92)', async (t) => {
        const { conn } = await calling(t, { servername: 'other.example' }, {})
        await assert.rejects(conn, coded('ERR_TLS_CERT_ALTNAME_INVALID', { host: 'other.example' }))
      })

      test('our client refuses a server of another authority (H92)', async (t) => {
        const { conn } = await calling(t, {}, { identity: stranger.identity() })
        await assert.rejects(conn, coded('UNABLE_TO_GET_ISSUER_CERT_LOCALLY'))
      })

      test('our server chooses the application protocol by its own order', async (t) => {
        const { conn, talk } = await called(t, { ALPNProtocols: ['h2', 'http/1.1'] }, { alpn: ['http/1.1', 'h2'] })
        await conn.handshake()
        assert.equal(conn.alpnProtocol, 'h2')
        talk.say('hello\n')
        assert.equal(await line(conn), 'hello\n')
      })

      test('our server refuses a client that has no application protocol in common', async (t) => {
        const { conn, talk } = await called(t, { ALPNProtocols: ['h2'] }, { alpn: ['spdy/3'] })
        await assert.rejects(conn.handshake(), coded('ERR_SSL_NO_APPLICATION_PROTOCOL'))
        await conn.close()
        assert.match(await talk.over, /application[ _]protocol/i)
      })

      test('our server without application protocols agrees on none', async (t) => {
        const { conn } = await called(t, {}, { alpn: ['h2'] })
        await conn.handshake()
        assert.equal(conn.alpnProtocol, undefined)
      })

      test('our client agrees on an application protocol', async (t) => {
        const conn = await (await calling(t, { ALPNProtocols: ['a', 'b'] }, { alpn: ['b', 'c'] })).conn
        assert.equal(conn.alpnProtocol, 'b')
      })

      test('our server chooses the certificate by the name that the client asks for (H92)', async (t) => {
        const pairs = ['one.example', '*.two.example'].map((name) => shows(authority.identity(name)) as tls.KeyPair)
        for (const [name, subject] of [
          ['one.example', 'one.example'],
          ['www.two.example', '*.two.example'],
          [NAME, NAME],
        ] as const) {
          const { conn, talk } = await called(t, { keyPairs: pairs }, { name })
          talk.say('hello\n')
          assert.equal(await line(conn), 'hello\n')
          assert.equal(conn.servername, name)
          assert.equal(conn.getCertificate()?.subject, `CN=${subject}`)
        }
      })

      test('our server chooses the certificate by SNICallback, at once or later (H92)', async (t) => {
        const asked: (string | undefined)[] = []
        const answers: Record<string, tls.Config | tls.Context> = {
          'one.example': { ...shows(authority.identity('one.example')), ...ours },
          'two.example': tls.Context.server({ ...shows(authority.identity('two.example')), ...ours }),
        }
        const callbacks = [
          (name = '') => {
            asked.push(name)
            return answers[name]
          },
          async (name = '') => {
            await new Promise(setImmediate)
            asked.push(name)
            return answers[name]
          },
        ]
        for (const SNICallback of callbacks)
          for (const name of ['one.example', 'two.example', NAME]) {
            const { conn, talk } = await called(t, { SNICallback }, { name })
            talk.say('hello\n')
            assert.equal(await line(conn), 'hello\n')
            assert.equal(conn.getCertificate()?.subject, `CN=${name}`)
            assert.equal(asked.pop(), name)
          }
        assert.deepEqual(asked, [])
      })

      test('an SNICallback that throws ends only that connection (H92)', async (t) => {
        const cause = new Error('not today')
        const callbacks = [
          () => {
            throw cause
          },
          () => Promise.reject(cause),
        ]
        for (const SNICallback of callbacks) {
          const { conn, talk } = await called(t, { SNICallback }, {})
          await assert.rejects(conn.handshake(), coded('ERR_TLS_SNI_CALLBACK', { cause }))
          await conn.close()
          assert.match(await talk.over, /unrecogni[sz]ed[ _]name|not recognized|ERR_SSL_.*UNRECOGNIZED_NAME|name/i)
        }
      })
    })
  }

describe('openssl', { skip: missing('openssl') }, () => {
  test('openssl gets the main certificate when it asks for no name', async (t) => {
    const asked: unknown[] = []
    const SNICallback = (name: string | undefined): undefined => {
      asked.push(name)
    }
    const [server, address] = await overTcp.listen(t, { ...shows(authority.identity()), SNICallback })
    const child = start(t, 'openssl', ['s_client', ...opensslAddress('-connect', address), '-noservername'])
    const conn = await welcome(t, server)
    assert.deepEqual(asked, [undefined])
    assert.equal(conn.servername, undefined)
    child.write('hello\n')
    assert.equal(await line(conn), 'hello\n')
  })

  test('openssl shows another certificate for the name that our client asks for', async (t) => {
    const other = authority.identity('two.example')
    const more = ['-servername', 'two.example', '-cert2', other.certFile, '-key2', other.keyFile]
    const openssl = counterparties.find(({ name }) => name === 'openssl') as (typeof counterparties)[number]
    for (const name of ['two.example', NAME]) {
      const [address] = openssl.serve(t, overTcp, { authority, identity: authority.identity(), more })
      const conn = await reach(t, address, trusts(authority, name))
      assert.equal(conn.getPeerCertificate()?.subject, `CN=${name}`)
    }
  })
})
