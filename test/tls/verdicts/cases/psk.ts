// Pre-shared keys: which peers are accepted by one, and what it has to say about certificates and sessions.
import assert from 'node:assert/strict'
import { tls } from 'berkeley'
import * as pki from '../../pki.js'
import { HANDSHAKE, record } from '../forger.js'
import { Line, type Rewrite } from '../line.js'
import { accepts, type Case, converse, lazy, OK, refuses, type Sides, shows, type Verdict } from '../verdict.js'

const servername = 'host.example'
const identity = 'sensor-1'
const key = Buffer.alloc(32, 'k')

type Client = Partial<Sides['client']>
type Server = Partial<Sides['server']>

const TLS12 = { maxVersion: 'TLSv1.2' } as const
const TLS13 = { minVersion: 'TLSv1.3' } as const

const world = lazy(() => {
  const root = pki.root()
  return { root, own: pki.leaf(root), other: pki.leaf(root, { names: [pki.dns('other.example')] }) }
})

/** A client that has the key, and a server that knows it, without a certificate. */
const sides = (client: Client = {}, server: Server = {}): Sides => ({
  client: { pskCallback: () => ({ psk: key, identity }), ...client },
  server: { pskCallback: (name) => (name === identity ? key : undefined), ...server },
})
const meet =
  (client?: Client, server?: () => Server): (() => Sides) =>
  () =>
    sides(client, server?.())
const certified = (): Server => shows(world().own)
/** A client that would be content with the certificate. */
const trusting = (more: Client = {}): Client => ({ ca: world().root.pem, servername, ...more })

type Look = Parameters<typeof accepts>[2]

/** Both were authenticated by the key, or neither was. */
function known(
  by: string | undefined,
  more: (sock: Parameters<NonNullable<NonNullable<Look>['client']>>[0]) => void = () => {},
): Look {
  const look: NonNullable<NonNullable<Look>['client']> = (sock) => {
    assert.equal(sock.pskIdentity, by)
    if (by !== undefined)
      assert.deepEqual([sock.authorized, sock.isSessionReused(), sock.getSession()], [true, false, undefined])
    more(sock)
  }
  return { client: look, server: look }
}

/** The same for both versions. */
const versions = (make: (more: Client, what: string) => readonly Case[]): readonly Case[] => [
  ...make(TLS13, ', with TLS 1.3'),
  ...make(TLS12, ', with TLS 1.2'),
]

const NO_IDENTITY = 'ERR_TLS_PSK_IDENTITY'
const FAILED = 'ERR_TLS_PSK_CALLBACK'
const nothing = (): undefined => undefined
const throwing = (): never => {
  throw new Error('no database')
}

const KEYS: readonly Case[] = versions((more, what) => [
  accepts(`a key that both have, and no certificate${what}`, meet(more), known(identity)),
  accepts(
    `a key that is found later${what}`,
    () => sides({ pskCallback: async () => ({ psk: key, identity }), ...more }, { pskCallback: async () => key }),
    known(identity),
  ),
  accepts(`a key, where the server has a certificate, too${what}`, meet(more, certified), known(identity)),
  accepts(`a key of one byte${what}`, () => {
    const psk = Buffer.from('k')
    return sides({ pskCallback: () => ({ psk, identity }), ...more }, { pskCallback: () => psk })
  }),
  accepts(`a key of 512 bytes, in another view${what}`, () => {
    const psk = new DataView(new ArrayBuffer(600), 88)
    return sides({ pskCallback: () => ({ psk, identity }), ...more }, { pskCallback: () => psk })
  }),
  accepts(
    `an identity of 256 bytes, which are no ASCII${what}`,
    () => sides({ pskCallback: () => ({ psk: key, identity: 'é'.repeat(128) }), ...more }, { pskCallback: () => key }),
    known('é'.repeat(128)),
  ),
  refuses(
    `another key${what}`,
    'server',
    more === TLS13 ? 'ERR_SSL_BINDER_DOES_NOT_VERIFY' : 'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC',
    () => sides(more, { pskCallback: () => Buffer.alloc(32, 'x') }),
  ),
  refuses(`an identity that the server does not know${what}`, 'server', NO_IDENTITY, () =>
    sides({ pskCallback: () => ({ psk: key, identity: 'somebody' }), ...more }),
  ),
  refuses(`an identity in another case${what}`, 'server', NO_IDENTITY, () =>
    sides({ pskCallback: () => ({ psk: key, identity: identity.toUpperCase() }), ...more }),
  ),
  refuses(`a server whose function throws${what}`, 'server', FAILED, () => sides(more, { pskCallback: throwing })),
  refuses(`a server whose function answers a text${what}`, 'server', FAILED, () =>
    sides(more, { pskCallback: (() => 'key') as never }),
  ),
  refuses(`a server whose function answers an empty key${what}`, 'server', FAILED, () =>
    sides(more, { pskCallback: () => Buffer.alloc(0) }),
  ),
  refuses(`a server whose function answers 513 bytes${what}`, 'server', FAILED, () =>
    sides(more, { pskCallback: () => Buffer.alloc(513) }),
  ),
  refuses(`a client whose function throws${what}`, 'client', FAILED, () => sides({ pskCallback: throwing, ...more })),
  refuses(`a client whose function has no identity${what}`, 'client', FAILED, () =>
    sides({ pskCallback: () => ({ psk: key }) as never, ...more }),
  ),
  refuses(`a client whose function has an identity of 257 bytes${what}`, 'client', FAILED, () =>
    sides({ pskCallback: () => ({ psk: key, identity: 'x'.repeat(257) }), ...more }),
  ),
  refuses(`a client whose function has an identity with a NUL${what}`, 'client', FAILED, () =>
    sides({ pskCallback: () => ({ psk: key, identity: 'a\0b' }), ...more }),
  ),
  refuses(`a client whose function answers a key alone${what}`, 'client', FAILED, () =>
    sides({ pskCallback: () => key, ...more }),
  ),
])

