// Verdicts of the user's own: pinned keys, and a function that decides.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { tls } from 'berkeley'
import * as pki from '../../pki.js'
import { accepts, type Case, converse, lazy, OK, refuses, type Sides, shows, type Verdict } from '../verdict.js'

const servername = 'host.example'

const world = lazy(() => {
  const root = pki.root()
  const between = pki.intermediate(root)
  return { root, between, leaf: pki.leaf(between), alone: pki.leaf(undefined), other: pki.newKey() }
})

const pin = ({ der }: pki.Certificate): string => tls.pinOf(new X509Certificate(der))

type Client = Partial<Sides['client']>
type Verify = NonNullable<tls.Config['verify']>

/** A client that trusts the root, and more or less; a server with a chain. */
const client =
  (more: () => Client, own = (): Sides['server'] => shows(world().leaf, world().between)): (() => Sides) =>
  () => ({ client: { ca: world().root.pem, servername, ...more() }, server: own() })

/** A server that signs for itself, which nobody else vouches for. */
const alone =
  (more: () => Client, wish: pki.Wish = {}): (() => Sides) =>
  () => {
    const own =
      Object.keys(wish).length === 0 ? world().alone : pki.leaf(undefined, { ...wish, key: world().alone.key })
    return { client: { servername, ...more() }, server: shows(own) }
  }

const TLS12 = { maxVersion: 'TLSv1.2' } as const
const TOLD_BAD = 'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE'
const TOLD_UNKNOWN = 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'
const TOLD_LATE = 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR'
const SELF = 'DEPTH_ZERO_SELF_SIGNED_CERT'

/** What a client thinks of its server. */
const thinks = (authorized: boolean, code: string | null = null): Parameters<typeof accepts>[2] => ({
  client: (sock) => assert.deepEqual([sock.authorized, sock.authorizationError?.code ?? null], [authorized, code]),
})

const PINS: readonly Case[] = [
  accepts(
    'the key of the leaf is pinned',
    client(() => ({ pins: [pin(world().leaf)] })),
    thinks(true),
  ),
  accepts(
    'the key of the leaf is pinned, with TLS 1.2',
    client(() => ({ pins: [pin(world().leaf)], ...TLS12 })),
  ),
  accepts(
    'the key of the authority is pinned',
    client(() => ({ pins: [pin(world().between)] })),
  ),
  accepts(
    'the key of the root is pinned, which is not sent',
    client(() => ({ pins: [pin(world().root)] })),
  ),
  accepts(
    'one of two keys is pinned',
    client(() => ({ pins: [pin(world().alone), pin(world().leaf)] })),
  ),
  accepts(
    'a pin with the name of the hash',
    client(() => ({ pins: [`sha256/${pin(world().leaf)}`] })),
  ),
  accepts(
    'a pin as curl has it',
    client(() => ({ pins: [`sha256//${pin(world().leaf)}`] })),
  ),
  accepts('a renewed certificate for a pinned key', () => {
    const { leaf, root, between } = world()
    const renewed = pki.leaf(between, { key: leaf.key, commonName: 'Renewed' })
    return { client: { ca: root.pem, servername, pins: [pin(leaf)] }, server: shows(renewed, between) }
  }),
  accepts(
    'a server that signs for itself, whose key is pinned',
    alone(() => ({ pins: [pin(world().alone)] })),
    thinks(true),
  ),
  accepts(
    'a server that signs for itself, whose key is pinned, with TLS 1.2',
    alone(() => ({ pins: [pin(world().alone)], ...TLS12 })),
    thinks(true),
  ),
  accepts('a server of an unknown authority, whose own key is pinned', () => ({
    client: { servername, pins: [pin(world().leaf)] },
    server: shows(world().leaf, world().between),
  })),
  accepts(
    'a server that has expired, whose key is pinned, without the dates',
    alone(() => ({ pins: [pin(world().alone)], insecureSkipVerify: ['time'] }), { to: -1 }),
  ),

  refuses(
    'another key is pinned',
    'client',
    'ERR_TLS_PIN',
    client(() => ({ pins: [pin(world().alone)] })),
    TOLD_BAD,
  ),
  refuses(
    'another key is pinned, with TLS 1.2',
    'client',
    'ERR_TLS_PIN',
    client(() => ({ pins: [pin(world().alone)], ...TLS12 })),
    TOLD_BAD,
  ),
  refuses(
    'another key is pinned, and the chain is skipped',
    'client',
    'ERR_TLS_PIN',
    client(() => ({ pins: [pin(world().alone)], insecureSkipVerify: ['chain'] })),
  ),
  refuses(
    'a server that signs for itself, and another key is pinned',
    'client',
    'ERR_TLS_PIN',
    alone(() => ({ pins: [pin(world().leaf)] })),
    TOLD_UNKNOWN,
  ),
  refuses(
    'the pinned key is that of a certificate that is sent along, and has signed nothing',
    'client',
    'ERR_TLS_PIN',
    () => ({
      client: { servername, pins: [pin(world().between)] },
      server: shows(world().alone, world().between),
    }),
  ),
  refuses('the pinned key is that of an unknown authority', 'client', 'ERR_TLS_PIN', () => ({
    client: { servername, pins: [pin(world().between)] },
    server: shows(world().leaf, world().between),
  })),
  refuses('the pinned key is that of a certificate beside the verified chain', 'client', 'ERR_TLS_PIN', () => ({
    client: { ca: world().root.pem, servername, pins: [pin(world().alone)] },
    server: shows(world().leaf, world().between, world().alone),
  })),
  refuses(
    'a server with a pinned key that has expired',
    'client',
    'CERT_HAS_EXPIRED',
    alone(() => ({ pins: [pin(world().alone)] }), { to: -1 }),
  ),
  refuses(
    'a server with a pinned key that is not valid yet',
    'client',
    'CERT_NOT_YET_VALID',
    alone(() => ({ pins: [pin(world().alone)] }), { from: 1 }),
  ),
  refuses(
    'a server with a pinned key and another name',
    'client',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    alone(() => ({ pins: [pin(world().alone)], servername: 'other.example' })),
  ),
  refuses('a revoked server with a pinned key', 'client', 'CERT_REVOKED', () => {
    const { root } = world()
    const own = pki.leaf(root)
    const crl = pki.revocations(root, { revoked: [own] })
    return { client: { ca: root.pem, crl, servername, pins: [pin(own)] }, server: shows(own) }
  }),
]

