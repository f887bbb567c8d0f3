// Configurations that are none: each is refused before there is a connection, with an error that says what is wrong.
import { createPublicKey, X509Certificate } from 'node:crypto'
import { tls } from 'berkeley'
import * as pki from '../../pki.js'
import { type Case, codeOf, lazy, type Side, shows } from '../verdict.js'

const world = lazy(() => {
  const root = pki.root()
  const own = pki.leaf(root)
  const encrypted = own.key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open' })
  return { root, own, encrypted: String(encrypted), shown: shows(own) }
})

type World = ReturnType<typeof world>
/** Wrong on purpose, beyond what types allow. */
type Wrong = Record<string, unknown>

function verdict(side: Side, config: Wrong): string {
  try {
    new tls.Context(config as tls.Config, side === 'server')
    return 'ok'
  } catch (error) {
    return codeOf(error)
  }
}

function judged(side: Side, expected: string, title: string, make: (world: World) => Wrong): Case {
  return {
    title: `${side}: ${title}`,
    expected: { [side]: expected },
    run: async () => ({ [side]: verdict(side, make(world())) }),
  }
}

const VALUE = 'ERR_INVALID_ARG_VALUE'
const TYPE = 'ERR_INVALID_ARG_TYPE'
const RANGE = 'ERR_OUT_OF_RANGE'

/** Authorities whose names take 100 KB, or one after the other have the same name. */
const manyRoots = (haveOneName = false): string[] =>
  Array.from({ length: 100 }, (_, i) => {
    const commonName = `${haveOneName ? '' : i} ${'An authority with a long name, '.repeat(33)}`
    return pki.root({ commonName, key: pki.sharedKey('p256') }).pem
  })

/** A pin of no key. */
const PIN = Buffer.alloc(32).toString('base64')

/** A server is given a certificate as well. */
const server = (code: string, title: string, wrong: Wrong): Case =>
  judged('server', code, title, ({ shown }) => ({ ...shown, ...wrong }))
const client = (code: string, title: string, wrong: Wrong): Case => judged('client', code, title, () => wrong)