const CERTIFICATES: readonly Case[] = versions((more, what) => [
  accepts(
    `a client without pskCallback, where the server has a certificate, too${what}`,
    () => ({ client: { ...trusting(), ...more }, server: sides({}, certified()).server }),
    known(undefined),
  ),
  accepts(
    `a server without pskCallback, whose certificate the client trusts${what}`,
    () => ({ client: sides({ ...trusting(), ...more }).client, server: certified() }),
    known(undefined, (sock) => assert.equal(sock.encrypted, true)),
  ),
  refuses(
    `a server without pskCallback, whose certificate is for another host${what}`,
    'client',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    () => ({ client: sides({ ...trusting(), ...more }).client, server: shows(world().other) }),
  ),
  refuses(
    `a server without pskCallback, where the client has no host to compare with${what}`,
    'client',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    () => ({ client: sides({ ca: world().root.pem, ...more }).client, server: certified() }),
  ),
  refuses(
    `a client without pskCallback, where the server has no certificate${what}`,
    'server',
    more === TLS13 ? 'ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM' : 'ERR_SSL_NO_SHARED_CIPHER',
    () => ({ client: { ...trusting(), ...more }, server: sides().server }),
  ),
  accepts(
    `a client with a key, of which a certificate is asked otherwise${what}`,
    () => sides(more, { ...certified(), requestCert: true, ca: world().root.pem }),
    known(identity),
  ),
  accepts(
    `a peer with a key, about which verify and pins are not asked${what}`,
    () => {
      const never = { verify: () => false, pins: [Buffer.alloc(32).toString('base64')] }
      return sides({ ...never, ...more }, { requestCert: true, ...never })
    },
    known(identity),
  ),
  accepts(
    `a server with a key, which staples nothing${what}`,
    () => sides({ requireOCSP: true, ...more }),
    known(identity),
  ),
])

const THIRTEEN: readonly Case[] = [
  accepts(
    'a client that has no key, of a server with a certificate, with TLS 1.3',
    () => ({ client: { ...trusting(TLS13), pskCallback: nothing }, server: sides({}, certified()).server }),
    known(undefined),
  ),
  accepts(
    'an identity that nobody knows, of a server with a certificate, with TLS 1.3',
    () => sides(trusting(TLS13), { ...certified(), pskCallback: nothing }),
    known(undefined),
  ),
  refuses(
    'a function that throws, of a server with a certificate, with TLS 1.3',
    'server',
    FAILED,
    () => sides(trusting(TLS13), { ...certified(), pskCallback: throwing }),
    'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR',
  ),
  accepts(
    'a key after another hello, for another group',
    () => sides({ ...TLS13, ecdhCurve: 'X25519:P-384' }, { ecdhCurve: 'P-384' }),
    known(identity),
  ),
  refuses('a key, where there is no suite with SHA-256', 'server', 'ERR_SSL_NO_SHARED_CIPHER', () =>
    sides({ ...TLS13, ciphers: 'TLS_AES_256_GCM_SHA384' }),
  ),
]