const yes: Verify = () => true
const no: Verify = () => false
const later =
  (answer: Verify): Verify =>
  async (...args) => {
    await new Promise((resolve) => setImmediate(resolve))
    return answer(...args)
  }
const nothing: Verify = () => undefined
const thrown: Verify = () => {
  throw new Error('no')
}

/** A verify function that looks at what was found. */
const found =
  (code: string | null, length: number, answer?: boolean): Verify =>
  (peer, { host, chain, error }) => {
    assert.ok(peer.checkHost('host.example'))
    assert.deepEqual([host, error?.code ?? null, chain.length], [servername, code, length])
    assert.equal(chain[0]?.fingerprint256, peer.fingerprint256)
    return answer
  }

const FUNCTIONS: readonly Case[] = [
  accepts(
    'a function that leaves a good server to what was found',
    client(() => ({ verify: found(null, 3) })),
    thinks(true),
  ),
  accepts(
    'a function that accepts a good server',
    client(() => ({ verify: found(null, 3, true) })),
    thinks(true),
  ),
  accepts(
    'a function that accepts a good server later',
    client(() => ({ verify: later(yes) })),
    thinks(true),
  ),
  accepts(
    'a function that accepts a server that signs for itself',
    alone(() => ({ verify: found(SELF, 1, true) })),
    thinks(true),
  ),
  accepts(
    'a function that accepts a server that signs for itself, with TLS 1.2',
    alone(() => ({ verify: later(yes), ...TLS12 })),
    thinks(true),
  ),
  accepts(
    'a function that accepts another name',
    client(() => ({ verify: yes, servername: 'other.example' })),
    thinks(true),
  ),
  accepts(
    'a function that accepts an expired server',
    alone(() => ({ verify: yes }), { to: -1 }),
  ),
  accepts(
    'a function that accepts in spite of pins',
    client(() => ({ verify: found('ERR_TLS_PIN', 3, true), pins: [pin(world().alone)] })),
  ),
  accepts(
    'a function that answers nothing, where everything is tolerated',
    alone(() => ({ verify: nothing, rejectUnauthorized: false })),
    thinks(false, SELF),
  ),
  accepts(
    'a function that accepts, where everything is tolerated',
    alone(() => ({ verify: yes, rejectUnauthorized: false })),
    thinks(true),
  ),

  refuses(
    'a function that refuses a good server',
    'client',
    'ERR_TLS_VERIFY',
    client(() => ({ verify: no })),
    TOLD_BAD,
  ),
  refuses(
    'a function that refuses a good server later',
    'client',
    'ERR_TLS_VERIFY',
    client(() => ({ verify: later(no) })),
    TOLD_BAD,
  ),
  refuses(
    'a function that refuses a good server, with TLS 1.2',
    'client',
    'ERR_TLS_VERIFY',
    client(() => ({ verify: no, ...TLS12 })),
    TOLD_BAD,
  ),
  refuses(
    'a function that throws',
    'client',
    'ERR_TLS_VERIFY',
    client(() => ({ verify: thrown })),
    TOLD_BAD,
  ),
  refuses(
    'a function that rejects',
    'client',
    'ERR_TLS_VERIFY',
    client(() => ({ verify: later(thrown) })),
    TOLD_BAD,
  ),
  refuses(
    'a function that answers an error',
    'client',
    'ERR_TLS_VERIFY',
    client(() => ({ verify: (() => new Error('no')) as never })),
  ),
  refuses(
    'a function that answers 1',
    'client',
    'ERR_TLS_VERIFY',
    client(() => ({ verify: (() => 1) as never })),
  ),
  refuses(
    'a function that answers null',
    'client',
    'ERR_TLS_VERIFY',
    client(() => ({ verify: (() => null) as never })),
  ),
  refuses(
    'a function that leaves a server that signs for itself to what was found',
    'client',
    SELF,
    alone(() => ({ verify: nothing })),
    TOLD_UNKNOWN,
  ),
  refuses(
    'a function that refuses a server that signs for itself',
    'client',
    SELF,
    alone(() => ({ verify: no })),
    TOLD_UNKNOWN,
  ),
  refuses(
    'a function that leaves another name to what was found',
    'client',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    client(() => ({ verify: nothing, servername: 'other.example' })),
  ),
  refuses(
    'a function that leaves an expired server to what was found',
    'client',
    'CERT_HAS_EXPIRED',
    client(
      () => ({ verify: later(nothing) }),
      () => shows(pki.leaf(world().root, { to: -1 })),
    ),
  ),
  refuses(
    'a function that refuses, where everything is tolerated',
    'client',
    SELF,
    alone(() => ({ verify: no, rejectUnauthorized: false })),
  ),
  refuses(
    'a function that throws an error of TLS',
    'client',
    'ERR_TLS_PIN',
    client(() => ({
      verify: () => {
        throw new tls.TlsError('ERR_TLS_PIN', 'handshake', 'as I say')
      },
    })),
  ),
]

