// What both sides have to have in common: versions, suites, groups, signatures, application protocols.
import assert from 'node:assert/strict'
import * as pki from '../../pki.js'
import { accepts, type Case, lazy, refuses, type Sides, shows } from '../verdict.js'

const servername = 'host.example'

const world = lazy(() => {
  const root = pki.root()
  return { root, own: pki.leaf(root), rsa: pki.leaf(root, { key: pki.sharedKey('rsa2048') }) }
})

/** Two that trust each other, and have these further fields. */
function meet(client: Partial<Sides['client']>, server: Partial<Sides['server']>): () => Sides {
  return () => {
    const { root, own } = world()
    return { client: { ca: root.pem, servername, ...client }, server: { ...shows(own), ...server } }
  }
}

/** The same with an RSA key, which older suites need. */
function meetWithRsa(client: Partial<Sides['client']>, server: Partial<Sides['server']>): () => Sides {
  return () => meet(client, { ...shows(world().rsa), ...server })()
}

const version = (expected: string): Parameters<typeof accepts>[2] => ({
  client: (sock) => assert.equal(sock.getProtocol(), expected),
  server: (sock) => assert.equal(sock.getProtocol(), expected),
})
const suite = (expected: string): Parameters<typeof accepts>[2] => ({
  client: (sock) => assert.equal(sock.getCipher()?.name, expected),
  server: (sock) => assert.equal(sock.getCipher()?.name, expected),
})
const alpn = (expected: string | undefined): Parameters<typeof accepts>[2] => ({
  client: (sock) => assert.equal(sock.alpnProtocol, expected),
  server: (sock) => assert.equal(sock.alpnProtocol, expected),
})

