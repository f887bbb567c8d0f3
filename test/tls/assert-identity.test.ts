import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { describe, test } from 'node:test'
import { tls } from 'berkeley'
import { coded, leavesNoFd } from '../util/index.js'
import { hostAuthority, hostCertificate } from './common.js'
import { email, leaf } from './pki.js'

leavesNoFd()

const cert = new X509Certificate(hostCertificate.der)

describe('assertIdentity()', () => {
  test('assertIdentity() accepts the hosts that the certificate names', () => {
    for (const host of ['host.example', 'HOST.example', '127.0.0.1']) tls.assertIdentity(host, cert)
  })

  test('assertIdentity() refuses another host and says what the certificate is for', () => {
    for (const host of ['example', 'other.example', '127.0.0.2', '::1', ''])
      assert.throws(() => tls.assertIdentity(host, cert), coded('ERR_TLS_CERT_ALTNAME_INVALID', { host }))
    assert.throws(() => tls.assertIdentity('other.example', cert), /host\.example/)
  })

  test('assertIdentity() refuses a certificate without a name for hosts', () => {
    for (const names of [[], [email('someone@host.example')]]) {
      const nameless = new X509Certificate(leaf(hostAuthority, { commonName: 'host.example', names }).der)
      assert.throws(() => tls.assertIdentity('host.example', nameless), coded('ERR_TLS_CERT_ALTNAME_INVALID'))
    }
  })

  test('assertIdentity() checks its arguments', () => {
    for (const bad of [undefined, null, 5, Buffer.from('host.example')])
      assert.throws(() => tls.assertIdentity(bad as never, cert), coded('ERR_INVALID_ARG_TYPE'))
    for (const bad of [undefined, null, hostCertificate.der, hostCertificate.pem, {}])
      assert.throws(() => tls.assertIdentity('host.example', bad as never), coded('ERR_INVALID_ARG_TYPE'))
  })
})