/** A server that asks for certificates, and a client that shows one. */
const visited =
  (server: () => Partial<Sides['server']>, own?: () => pki.Certificate): (() => Sides) =>
  () => {
    const person = own?.() ?? pki.issue(world().root, { commonName: 'A person', purposes: ['clientAuth'] })
    return {
      client: { ca: world().root.pem, servername, ...shows(person) },
      server: { ...shows(pki.leaf(world().root)), requestCert: true, ...server() },
    }
  }

const stranger = lazy(() => pki.issue(undefined, { commonName: 'A stranger', purposes: ['clientAuth'] }))
const trusting = (): Client => ({ ca: world().root.pem })
const visitor = (authorized: boolean): Parameters<typeof accepts>[2] => ({
  server: (sock) => assert.equal(sock.authorized, authorized),
})

/** The same for both versions: a client of TLS 1.3 has finished its handshake before a server can refuse it. */
const versions = (make: (more: Client, what: string, told: string) => readonly Case[]): readonly Case[] => [
  ...make({}, '', TOLD_LATE),
  ...make(TLS12, ', with TLS 1.2', TOLD_BAD),
]

const SERVERS: readonly Case[] = versions((more, what, told) => [
  accepts(
    `a client whose key is pinned${what}`,
    visited(() => ({ pins: [pin(stranger())], ...more }), stranger),
    visitor(true),
  ),
  accepts(
    `a client that a function accepts${what}`,
    visited(() => ({ verify: later(yes), ...more }), stranger),
    visitor(true),
  ),
  accepts(
    `a client that a function leaves to what was found${what}`,
    visited(() => ({ ...trusting(), verify: nothing, ...more })),
    visitor(true),
  ),
  accepts(
    `a client without certificate, where a function is asked of others${what}`,
    () => {
      const { client, server } = visited(() => ({ verify: no, requestCert: 'optional', ...more }))()
      return { client: { ...client, cert: undefined, key: undefined }, server }
    },
    visitor(false),
  ),
  refuses(
    `a client whose key is not pinned${what}`,
    'server',
    'ERR_TLS_PIN',
    visited(() => ({ ...trusting(), pins: [pin(stranger())], ...more })),
    told,
  ),
  refuses(
    `a client that a function refuses${what}`,
    'server',
    'ERR_TLS_VERIFY',
    visited(() => ({ ...trusting(), verify: no, ...more })),
    told,
  ),
  refuses(
    `a client that a function refuses later${what}`,
    'server',
    'ERR_TLS_VERIFY',
    visited(() => ({ ...trusting(), verify: later(no), ...more })),
    told,
  ),
  refuses(
    `a client of which a function throws${what}`,
    'server',
    'ERR_TLS_VERIFY',
    visited(() => ({ ...trusting(), verify: thrown, ...more })),
    told,
  ),
  refuses(
    `a stranger that a function leaves to what was found${what}`,
    'server',
    SELF,
    visited(() => ({ ...trusting(), verify: nothing, ...more }), stranger),
    told,
  ),
  refuses(
    `a client that the function of the chosen context refuses${what}`,
    'server',
    'ERR_TLS_VERIFY',
    visited(() => ({
      ...trusting(),
      requestCert: true,
      ...more,
      SNICallback: () => ({ ...shows(pki.leaf(world().root)), requestCert: true, ...trusting(), verify: no, ...more }),
    })),
    told,
  ),
  refuses(
    `no certificate, where a function would be asked${what}`,
    'server',
    'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE',
    () => {
      const { client, server } = visited(() => ({ verify: yes, ...more }))()
      return { client: { ...client, cert: undefined, key: undefined }, server }
    },
  ),
])