const OLD = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const
const OLDEST = { ...OLD, maxVersion: 'TLSv1' } as const
const ANY = { minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const
const TLS12 = { maxVersion: 'TLSv1.2' } as const
const TLS13 = { minVersion: 'TLSv1.3' } as const

const NO_VERSION = 'ERR_SSL_UNSUPPORTED_PROTOCOL'
const TOLD_VERSION = 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'
const TOLD_FAILURE = 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'
const NO_SUITE = 'ERR_SSL_NO_SHARED_CIPHER'

const AES128 = 'ECDHE-ECDSA-AES128-GCM-SHA256'
const CHACHA = 'ECDHE-ECDSA-CHACHA20-POLY1305'

const VERSIONS: readonly Case[] = [
  accepts('the latest version without being asked', meet({}, {}), version('TLSv1.3')),
  accepts('a client up to TLS 1.2', meet(TLS12, {}), version('TLSv1.2')),
  accepts('a server up to TLS 1.2', meet({}, TLS12), version('TLSv1.2')),
  accepts('both from TLS 1.3 on', meet(TLS13, TLS13), version('TLSv1.3')),
  accepts('a server that takes TLS 1.0 because it was told to', meetWithRsa(OLDEST, ANY), version('TLSv1')),
  accepts('a client that takes TLS 1.1 because it was told to', meetWithRsa(ANY, OLD), version('TLSv1.1')),
  refuses('a client of TLS 1.0', 'server', NO_VERSION, meetWithRsa(OLDEST, {}), TOLD_VERSION),
  refuses('a client of TLS 1.1', 'server', NO_VERSION, meetWithRsa(OLD, {}), TOLD_VERSION),
  refuses('a server of TLS 1.1', 'server', NO_VERSION, meetWithRsa({}, OLD), TOLD_VERSION),
  refuses(
    'a client up to TLS 1.2, and a server from TLS 1.3 on',
    'server',
    NO_VERSION,
    meet(TLS12, TLS13),
    TOLD_VERSION,
  ),
  refuses(
    'a client from TLS 1.3 on, and a server up to TLS 1.2',
    'server',
    NO_VERSION,
    meet(TLS13, TLS12),
    TOLD_VERSION,
  ),
]

const SUITES: readonly Case[] = [
  accepts('one suite of TLS 1.2', meet({ ...TLS12, ciphers: AES128 }, {}), suite(AES128)),
  accepts(
    "the server's first",
    meet({ ...TLS12, ciphers: `${AES128}:${CHACHA}` }, { ciphers: `${CHACHA}:${AES128}` }),
    suite(CHACHA),
  ),
  accepts(
    "the client's first",
    meet({ ...TLS12, ciphers: `${AES128}:${CHACHA}` }, { ciphers: `${CHACHA}:${AES128}`, honorCipherOrder: false }),
    suite(AES128),
  ),
  accepts(
    'one suite of TLS 1.3',
    meet({ ciphers: 'TLS_CHACHA20_POLY1305_SHA256' }, {}),
    suite('TLS_CHACHA20_POLY1305_SHA256'),
  ),
  accepts(
    'Diffie-Hellman where the server has parameters',
    meetWithRsa({ ...TLS12, ciphers: 'DHE-RSA-AES128-GCM-SHA256' }, { dhparam: 'auto' }),
    suite('DHE-RSA-AES128-GCM-SHA256'),
  ),
  accepts(
    'a block mode where both were told',
    meet({ ...TLS12, ciphers: 'compat' }, { ciphers: 'ECDHE-ECDSA-AES128-SHA256' }),
    suite('ECDHE-ECDSA-AES128-SHA256'),
  ),
  refuses(
    'no common suite of TLS 1.2',
    'server',
    NO_SUITE,
    meet({ ...TLS12, ciphers: AES128 }, { ciphers: CHACHA }),
    TOLD_FAILURE,
  ),
  refuses(
    'no common suite of TLS 1.3',
    'server',
    NO_SUITE,
    meet({ ...TLS13, ciphers: 'TLS_AES_128_GCM_SHA256' }, { ciphers: 'TLS_AES_256_GCM_SHA384' }),
    TOLD_FAILURE,
  ),
  refuses(
    'suites for another type of key',
    'server',
    NO_SUITE,
    meet({ ...TLS12, ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' }, {}),
    TOLD_FAILURE,
  ),
  refuses(
    'a block mode',
    'server',
    NO_SUITE,
    meet({ ...TLS12, ciphers: 'ECDHE-ECDSA-AES128-SHA256' }, {}),
    TOLD_FAILURE,
  ),
  refuses(
    'TLS 1.2, where only suites of TLS 1.3 were named',
    'server',
    NO_VERSION,
    meet(TLS12, { ciphers: 'TLS_AES_128_GCM_SHA256' }),
    TOLD_VERSION,
  ),
  refuses(
    'a suite without forward secrecy',
    'server',
    NO_SUITE,
    meetWithRsa({ ...TLS12, ciphers: 'AES128-GCM-SHA256' }, {}),
    TOLD_FAILURE,
  ),
  refuses(
    'a suite without encryption',
    'server',
    NO_SUITE,
    meetWithRsa({ ...TLS12, ciphers: 'ECDHE-RSA-NULL-SHA:@SECLEVEL=0' }, { ciphers: 'compat' }),
    TOLD_FAILURE,
  ),
  refuses(
    'a suite without authentication',
    'server',
    NO_SUITE,
    meet({ ...TLS12, ciphers: 'AECDH-AES128-SHA:@SECLEVEL=0' }, { ciphers: 'compat' }),
    TOLD_FAILURE,
  ),
  refuses(
    'Diffie-Hellman where the server has no parameters',
    'server',
    NO_SUITE,
    meetWithRsa({ ...TLS12, ciphers: 'DHE-RSA-AES128-GCM-SHA256' }, {}),
    TOLD_FAILURE,
  ),
]

const GROUPS: readonly Case[] = [
  accepts(
    'the second group of the client, after another hello',
    meet({ ecdhCurve: 'X25519:P-384' }, { ecdhCurve: 'P-384' }),
  ),
  accepts('a group in TLS 1.2', meet({ ...TLS12, ecdhCurve: 'P-384:P-256' }, { ecdhCurve: 'P-256' })),
  accepts('a signature algorithm that both have', meet({ sigalgs: 'ecdsa_secp256r1_sha256' }, {})),
  accepts('an RSA key and PSS', meetWithRsa({ sigalgs: 'rsa_pss_rsae_sha256' }, {})),
  accepts('the key that the client can check, of two', () => {
    const { root, own, rsa } = world()
    const server = { cert: [rsa.pem, own.pem], key: [rsa.keyPem, own.keyPem] }
    return { client: { ca: root.pem, servername, sigalgs: 'ecdsa_secp256r1_sha256' }, server }
  }),
  refuses(
    'no common group',
    'server',
    'ERR_SSL_NO_SUITABLE_KEY_SHARE',
    meet({ ecdhCurve: 'X25519' }, { ecdhCurve: 'P-384' }),
    TOLD_FAILURE,
  ),
  refuses(
    'no common group, with TLS 1.2',
    'server',
    NO_SUITE,
    meet({ ...TLS12, ecdhCurve: 'X25519' }, { ecdhCurve: 'P-384' }),
    TOLD_FAILURE,
  ),
  refuses(
    'no common signature algorithm',
    'server',
    'ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM',
    meet({ sigalgs: 'rsa_pss_rsae_sha256' }, {}),
    TOLD_FAILURE,
  ),
  refuses(
    'no common signature algorithm, with TLS 1.2',
    'server',
    'ERR_SSL_NO_SHARED_SIGNATURE_ALGORITHMS',
    meet({ ...TLS12, sigalgs: 'ecdsa_secp384r1_sha384' }, { sigalgs: 'ecdsa_secp256r1_sha256' }),
    TOLD_FAILURE,
  ),
]

const NO_ALPN = 'ERR_SSL_NO_APPLICATION_PROTOCOL'
const TOLD_ALPN = 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL'

const ALPN: readonly Case[] = [
  accepts('one protocol', meet({ ALPNProtocols: ['h2'] }, { ALPNProtocols: ['h2'] }), alpn('h2')),
  accepts(
    "the server's first protocol",
    meet({ ALPNProtocols: ['h2', 'http/1.1'] }, { ALPNProtocols: ['http/1.1', 'h2'] }),
    alpn('http/1.1'),
  ),
  accepts(
    'the only common protocol',
    meet({ ALPNProtocols: ['x', 'http/1.1'] }, { ALPNProtocols: ['h2', 'http/1.1'] }),
    alpn('http/1.1'),
  ),
  accepts(
    'a protocol of 255 bytes',
    meet({ ALPNProtocols: ['x'.repeat(255)] }, { ALPNProtocols: ['x'.repeat(255)] }),
    alpn('x'.repeat(255)),
  ),
  accepts('a client that names no protocol', meet({}, { ALPNProtocols: ['h2'] }), alpn(undefined)),
  accepts('a server that names no protocol', meet({ ALPNProtocols: ['h2'] }, {}), alpn(undefined)),
  refuses(
    'no common protocol',
    'server',
    NO_ALPN,
    meet({ ALPNProtocols: ['h2'] }, { ALPNProtocols: ['http/1.1'] }),
    TOLD_ALPN,
  ),
  refuses(
    'no common protocol, with TLS 1.2',
    'server',
    NO_ALPN,
    meet({ ...TLS12, ALPNProtocols: ['h2'] }, { ALPNProtocols: ['http/1.1'] }),
    TOLD_ALPN,
  ),
  refuses(
    'a protocol in another case',
    'server',
    NO_ALPN,
    meet({ ALPNProtocols: ['H2'] }, { ALPNProtocols: ['h2'] }),
    TOLD_ALPN,
  ),
  refuses(
    'a protocol that begins like it',
    'server',
    NO_ALPN,
    meet({ ALPNProtocols: ['h2c'] }, { ALPNProtocols: ['h2'] }),
    TOLD_ALPN,
  ),
]

const NAMES: readonly Case[] = [
  accepts('a name for which there is another certificate', () => {
    const { root, own } = world()
    const other = pki.leaf(root, { names: [pki.dns('other.example')] })
    return {
      client: { ca: root.pem, servername: 'other.example' },
      server: { ...shows(own), keyPairs: [shows(other)] },
    }
  }),
  accepts('a name for which a callback has another certificate', () => {
    const { root, own } = world()
    const other = shows(pki.leaf(root, { names: [pki.dns('other.example')] }))
    return {
      client: { ca: root.pem, servername: 'other.example' },
      server: { ...shows(own), SNICallback: async () => other },
    }
  }),
  refuses(
    'a name for which there is no certificate',
    'client',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    meet({ servername: 'other.example' }, {}),
  ),
  refuses(
    'a name that a callback throws at',
    'server',
    'ERR_TLS_SNI_CALLBACK',
    meet(
      {},
      {
        SNICallback: () => {
          throw new Error('nobody of that name')
        },
      },
    ),
    'ERR_SSL_TLSV1_UNRECOGNIZED_NAME',
  ),
  refuses(
    'a name that a callback rejects',
    'server',
    'ERR_TLS_SNI_CALLBACK',
    meet({}, { SNICallback: () => Promise.reject(new Error('nobody')) }),
    'ERR_SSL_TLSV1_UNRECOGNIZED_NAME',
  ),
  refuses(
    'a callback that answers nonsense',
    'server',
    'ERR_TLS_SNI_CALLBACK',
    meet({}, { SNICallback: (() => 'host.example') as never }),
    'ERR_SSL_TLSV1_UNRECOGNIZED_NAME',
  ),
]

export const PROTOCOL: readonly Case[] = [...VERSIONS, ...SUITES, ...GROUPS, ...ALPN, ...NAMES]
