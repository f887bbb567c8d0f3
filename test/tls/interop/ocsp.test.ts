// Stapled OCSP responses: ours to others, and theirs to us.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { describe, test } from 'node:test'
import nodeTls from 'node:tls'
import { coded, leavesNoFd, run, start } from '../../util/index.js'
import { Authority, type Identity, NAME } from './certificates.js'
import {
  line,
  missing,
  only,
  overTcp,
  ownPort,
  plainEnvironment,
  reach,
  shows,
  type Test,
  trusts,
  versions,
  welcome,
} from './common.js'
import { opensslAddress } from './counterparties.js'

leavesNoFd()

const authority = new Authority('Test Root')

/** The statement about the server's certificate. */
const statement = (status: 'good' | 'revoked'): Buffer => authority.ocspResponse(authority.identity(), status)

for (const version of versions)
  describe(version, { skip: missing('openssl') }, () => {
    /** A server of ours with a response, or without one. */
    const serving = (t: Test, ocspResponse?: Buffer) =>
      overTcp.listen(t, { ...shows(authority.identity()), ...only(version), ocspResponse })

    test('openssl gets the OCSP response of our server', async (t) => {
      const [server, address] = await serving(t, statement('good'))
      const words = ['-CAfile', authority.caFile, '-status', '-servername', NAME]
      const child = start(t, 'openssl', ['s_client', ...opensslAddress('-connect', address), ...words])
      const conn = await welcome(t, server)
      await child.waitForOutput(/OCSP Response Status: successful/)
      await child.waitForOutput(/Cert Status: good/)
      await conn.close()
    })

    test('openssl gets no OCSP response when our server has none', async (t) => {
      const [server, address] = await serving(t)
      const child = start(t, 'openssl', ['s_client', ...opensslAddress('-connect', address), '-status'])
      const conn = await welcome(t, server)
      await child.waitForOutput(/OCSP response: no response sent/)
      await conn.close()
    })

    test('our server staples the response of each certificate', async (t) => {
      const other = authority.identity('two.example')
      const keyPairs = [{ cert: other.cert, key: other.key, ocspResponse: authority.ocspResponse(other) }]
      const ocspResponse = statement('good')
      const tlscfg = { ...shows(authority.identity()), ...only(version), ocspResponse, keyPairs }
      const [server, address] = await overTcp.listen(t, tlscfg)
      for (const name of [NAME, 'two.example']) {
        const accepted = welcome(t, server)
        const conn = await reach(t, address, { ...trusts(authority, name), requireOCSP: true })
        await accepted
        assert.deepEqual(conn.getOCSPResponse(), name === NAME ? ocspResponse : keyPairs[0]?.ocspResponse)
      }
    })

    test('gnutls gets the OCSP response of our server and refuses a revoked certificate', {
      skip: missing('gnutls-cli'),
    }, async (t) => {
      for (const status of ['good', 'revoked'] as const) {
        const [server, address] = await serving(t, statement(status))
        const { port } = address as { port: number }
        const words = [`--port=${port}`, `--x509cafile=${authority.caFile}`, `--verify-hostname=${NAME}`]
        const child = start(t, 'gnutls-cli', [...words, '127.0.0.1'])
        const conn = await server.accept()
        t.after(() => conn.close())
        await conn.handshake().catch(() => {}) // its opinion counts
        await child.waitForOutput(status === 'good' ? /The certificate is trusted/ : /revoked/)
        await conn.close()
      }
    })

    test('Node gets the OCSP response of our server', async (t) => {
      const ocspResponse = statement('good')
      const [server, address] = await serving(t, ocspResponse)
      const raw = net.connect(address as net.TcpNetConnectOpts)
      const asking = { socket: raw, ca: authority.ca, servername: NAME, requestOCSP: true }
      const socket = nodeTls.connect(asking as nodeTls.ConnectionOptions)
      t.after(() => socket.destroy())
      const heard = new Promise((resolve) => socket.once('OCSPResponse', resolve))
      await welcome(t, server)
      assert.deepEqual(await heard, ocspResponse)
    })

    /** The file of a response, for programs that staple it. */
    const stapled = (identity: Identity, status: 'good' | 'revoked'): string => {
      const file = authority.path(`${status}.der`)
      writeFileSync(file, authority.ocspResponse(identity, status))
      return file
    }

    const opensslServer = (t: Test, ...more: string[]) => {
      const address = overTcp.fresh(t)
      const { certFile, keyFile } = authority.identity()
      const words = [...opensslAddress('-accept', address), '-cert', certFile, '-key', keyFile, '-rev']
      start(t, 'openssl', ['s_server', ...words, ...more])
      return address
    }

    test('our client gets the OCSP response of openssl', async (t) => {
      const file = stapled(authority.identity(), 'good')
      const address = opensslServer(t, '-status_file', file)
      for (const asking of [{ requestOCSP: true }, { requireOCSP: true }]) {
        const conn = await reach(t, address, { ...trusts(authority), ...only(version), ...asking })
        assert.ok((conn.getOCSPResponse()?.length ?? 0) > 100)
        await conn.send('hello\n')
        assert.equal(await line(conn), 'olleh\n')
        await conn.close()
      }
    })

    test('our client accepts a missing OCSP response with requestOCSP and refuses it with requireOCSP', async (t) => {
      const address = opensslServer(t)
      const conn = await reach(t, address, { ...trusts(authority), ...only(version), requestOCSP: true })
      assert.equal(conn.getOCSPResponse(), undefined)
      await conn.close()
      const demanding = { ...trusts(authority), ...only(version), requireOCSP: true }
      await assert.rejects(reach(t, address, demanding), coded('ERR_TLS_OCSP'))
    })

    test('our client refuses a certificate that openssl reports as revoked', async (t) => {
      const address = opensslServer(t, '-status_file', stapled(authority.identity(), 'revoked'))
      const asking = { ...trusts(authority), ...only(version), requestOCSP: true }
      await assert.rejects(reach(t, address, asking), coded('ERR_TLS_OCSP'))
    })

    test('our client gets the OCSP response of gnutls', { skip: missing('gnutls-serv') }, async (t) => {
      const port = ownPort()
      const { certFile, keyFile } = authority.identity()
      const words = [`--port=${port}`, `--x509certfile=${certFile}`, `--x509keyfile=${keyFile}`]
      const file = stapled(authority.identity(), 'good')
      start(t, 'gnutls-serv', ['--echo', '--quiet', '--disable-client-cert', ...words, `--ocsp-response=${file}`])
      const asking = { ...trusts(authority), ...only(version), requireOCSP: true }
      const conn = await reach(t, { host: '127.0.0.1', port }, asking)
      await conn.send('hello\n')
      assert.equal(await line(conn), 'hello\n')
    })

    test('curl accepts only a good OCSP response', { skip: missing('curl') }, async (t) => {
      for (const [ocspResponse, code] of [
        [statement('good'), 0],
        [statement('revoked'), 91],
        [undefined, 91],
      ] as const) {
        const { cert, key } = authority.identity()
        // It wants to be sent the issuer too.
        const chain = Buffer.concat([cert, authority.ca])
        const [listener, address] = await overTcp.listen(t, { cert: chain, key, ...only(version), ocspResponse })
        const { port } = address as { port: number }
        const server = http.createServer((_, response) => void response.end('fine'))
        t.after(() => server.close())
        const served = listener.accept().then((conn) => {
          server.emit(
            'connection',
            conn.duplex().on('error', () => {}),
          ) // curl hangs up midway
        })
        const to = ['--cacert', authority.caFile, '--resolve', `${NAME}:${port}:127.0.0.1`, `https://${NAME}:${port}/`]
        const ended = await run('curl', ['-sS', '-q', '--cert-status', ...to], { env: plainEnvironment() })
        await served
        assert.equal(ended.code, code, ended.stderr)
        if (code === 0) assert.equal(ended.stdout, 'fine')
      }
    })
  })
