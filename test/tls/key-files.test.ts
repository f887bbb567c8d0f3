// Keys and certificates in files that other programs made, and what is said of those that cannot be used.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { tls } from 'berkeley'
import { available, leavesNoFd, run, tempFolder } from '../util/index.js'
import { hostCertificate } from './common.js'
import { newKey } from './pki.js'

leavesNoFd()

const { pem, keyPem } = hostCertificate

/** A file that openssl makes in a folder with one.pem (certificate and key), other.key, and nothing else. */
async function made(t: TestContext, name: string, ...args: string[]): Promise<Buffer> {
  const folder = tempFolder(t)
  writeFileSync(join(folder, 'one.pem'), `${pem}${keyPem}`, { mode: 0o600 })
  writeFileSync(join(folder, 'other.key'), newKey().export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  const { code, stderr } = await run('openssl', [...args, '-out', name], { cwd: folder })
  assert.equal(code, 0, stderr)
  return readFileSync(join(folder, name))
}

const bundle = (t: TestContext, ...args: string[]): Promise<Buffer> =>
  made(t, 'all.p12', 'pkcs12', '-export', '-passout', 'pass:open', ...args)

function refusal(tlscfg: tls.Config): [code: unknown, message: string] {
  try {
    tls.Context.server(tlscfg)
  } catch (error) {
    return [(error as tls.TlsError).code, (error as Error).message]
  }
  return assert.fail('it is not refused')
}

describe('a PKCS #12 file', { skip: available('openssl') }, () => {
  test('a PKCS #12 file without a private key is refused with that reason', async (t) => {
    const pfx = await bundle(t, '-nokeys', '-in', 'one.pem')
    const [code, message] = refusal({ pfx, passphrase: 'open' })
    assert.equal(code, 'ERR_TLS_NO_PRIVATE_KEY')
    assert.match(message, /^tlscfg\.pfx .*no private key/)
  })

  test('a PKCS #12 file without a certificate is refused with that reason', async (t) => {
    const pfx = await bundle(t, '-nocerts', '-inkey', 'one.pem')
    assert.equal(refusal({ pfx, passphrase: 'open' })[0], 'ERR_TLS_NO_CERTIFICATE')
  })

  test('a PKCS #12 file and a wrong passphrase, or none, are refused with that reason', async (t) => {
    const pfx = await bundle(t, '-in', 'one.pem')
    for (const passphrase of ['shut', '', undefined]) {
      const [code, message] = refusal({ pfx, passphrase })
      assert.equal(code, 'ERR_TLS_PASSPHRASE')
      assert.match(message, passphrase === undefined ? /there is no "passphrase"/ : /the passphrase is wrong/)
    }
  })

  test('a PKCS #12 file that no MAC protects and a wrong passphrase are refused with that reason', async (t) => {
    const pfx = await bundle(t, '-nomac', '-in', 'one.pem')
    assert.equal(refusal({ pfx, passphrase: 'shut' })[0], 'ERR_TLS_PASSPHRASE')
  })

  test('a PKCS #12 file encrypted by RC2-40 is refused with the way to convert it', async (t) => {
    const pfx = await bundle(t, '-legacy', '-in', 'one.pem')
    const [code, message] = refusal({ pfx, passphrase: 'open' })
    assert.equal(code, 'ERR_TLS_OLD_ENCRYPTION')
    assert.match(message, /RC2-40.*openssl pkcs12 -legacy/)
  })

  test('a PKCS #12 file encrypted by RC2-40 and a wrong passphrase are refused because of the passphrase', async (t) => {
    const pfx = await bundle(t, '-legacy', '-in', 'one.pem')
    assert.equal(refusal({ pfx, passphrase: 'shut' })[0], 'ERR_TLS_PASSPHRASE')
  })

  test('a PKCS #12 file encrypted by 3DES, which OpenSSL 3 still reads, is accepted', async (t) => {
    const algorithm = 'PBE-SHA1-3DES'
    const pfx = await bundle(t, '-keypbe', algorithm, '-certpbe', algorithm, '-macalg', 'sha1', '-in', 'one.pem')
    assert.ok(tls.Context.server({ pfx, passphrase: 'open' }))
  })
})

describe('an encrypted key', { skip: available('openssl') }, () => {
  const legacy = ['-provider', 'legacy', '-provider', 'default']
  const pkcs8 = (t: TestContext, ...args: string[]): Promise<Buffer> =>
    made(t, 'enc.key', 'pkcs8', '-topk8', '-in', 'one.pem', '-passout', 'pass:open', ...args)

  for (const form of ['PEM', 'DER'])
    test(`a key encrypted by RC2-40 is refused with the way to convert it, in ${form}`, async (t) => {
      const key = await pkcs8(t, '-v1', 'PBE-SHA1-RC2-40', '-outform', form, ...legacy)
      const [code, message] = refusal({ cert: pem, key, passphrase: 'open' })
      assert.equal(code, 'ERR_TLS_OLD_ENCRYPTION')
      assert.match(message, /^tlscfg\.key .*openssl pkcs8/)
    })

  test('a key encrypted by single DES is refused with the way to convert it', async (t) => {
    const key = await pkcs8(t, '-v1', 'PBE-MD5-DES', ...legacy)
    assert.equal(refusal({ cert: pem, key, passphrase: 'open' })[0], 'ERR_TLS_OLD_ENCRYPTION')
  })

  test('a wrong passphrase of a key is told as such, never as a defect of the key, for a thousand passphrases', async (t) => {
    // One of 256 wrong passphrases decrypts to a good padding.
    const key = await pkcs8(t, '-v2', 'aes-128-cbc', '-iter', '1')
    for (let i = 0; i < 1000; i++)
      assert.deepEqual(refusal({ cert: pem, key, passphrase: `shut ${i}` })[0], 'ERR_TLS_PASSPHRASE')
  })

  test('a key of another certificate is refused with that reason', () => {
    const other = newKey().export({ type: 'pkcs8', format: 'pem' })
    const [code, message] = refusal({ cert: pem, key: other })
    assert.equal(code, 'ERR_SSL_KEY_VALUES_MISMATCH')
    assert.match(message, /the private key does not belong to the certificate/)
  })
})