const KEYS: readonly Case[] = [
  judged('server', 'ok', 'a certificate and its key', ({ shown }) => shown),
  judged('server', 'ok', 'an encrypted key and its passphrase', ({ own, encrypted }) => ({
    cert: own.pem,
    key: encrypted,
    passphrase: 'open',
  })),
  judged('server', 'ok', 'DER', ({ own }) => ({
    cert: own.der,
    key: own.key.export({ type: 'pkcs8', format: 'der' }),
  })),
  judged('server', 'ok', 'a key in SEC1', ({ own }) => ({
    cert: own.pem,
    key: own.key.export({ type: 'sec1', format: 'pem' }),
  })),
  judged('server', 'ok', 'certificate and key in one text', ({ own }) => ({
    cert: own.pem + own.keyPem,
    key: own.pem + own.keyPem,
  })),
  judged('server', 'ok', 'two types of key', ({ own, root }) => {
    const rsa = pki.leaf(root, { key: pki.sharedKey('rsa2048') })
    return { cert: [own.pem, rsa.pem], key: [own.keyPem, rsa.keyPem] }
  }),
  judged('server', 'ok', 'no certificate but a callback', () => ({ SNICallback: () => undefined })),
  judged('client', 'ok', 'nothing', () => ({})),
  judged('client', 'ok', 'a certificate and its key', ({ shown }) => shown),
  judged('server', 'ERR_SSL_KEY_VALUES_MISMATCH', 'the key of another certificate', ({ own }) => ({
    cert: own.pem,
    key: pki.newKey().export({ type: 'pkcs8', format: 'pem' }),
  })),
  judged('client', 'ERR_SSL_KEY_VALUES_MISMATCH', 'the key of another certificate', ({ own }) => ({
    cert: own.pem,
    key: pki.newKey().export({ type: 'pkcs8', format: 'pem' }),
  })),
  judged('server', 'ERR_SSL_KEY_VALUES_MISMATCH', 'a key of another type', ({ own }) => ({
    cert: own.pem,
    key: pki.sharedKey('rsa2048').export({ type: 'pkcs8', format: 'pem' }),
  })),
  judged('server', 'ERR_TLS_PASSPHRASE', 'an encrypted key and another passphrase', ({ own, encrypted }) => ({
    cert: own.pem,
    key: encrypted,
    passphrase: 'shut',
  })),
  judged('server', 'ERR_TLS_PASSPHRASE', 'an encrypted key and no passphrase', ({ own, encrypted }) => ({
    cert: own.pem,
    key: encrypted,
  })),
  judged('server', RANGE, 'a passphrase with no end', ({ own, encrypted }) => ({
    cert: own.pem,
    key: encrypted,
    passphrase: 'o'.repeat(1024),
  })),
  judged('server', RANGE, 'suites with no end', ({ own }) => ({
    cert: own.pem,
    key: own.key.export({ type: 'pkcs8', format: 'pem' }),
    ciphers: `HIGH${':HIGH'.repeat(2000)}`,
  })),
  judged('server', VALUE, 'a passphrase with a NUL', ({ own, encrypted }) => ({
    cert: own.pem,
    key: encrypted,
    passphrase: 'open\0',
  })),
  judged('server', TYPE, 'a passphrase that is not text', ({ own, encrypted }) => ({
    cert: own.pem,
    key: encrypted,
    passphrase: 1,
  })),
  judged('server', 'ERR_TLS_NO_PRIVATE_KEY', 'a public key', ({ own }) => ({ cert: own.pem, key: pki.publicPem(own) })),
  judged('server', 'ERR_TLS_NO_CERTIFICATE', 'two keys the wrong way round', ({ own }) => ({
    cert: own.keyPem,
    key: own.pem,
  })),
  judged('server', 'ERR_TLS_NO_CERTIFICATE', 'a certificate that is a key', ({ own }) => ({
    cert: own.keyPem,
    key: own.keyPem,
  })),
  judged('server', 'ok', 'an encrypted key in DER and its passphrase', ({ own }) => ({
    cert: own.pem,
    key: own.key.export({ type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase: 'open' }),
    passphrase: 'open',
  })),
  judged('server', 'ERR_TLS_PASSPHRASE', 'an encrypted key in DER and another passphrase', ({ own }) => ({
    cert: own.pem,
    key: own.key.export({ type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase: 'open' }),
    passphrase: 'shut',
  })),
  judged('server', 'ERR_TLS_PASSPHRASE', 'an encrypted key in DER and no passphrase', ({ own }) => ({
    cert: own.pem,
    key: own.key.export({ type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase: 'open' }),
  })),
  judged(
    'server',
    'ERR_TLS_PASSPHRASE',
    'a key encrypted in the old form of PEM and another passphrase',
    ({ own }) => ({
      cert: own.pem,
      key: own.key.export({ type: 'sec1', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'open' }),
      passphrase: 'shut',
    }),
  ),
  judged('client', 'ERR_TLS_PASSPHRASE', 'an encrypted key and another passphrase', ({ own, encrypted }) => ({
    cert: own.pem,
    key: encrypted,
    passphrase: 'shut',
  })),
  judged('server', 'ERR_TLS_PASSPHRASE', 'a further pair whose passphrase is another', ({ own, shown, encrypted }) => ({
    ...shown,
    keyPairs: [{ cert: own.pem, key: encrypted, passphrase: 'shut' }],
  })),
  judged('server', 'ERR_TLS_NO_PRIVATE_KEY', 'a certificate in the place of the key', ({ own }) => ({
    cert: own.pem,
    key: own.pem,
  })),
  judged('server', 'ERR_TLS_NOT_PKCS12', 'a PEM in the place of PKCS #12', ({ own }) => ({
    pfx: Buffer.from(own.pem),
  })),
  judged('server', VALUE, 'no certificate', () => ({})),
  judged('server', VALUE, 'a certificate without key', ({ own }) => ({ cert: own.pem })),
  judged('server', VALUE, 'a key without certificate', ({ own }) => ({ key: own.keyPem })),
  judged('client', VALUE, 'a certificate without key', ({ own }) => ({ cert: own.pem })),
  judged('server', VALUE, 'two certificates and one key', ({ own }) => ({ cert: [own.pem, own.pem], key: own.keyPem })),
  judged('server', 'ERR_SSL_EE_KEY_TOO_SMALL', 'a certificate with an RSA key of 1024 bits', ({ root }) =>
    shows(pki.leaf(root, { key: pki.sharedKey('rsa1024') })),
  ),
  judged('server', TYPE, 'a certificate that is a number', ({ own }) => ({ cert: 1, key: own.keyPem })),
  judged('server', TYPE, 'a key that is an object', ({ own }) => ({ cert: own.pem, key: {} })),
  judged('server', 'ERR_TLS_NO_CERTIFICATE', 'a text in which no PEM begins', ({ own }) => ({
    cert: '-----BEGIN NOTHING-----\nAAAA\n-----END NOTHING-----\n',
    key: own.keyPem,
  })),
  judged('server', 'ERR_SSL_BAD_END_LINE', 'a PEM that is cut', ({ own }) => ({
    cert: own.pem.slice(0, -20),
    key: own.keyPem,
  })),
  judged('server', 'ERR_SSL_BAD_BASE64_DECODE', 'a PEM with other characters inside', ({ own }) => ({
    cert: own.pem.replace('MII', '#!%'),
    key: own.keyPem,
  })),
  judged('server', 'ERR_SSL_KEY_VALUES_MISMATCH', 'a further pair that does not match', ({ own, root, shown }) => ({
    ...shown,
    keyPairs: [{ cert: pki.leaf(root).pem, key: own.keyPem }],
  })),
  judged('server', VALUE, 'a further pair with an unknown field', ({ shown }) => ({
    ...shown,
    keyPairs: [{ ...shown, ca: shown.cert }],
  })),
]