interface Second {
  readonly client?: Client
  readonly server?: Partial<Sides['server']>
  /** Of the second conversation. */
  readonly client2?: Client
}

/** Talks twice; the second time with the session of the first. Both sides are asked each time, if they ask at all. */
async function twice(
  { client: more = {}, server: others = {}, client2 = {} }: Second,
  reused: boolean,
): Promise<Verdict> {
  const { client, server } = visited(() => ({ ...trusting(), ...others }))()
  const context = tls.Context.server(server)
  let session: Uint8Array | undefined
  const first = { ...client, ...more }
  const before = await converse({ client: first, server: context }, { client: (sock) => (session = sock.getSession()) })
  assert.deepEqual(before, OK)
  return converse(
    { client: { ...first, ...client2, session }, server: context },
    { client: (sock) => assert.equal(sock.isSessionReused(), reused) },
  )
}

const again = (title: string, expected: Verdict, plan: () => Second, reused = true): Case => ({
  title,
  expected,
  run: () => twice(plan(), reused),
})

/** A function that accepts once. */
function once(): Verify {
  let calls = 0
  return () => ++calls === 1
}

const SESSIONS: readonly Case[] = versions((more, what) => [
  again(`a client without certificate, where a function is asked of others, twice${what}`, OK, () => ({
    client: { ...more, cert: undefined, key: undefined },
    server: { verify: no, requestCert: 'optional' },
  })),
  again(`a server with a function that accepts, twice${what}`, OK, () => ({ client: more, server: { verify: yes } })),
  again(`a client with a function that accepts, twice${what}`, OK, () => ({ client: { ...more, verify: later(yes) } })),
  again(`a client with pins, twice${what}`, OK, () => ({ client: { ...more, pins: [pin(world().root)] } })),
  again(`a resumed session that the function of the server refuses${what}`, { server: 'ERR_TLS_VERIFY' }, () => ({
    client: more,
    server: { verify: once() },
  })),
  again(`a resumed session that the function of the client refuses${what}`, { client: 'ERR_TLS_VERIFY' }, () => {
    const verify = once()
    return { client: { ...more, verify } }
  }),
  again(
    `a session of a client without pins, where there are pins${what}`,
    OK,
    () => ({
      client: more,
      client2: { pins: [pin(world().root)] },
    }),
    false,
  ),
  again(
    `a session that a function accepted, where there is none${what}`,
    OK,
    () => ({
      client: { ...more, verify: yes },
      client2: { verify: undefined },
    }),
    false,
  ),
])

export const OWN: readonly Case[] = [...PINS, ...FUNCTIONS, ...SERVERS, ...SESSIONS]
