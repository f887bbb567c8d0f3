import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { inspect } from 'node:util'
import { connect, listen, tls } from 'berkeley'
import { sys } from '#internal/constants/lookup.js'
import { nativeTls } from '#internal/native/tls.js'
import { Context } from '#internal/tls/context.js'
import { NO_PEER, TlsSession } from '#internal/tls/session.js'
import { available, closing, coded, leavesNoFd, run, tempFolder } from '../util/index.js'
import { hostAuthority, hostCertificate, hostConfig, hostTrust, talk, trust } from './common.js'

leavesNoFd()

/** A property that is good once. */
function changing(name: string, good: unknown, ...later: unknown[]): object {
  const answers = [good, ...later]
  return Object.defineProperty({}, name, {
    enumerable: true,
    get: () => (answers.length > 1 ? answers.shift() : answers[0]),
  })
}

describe('Context', () => {
  test('inspect() of a Context shows none of its keys', () => {
    assert.equal(inspect(tls.Context.server(hostConfig)), 'Context { server }')
    assert.equal(inspect({ inside: tls.Context.client() }), '{ inside: Context { client } }')
  })

  test('connect() and listen() refuse a Context of the other side', async () => {
    const address = { host: '127.0.0.1', port: 9 }
    await assert.rejects(
      connect({ ...address, tlscfg: tls.Context.server(hostConfig) }),
      coded('ERR_INVALID_ARG_VALUE'),
    )
    await assert.rejects(listen({ host: '127.0.0.1', tlscfg: tls.Context.client() }), coded('ERR_INVALID_ARG_VALUE'))
  })

  test('Context.client() reads each option once and refuses it when it is wrong', () => {
    for (const field of ['minVersion', 'maxVersion', 'verifyDepth', 'sessionTimeout'])
      assert.throws(
        () => tls.Context.client(changing(field, Symbol('wrong')) as never),
        (error: Error & { code?: string }) => /^ERR_(INVALID_ARG|OUT_OF)/.test(String(error.code)),
      )
    assert.ok(tls.Context.client(changing('minVersion', 'TLSv1.2', 'wrong') as never))
  })

  test('Context and TlsSession throw ENOMEM or ERR_SSL_FAILED when OpenSSL has no memory', async (t) => {
    const native = nativeTls()
    const refused = (call: 'contextNew' | 'sessionNew' | 'sessionIdentify', answer: number, code: string): void => {
      const refusal = t.mock.method(native, call, () => answer)
      assert.throws(
        () => new TlsSession(Context.client(trust), { ...NO_PEER, host: 'localhost', shortReadDrains: true }),
        { code },
      )
      refusal.mock.restore()
    }
    refused('contextNew', -sys.ENOMEM, 'ENOMEM')
    refused('sessionNew', -sys.ENOMEM, 'ENOMEM')
    refused('sessionNew', native.FAILED, 'ERR_SSL_FAILED')
    refused('sessionIdentify', native.FAILED, 'ERR_SSL_FAILED')
  })

  describe('a PKCS #12 file', { skip: available('openssl') }, () => {
    async function pkcs12(t: TestContext, passphrase: string): Promise<Buffer> {
      const folder = tempFolder(t)
      const [key, cert, file] = ['key.pem', 'cert.pem', 'all.p12'].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ]
      writeFileSync(key, hostCertificate.keyPem, { mode: 0o600 })
      writeFileSync(cert, `${hostCertificate.pem}${hostAuthority.pem}`)
      const parts = ['-inkey', key, '-in', cert, '-out', file, '-passout', `pass:${passphrase}`]
      const { code, stderr } = await run('openssl', ['pkcs12', '-export', ...parts])
      assert.equal(code, 0, stderr)
      return readFileSync(file)
    }

    for (const passphrase of ['', 'a secret'])
      test(`a PKCS #12 file gives key, certificate and chain ${passphrase ? 'with' : 'without'} a passphrase`, async (t) => {
        const pfx = await pkcs12(t, passphrase)
        const tlscfg = { pfx, ...(passphrase ? { passphrase } : {}) }
        const server = closing(t, await listen({ host: '127.0.0.1', tlscfg }))
        const { port } = server.getsockname()
        await talk(t, server, connect({ host: '127.0.0.1', port, tlscfg: hostTrust }))
      })

    test('a PKCS #12 file with another passphrase is refused', async (t) => {
      const pfx = await pkcs12(t, 'a secret')
      for (const passphrase of ['another', undefined])
        assert.throws(() => tls.Context.server({ pfx, ...(passphrase ? { passphrase } : {}) }), tls.TlsError)
    })
  })
})

describe('NODE_EXTRA_CA_CERTS', () => {
  test('a warning is emitted when NODE_EXTRA_CA_CERTS cannot be read', async (t) => {
    const file = join(tempFolder(t), 'none.pem')
    const code = "import { tls } from 'berkeley'; tls.Context.client(); process.on('exit', () => console.log('made'))"
    const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', code], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: file },
    })
    assert.equal(stdout.trim(), 'made')
    // A Node that can be asked for its roots says so itself.
    assert.match(stderr, /NODE_EXTRA_CA_CERTS: ENOENT|Ignoring extra certs/)
  })
})