const REST: readonly Case[] = [
  client(VALUE, 'an empty root', { ca: '' }),
  client('ERR_TLS_NO_CERTIFICATE', 'a root that is nothing but marks', { ca: '-----BEGIN CERTIFICATE' }),
  client(VALUE, 'a root that is not a certificate', { ca: 'not a certificate' }),
  client(TYPE, 'a root that is a number', { ca: 1 }),
  client(TYPE, 'a root in a list that is not a root', { ca: [null] }),
  judged('client', VALUE, 'a list that is not a list', ({ root }) => ({
    ca: root.pem,
    crl: 'not a list',
  })),
  judged('client', 'ERR_TLS_NO_CRL', 'a list that is a certificate', ({ root }) => ({
    ca: root.pem,
    crl: root.pem,
  })),
  judged('client', VALUE, 'lists without roots', ({ root }) => ({ crl: pki.revocations(root) })),
  judged('client', 'ok', 'lists with roots', ({ root }) => ({ ca: root.pem, crl: pki.revocations(root) })),
  client('ERR_TLS_NOT_PKCS12', 'a PKCS #12 file with other content', { pfx: Buffer.from('not a file') }),

  client(VALUE, 'an empty list of roots, which is not the default ones', { ca: [] }),
  judged('client', VALUE, 'an empty list of revocation lists', ({ root }) => ({ ca: root.pem, crl: [] })),
  client(VALUE, 'an empty revocation list', { crl: Buffer.alloc(0) }),
  judged('client', 'ERR_SSL_NOT_ENOUGH_DATA', 'a root in DER that is cut', ({ root }) => ({
    ca: root.der.subarray(0, -1),
  })),
  client('ERR_SSL_NESTED_ASN1_ERROR', 'a root in DER that is something else', {
    ca: Buffer.of(0x30, 0x03, 0x02, 0x01, 0x01),
  }),
  client(VALUE, 'the name of a file', { ca: '/etc/ssl/cert.pem' }),
  judged('client', 'ok', 'objects of node:crypto', ({ root, own }) => ({
    ca: new X509Certificate(root.pem),
    cert: new X509Certificate(own.pem),
    key: own.key,
  })),
  judged('client', VALUE, 'a public key as an object', ({ own }) => ({ cert: own.pem, key: createPublicKey(own.key) })),
  judged('server', 'ok', 'a demand for certificates, and whom to trust', ({ shown, root }) => ({
    ...shown,
    ca: root.pem,
    requestCert: true,
  })),
  server(VALUE, 'a demand for certificates without an authority to trust', { requestCert: true }),
  server(VALUE, 'a wish for certificates without an authority to trust', { requestCert: 'optional' }),
  judged('server', VALUE, 'whom to trust, and no demand', ({ shown, root }) => ({ ...shown, ca: root.pem })),
  server(VALUE, 'partial chains without demand', { allowPartialTrustChain: true }),
  client(TYPE, 'a switch for partial chains that is a number', { allowPartialTrustChain: 1 }),
  server(VALUE, 'pins without demand', { pins: [PIN] }),
  server(VALUE, 'a verify function without demand', { verify: () => true }),
  server('ok', 'a demand for certificates, and pins', { requestCert: true, pins: [PIN] }),
  server('ok', 'a demand for certificates, and a verify function', { requestCert: true, verify: () => true }),
  client('ok', 'pins', { pins: [PIN, `sha256/${PIN}`] }),
  client(TYPE, 'a pin that is not in a list', { pins: PIN }),
  client(VALUE, 'an empty list of pins', { pins: [] }),
  client(TYPE, 'a pin that is a number', { pins: [1] }),
  client(VALUE, 'a pin of 31 bytes', { pins: [Buffer.alloc(31).toString('base64')] }),
  client(VALUE, 'a pin in hexadecimal digits', { pins: [Buffer.alloc(32).toString('hex')] }),
  client(VALUE, 'a pin of another hash', { pins: [`sha1/${PIN}`] }),
  client(VALUE, 'pins, which everything tolerates', { pins: [PIN], rejectUnauthorized: false }),
  client(TYPE, 'a verify function that is not a function', { verify: true }),
  server(VALUE, 'tolerance without demand', { rejectUnauthorized: false }),
  server(VALUE, 'a depth without demand', { verifyDepth: 1 }),
  server(VALUE, 'a callback that expects more', {
    SNICallback: (_name: string, _hello: object, _done: () => void) => 1,
  }),
  server('ok', 'a callback for protocols', { ALPNCallback: () => 'h2' }),
  server(TYPE, 'a callback for protocols that is not a function', { ALPNCallback: 'h2' }),
  server(VALUE, 'protocols, and a callback for them', { ALPNCallback: () => 'h2', ALPNProtocols: ['h2'] }),
  client(VALUE, "a server's callback for protocols", { ALPNCallback: () => 'h2' }),
  client(VALUE, 'OCSP, which everything tolerates', { requireOCSP: true, rejectUnauthorized: false }),
  client(VALUE, 'OCSP without the chain', { requireOCSP: true, insecureSkipVerify: ['chain'] }),
  server(VALUE, "a client's callback for sessions", { onsession: () => undefined }),
  client(TYPE, 'a callback for sessions that is not a function', { onsession: 1 }),
  client(RANGE, 'a time for the handshake below zero', { handshakeTimeout: -1 }),
  client(TYPE, 'a time for the handshake that is a text', { handshakeTimeout: '1' }),
  client(VALUE, 'an unknown field', { cipher: 'AES128-SHA' }),
  server(VALUE, 'an unknown field', { ALPNProtocol: ['h2'] }),
  client(TYPE, 'no object', undefined as never),
  server(VALUE, "a client's name", { servername: 'host.example' }),
  server(VALUE, "a client's switch", { insecureSkipVerify: ['name'] }),
  server(VALUE, "a client's session", { session: Buffer.alloc(1) }),
  server(VALUE, "a client's wish for OCSP", { requestOCSP: true }),
  server(VALUE, "a client's demand for OCSP", { requireOCSP: true }),
  client('ok', 'no further certificates', { keyPairs: [] }),
  judged('client', 'ok', 'further certificates', ({ shown }) => ({ keyPairs: [shown, shown] })),
  judged('client', 'ok', 'a certificate and a further one', ({ shown }) => ({ ...shown, keyPairs: [shown] })),
  judged('client', VALUE, 'a further certificate with an OCSP response', ({ shown }) => ({
    keyPairs: [{ ...shown, ocspResponse: Buffer.alloc(1) }],
  })),
  judged('client', VALUE, 'a further certificate with a field that does not exist', ({ shown }) => ({
    keyPairs: [{ ...shown, ca: shown.cert }],
  })),
  judged('client', 'ERR_SSL_KEY_VALUES_MISMATCH', 'a further certificate with the key of another', (w) => ({
    keyPairs: [{ cert: pki.leaf(w.root).pem, key: w.own.keyPem }],
  })),
  judged('client', VALUE, 'a further certificate without a key', ({ own }) => ({ keyPairs: [{ cert: own.pem }] })),
  client(TYPE, 'a further certificate that is none', { keyPairs: [{}] }),
  client(TYPE, 'further certificates that are not in a list', { keyPairs: 1 }),
  client(TYPE, 'a further certificate that is null', { keyPairs: [null] }),
  server(TYPE, 'further certificates that are not in a list', { keyPairs: 1 }),
  server(TYPE, 'a further certificate that is null', { keyPairs: [null] }),
  client('ok', 'a callback for its certificate', { clientCertCallback: () => undefined }),
  client(TYPE, 'a callback for its certificate that is not a function', { clientCertCallback: 1 }),
  judged('client', VALUE, 'a callback for its certificate, and a certificate', ({ shown }) => ({
    ...shown,
    clientCertCallback: () => undefined,
  })),
  judged('client', VALUE, 'a callback for its certificate, and further ones', ({ shown }) => ({
    keyPairs: [shown],
    clientCertCallback: () => undefined,
  })),
  server(VALUE, "a client's callback for its certificate", { clientCertCallback: () => undefined }),
  client(VALUE, "a server's names of authorities", { caNames: false }),
  server(VALUE, 'names of authorities without demand', { caNames: false }),
  judged('server', TYPE, 'names of authorities that are text', ({ root, shown }) => ({
    ...shown,
    ca: root.pem,
    requestCert: true,
    caNames: 'A root',
  })),
  judged('server', VALUE, 'more names of authorities than clients can be told', ({ shown }) => ({
    ...shown,
    ca: manyRoots(),
    requestCert: true,
  })),
  judged('server', 'ok', 'more names of authorities than clients can be told, which are not told', ({ shown }) => ({
    ...shown,
    ca: manyRoots(),
    requestCert: true,
    caNames: false,
  })),
  judged('server', 'ok', 'many authorities of one name', ({ shown }) => ({
    ...shown,
    ca: manyRoots(true),
    requestCert: true,
  })),
  server(TYPE, 'a function for failed handshakes that is not a function', { onhandshakeerror: null }),
  client(VALUE, "a server's function for failed handshakes", { onhandshakeerror: () => undefined }),
  client(VALUE, "a server's callback", { SNICallback: () => undefined }),
  client(VALUE, "a server's demand for a certificate", { requestCert: true }),
  client(VALUE, "a server's order", { honorCipherOrder: true }),
  client(VALUE, "a server's OCSP response", { ocspResponse: Buffer.alloc(1) }),
  client(VALUE, "a server's ticket keys", { ticketKeys: Buffer.alloc(48) }),
  client(VALUE, "a server's context of sessions", { sessionIdContext: 'a' }),

  client(VALUE, 'a lowest version above the highest', { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' }),
  client(VALUE, 'a highest version below the default lowest', { maxVersion: 'TLSv1.1' }),
  client(VALUE, 'a version that does not exist', { minVersion: 'TLSv1.4' }),
  client(VALUE, 'SSL 3', { minVersion: 'SSLv3' }),
  client(VALUE, 'a version in other letters', { maxVersion: 'tlsv1.3' }),
  client(VALUE, 'a version that is the name of a method', { maxVersion: 'toString' }),
  client('ok', 'a highest version of its own', { maxVersion: 'TLSv1.2' }),

  client(VALUE, 'no protocol', { ALPNProtocols: [] }),
  client(VALUE, 'protocols as a text', { ALPNProtocols: 'h2,http/1.1' }),
  client(RANGE, 'an empty protocol', { ALPNProtocols: ['h2', ''] }),
  client(RANGE, 'a protocol of 256 bytes', { ALPNProtocols: ['x'.repeat(256)] }),
  client(TYPE, 'a protocol that is a number', { ALPNProtocols: [2] }),
  client(VALUE, 'a protocol of characters that are no bytes', { ALPNProtocols: ['日'] }),
  server(VALUE, 'no protocol', { ALPNProtocols: [] }),
  client('ok', 'as many bytes of protocols as are allowed', { ALPNProtocols: Array(128).fill('x'.repeat(255)) }),
  client(RANGE, 'more bytes of protocols than are allowed', {
    ALPNProtocols: [...Array(128).fill('x'.repeat(255)), 'y'],
  }),
  client(RANGE, 'more protocols than a hello has room for', { ALPNProtocols: Array(40_000).fill('x') }),
  server(RANGE, 'more protocols than a hello has room for', { ALPNProtocols: Array(40_000).fill('x') }),

  client('ERR_SSL_NO_CIPHER_MATCH', 'a suite that does not exist', { ciphers: 'NO-SUCH-SUITE' }),
  client('ERR_SSL_NO_CIPHER_MATCH', 'a suite of TLS 1.3 that does not exist', { ciphers: 'TLS_NO_SUCH_SUITE' }),
  client(VALUE, 'no suite', { ciphers: '' }),
  client(VALUE, 'suites with a NUL', { ciphers: 'HIGH\0' }),
  client(TYPE, 'suites as a list', { ciphers: ['HIGH'] }),
  client('ERR_SSL_NO_CIPHER_MATCH', 'no suite that is left', { ciphers: 'HIGH:!ALL' }),
  client('ERR_SSL_NO_CIPHER_MATCH', 'suites by the name of a method', { ciphers: 'constructor' }),
  client('ok', 'suites of all versions', { ciphers: 'TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256' }),
  client(VALUE, 'a group that does not exist', { ecdhCurve: 'P-255' }),
  client(VALUE, 'no group', { ecdhCurve: '' }),
  client('ok', 'two groups', { ecdhCurve: 'X25519:P-256' }),
  client(VALUE, 'a signature algorithm that does not exist', {
    sigalgs: 'RSA+NOTHING',
  }),
  server('ERR_SSL_UNSUPPORTED', 'Diffie-Hellman parameters that are none', { dhparam: 'none' }),

  client(RANGE, 'a depth below zero', { verifyDepth: -1 }),
  client(RANGE, 'a depth of a half', { verifyDepth: 0.5 }),
  client(TYPE, 'a depth that is a text', { verifyDepth: '1' }),
  client(VALUE, 'a check that does not exist', { insecureSkipVerify: ['date'] }),
  client(TYPE, 'a check that is not a list', { insecureSkipVerify: 'name' }),
  client(TYPE, 'a switch that is a text', { rejectUnauthorized: 'false' }),
  client(TYPE, 'a switch that is a number', { rejectUnauthorized: 0 }),
  client(TYPE, 'a switch that is null', { rejectUnauthorized: null }),
  server(TYPE, 'a demand that is another text', { requestCert: 'required' }),
  server(TYPE, 'a callback that is not a function', { SNICallback: true }),
  client(TYPE, 'a key log that is not a function', { keylog: 'keys.log' }),
  client(TYPE, 'a name that is a number', { servername: 1 }),
  client(TYPE, 'a session that is a number', { session: 1 }),

  client(TYPE, 'a function for keys that is none', { pskCallback: 'key' }),
  client(VALUE, 'a function for keys that expects a socket', { pskCallback: (_socket: 1, _identity: 1) => undefined }),
  server(VALUE, 'a hint to keys without a function', { pskIdentityHint: 'line 1' }),
  server(RANGE, 'a hint of 257 bytes', { pskCallback: () => undefined, pskIdentityHint: 'x'.repeat(257) }),
  judged('server', 'ok', 'keys, and no certificate', () => ({
    pskCallback: () => undefined,
    pskIdentityHint: 'line 1',
  })),
  server(VALUE, 'certificates later, and nobody to trust', { requestCert: 'later' }),
  client(TYPE, 'a switch for later certificates that is a text', { postHandshakeAuth: 'yes' }),
  client(VALUE, 'later certificates, up to TLS 1.2', { postHandshakeAuth: true, maxVersion: 'TLSv1.2' }),
  server(VALUE, 'data with the first message', { maxEarlyData: 16_384 }),
  client(VALUE, 'data with the first message', { earlyData: false }),

  server(RANGE, 'ticket keys of 47 bytes', { ticketKeys: Buffer.alloc(47) }),
  server(RANGE, 'no ticket keys', { ticketKeys: Buffer.alloc(0) }),
  server(RANGE, 'an empty list of ticket keys', { ticketKeys: [] }),
  server(RANGE, 'ticket keys of which one is too short', { ticketKeys: [Buffer.alloc(48), Buffer.alloc(47)] }),
  server(RANGE, 'nine ticket keys', { ticketKeys: Array(9).fill(Buffer.alloc(48)) }),
  server('ok', 'eight ticket keys, of both lengths', {
    ticketKeys: [...Array(7).fill(Buffer.alloc(48)), Buffer.alloc(80)],
  }),
  server(VALUE, "a client's greatest age of OCSP", { ocspMaxAge: 1 }),
  client(VALUE, 'a greatest age of OCSP that nobody asked for', { ocspMaxAge: 1 }),
  client(RANGE, 'a greatest age of OCSP below zero', { requestOCSP: true, ocspMaxAge: -1 }),
  client(TYPE, 'a greatest age of OCSP that is a text', { requestOCSP: true, ocspMaxAge: '1' }),
  server(TYPE, 'ticket keys that are a number', { ticketKeys: 48 }),
  server('ok', 'ticket keys of 48 bytes', { ticketKeys: Buffer.alloc(48) }),
  server('ok', 'ticket keys of 80 bytes', { ticketKeys: Buffer.alloc(80) }),
  server(RANGE, 'a time below zero', { sessionTimeout: -1 }),
  server(TYPE, 'a time that is a text', { sessionTimeout: '300' }),
  server(TYPE, 'a context of sessions that is a number', { sessionIdContext: 1 }),
  server(RANGE, 'an empty OCSP response', { ocspResponse: Buffer.alloc(0) }),
  server(RANGE, 'an OCSP response of 64 KiB', { ocspResponse: Buffer.alloc(65_536) }),
]

export const CONFIG: readonly Case[] = [...KEYS, ...REST]