const TWELVE: readonly Case[] = [
  accepts('the key for a hint', () => {
    const hinted: Client['pskCallback'] = (hint) => ({ psk: hint === 'line 1' ? key : Buffer.from('other'), identity })
    return sides({ ...TLS12, pskCallback: hinted }, { pskIdentityHint: 'line 1' })
  }),
  refuses('a hint for which the client has no key', 'client', NO_IDENTITY, () =>
    sides({ ...TLS12, pskCallback: nothing }, { pskIdentityHint: 'line 1' }),
  ),
  ...['PSK-AES128-GCM-SHA256', 'PSK-AES256-CCM', 'ECDHE-PSK-AES128-CBC-SHA256', 'DHE-PSK-CHACHA20-POLY1305'].map(
    (ciphers) =>
      accepts(
        `the suite ${ciphers}, where both name it`,
        () => sides({ ...TLS12, ciphers }, { ciphers, dhparam: 'auto', pskIdentityHint: 'a hint' }),
        known(identity, (sock) => assert.equal(sock.getCipher()?.name, ciphers)),
      ),
  ),
  refuses(
    'a suite without forward secrecy, which nobody has named',
    'server',
    'ERR_SSL_NO_SHARED_CIPHER',
    meet({ ...TLS12, ciphers: 'PSK-AES128-GCM-SHA256' }),
  ),
  accepts(
    'a key beside a certificate that is verified (RSA_PSK)',
    () => {
      const { root } = world()
      const rsa = shows(pki.leaf(root, { key: pki.sharedKey('rsa2048') }))
      const ciphers = 'RSA-PSK-AES128-GCM-SHA256'
      return sides({ ...trusting(TLS12), ciphers }, { ...rsa, ciphers })
    },
    known(identity, (sock) => assert.equal(sock.getCipher()?.name, 'RSA-PSK-AES128-GCM-SHA256')),
  ),
  refuses('a key beside a certificate for another host (RSA_PSK)', 'client', 'ERR_TLS_CERT_ALTNAME_INVALID', () => {
    const { root } = world()
    const rsa = shows(pki.leaf(root, { key: pki.sharedKey('rsa2048'), names: [pki.dns('other.example')] }))
    const ciphers = 'RSA-PSK-AES128-GCM-SHA256'
    return sides({ ...trusting(TLS12), ciphers }, { ...rsa, ciphers })
  }),
]

/** A context that is selected by name decides about keys, too. */
const SELECTED: readonly Case[] = versions((more, what) => [
  accepts(
    `a key that the context has which SNICallback selects${what}`,
    () => sides({ servername, ...more }, { pskCallback: undefined, ...certified(), SNICallback: () => sides().server }),
    known(identity),
  ),
  refuses(
    `a key of the listener, where SNICallback selects a context without keys${what}`,
    'client',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    () => sides({ servername, ca: pki.root().pem, ...more }, { SNICallback: () => certified() }),
  ),
])

function over(title: string, rewrite: Rewrite, make: () => Sides): Case {
  return {
    title,
    expected: OK,
    async run(): Promise<Verdict> {
      const { client, server, line } = await Line.make(rewrite)
      const verdict = await converse(make(), known(identity), [client, server])
      await line.close()
      return verdict
    },
  }
}

const oneByOne: Rewrite = (bytes) => Array.from(bytes, (byte) => Buffer.of(byte))

/** Handshake messages in the clear, each byte in a record of its own: those before change_cipher_spec. */
function crumbled(): Rewrite {
  const isOver = { client: false, server: false }
  return (bytes, towards) => {
    isOver[towards] ||= bytes[0] !== HANDSHAKE
    if (isOver[towards]) return [bytes]
    return [Buffer.concat(Array.from(bytes.subarray(5), (byte) => record(HANDSHAKE, Buffer.of(byte))))]
  }
}

const ON_THE_WAY: readonly Case[] = [
  ...versions((more, what) => [over(`a key, byte by byte${what}`, oneByOne, () => sides(more))]),
  over('a key, in records of one byte, with TLS 1.2', crumbled(), () => sides(TLS12, { pskIdentityHint: 'a hint' })),
]

/** Nothing is resumed that a key has authenticated. */
const RESUMED: readonly Case[] = versions((more, what) => [
  {
    title: `a key, and no session afterwards${what}`,
    expected: OK,
    async run() {
      const reported: Buffer[] = []
      const { client, server } = sides({ onsession: (session) => reported.push(session), ...more })
      const context = tls.Context.server(server)
      const verdict = await converse({ client, server: context }, known(identity))
      assert.equal(reported.length, 0)
      return verdict
    },
  },
  {
    title: `a key in place of a session from a certificate${what}`,
    expected: OK,
    async run() {
      const server = tls.Context.server(sides({}, certified()).server)
      let session: Buffer | undefined
      const first = await converse(
        { client: { ...trusting(), ...more }, server },
        { client: (sock) => (session = sock.getSession()) },
      )
      assert.deepEqual(first, OK)
      assert.ok(session)
      // In TLS 1.2 the session comes before any key.
      const by = more === TLS13 ? identity : undefined
      const look: Look = { client: (sock) => assert.equal(sock.pskIdentity, by) }
      return converse({ client: sides({ ...trusting(), ...more, session }).client, server }, look)
    },
  },
])

export const PSK: readonly Case[] = [
  ...KEYS,
  ...CERTIFICATES,
  ...THIRTEEN,
  ...TWELVE,
  ...SELECTED,
  ...ON_THE_WAY,
  ...RESUMED,
]
