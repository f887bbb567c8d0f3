// Verdicts of the user's own: pinned keys, and a function that decides.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { tls } from 'berkeley'
import * as pki from '../../pki.js'
import { accepts, type Case, lazy, refuses, type Sides, shows } from '../verdict.js'

export const servername = 'host.example'

export const world = lazy(() => {
  const root = pki.root()
  const between = pki.intermediate(root)
  return { root, between, leaf: pki.leaf(between), alone: pki.leaf(undefined), other: pki.newKey() }
})

export const pin = ({ der }: pki.Certificate): string => tls.pinOf(new X509Certificate(der))

export type Client = Partial<Sides['client']>
export type Verify = NonNullable<tls.Config['verify']>

/** A client that trusts the root, and more or less; a server with a chain. */
const client =
  (more: () => Client, own = (): Sides['server'] => shows(world().leaf, world().between)): (() => Sides) =>
  () => ({ client: { ca: world().root.pem, servername, ...more() }, server: own() })

/** A server that signs for itself, which no other authority vouches for. */
const alone =
  (more: () => Client, wish: pki.Wish = {}): (() => Sides) =>
  () => {
    const own =
      Object.keys(wish).length === 0 ? world().alone : pki.leaf(undefined, { ...wish, key: world().alone.key })
    return { client: { servername, ...more() }, server: shows(own) }
  }

export const TLS12 = { maxVersion: 'TLSv1.2' } as const
export const TOLD_BAD = 'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE'
const TOLD_UNKNOWN = 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'
export const SELF = 'DEPTH_ZERO_SELF_SIGNED_CERT'

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

export const yes: Verify = () => true
export const no: Verify = () => false
export const later =
  (answer: Verify): Verify =>
  async (...args) => {
    await new Promise((resolve) => setImmediate(resolve))
    return answer(...args)
  }
export const nothing: Verify = () => undefined
export const thrown: Verify = () => {
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

export const OWN: readonly Case[] = [...PINS, ...FUNCTIONS]
