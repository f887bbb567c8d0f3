// Whether a certificate was revoked: by the lists that a client has, and by what a server staples to its handshake.
import * as der from '../../der.js'
import * as pki from '../../pki.js'
import { accepts, type Case, lazy, refuses, type Sides, shows } from '../verdict.js'

const servername = 'host.example'

const world = lazy(() => {
  const root = pki.root()
  const between = pki.intermediate(root)
  const leaf = pki.leaf(between)
  return { root, between, leaf, other: pki.leaf(between) }
})

type World = ReturnType<typeof world>

/** A client with these lists. */
function lists(make: (world: World) => readonly string[]): () => Sides {
  return () => {
    const { root, between, leaf } = world()
    return { client: { ca: root.pem, crl: make(world()), servername }, server: shows(leaf, between) }
  }
}

const ofRoot = ({ root }: World, wish: pki.ListWish = {}): string => pki.revocations(root, wish)
const ofBetween = ({ between }: World, wish: pki.ListWish = {}): string => pki.revocations(between, wish)

const REVOKED = 'CERT_REVOKED'
const TOLD_REVOKED = 'ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED'
const unknown = pki.extension('1.3.6.1.4.1.55555.1', der.nothing(), true)

const LISTS: readonly Case[] = [
  accepts(
    'empty lists',
    lists((w) => [ofRoot(w), ofBetween(w)]),
  ),
  accepts(
    'all lists in one text',
    lists((w) => [ofRoot(w) + ofBetween(w)]),
  ),
  accepts(
    'lists that revoke others',
    lists((w) => [ofRoot(w, { revoked: [w.leaf] }), ofBetween(w, { revoked: [w.other] })]),
  ),
  accepts(
    'lists of an authority that is not asked',
    lists((w) => [ofRoot(w), ofBetween(w), pki.revocations(w.other, { spoilt: true })]),
  ),
  accepts(
    'lists that are in force for another minute',
    lists((w) => [ofRoot(w, { to: 1 / 60 }), ofBetween(w, { to: 1 / 60 })]),
  ),
  accepts('a list in DER', () => {
    const { root } = world()
    const bytes = Buffer.from(pki.revocations(root).replace(/-----[^-]+-----|\n/g, ''), 'base64')
    return { client: { ca: root.pem, crl: bytes, servername }, server: shows(pki.leaf(root)) }
  }),
  refuses(
    'a leaf that is revoked',
    'client',
    REVOKED,
    lists((w) => [ofRoot(w), ofBetween(w, { revoked: [w.leaf] })]),
    TOLD_REVOKED,
  ),
  refuses(
    'a leaf that is revoked, among others',
    'client',
    REVOKED,
    lists((w) => [ofRoot(w), ofBetween(w, { revoked: [w.other, w.leaf] })]),
  ),
  refuses(
    'an authority that is revoked',
    'client',
    REVOKED,
    lists((w) => [ofRoot(w, { revoked: [w.between] }), ofBetween(w)]),
    TOLD_REVOKED,
  ),
  refuses(
    'a root that revokes itself',
    'client',
    REVOKED,
    lists((w) => [ofRoot(w, { revoked: [w.root] }), ofBetween(w)]),
  ),
  refuses(
    'no list for the leaf',
    'client',
    'UNABLE_TO_GET_CRL',
    lists((w) => [ofRoot(w)]),
  ),
  refuses(
    'no list for the authority',
    'client',
    'UNABLE_TO_GET_CRL',
    lists((w) => [ofBetween(w)]),
  ),
  refuses(
    'the list of another authority',
    'client',
    'UNABLE_TO_GET_CRL',
    lists((w) => [ofRoot(w), pki.revocations(pki.root({ commonName: 'Somebody else' }))]),
  ),
  refuses(
    'a list that has expired',
    'client',
    'CRL_HAS_EXPIRED',
    lists((w) => [ofRoot(w), ofBetween(w, { to: -1 })]),
  ),
  refuses(
    'a list of the root that has expired',
    'client',
    'CRL_HAS_EXPIRED',
    lists((w) => [ofRoot(w, { to: -1 }), ofBetween(w)]),
  ),
  refuses(
    'a list that is not in force yet',
    'client',
    'CRL_NOT_YET_VALID',
    lists((w) => [ofRoot(w), ofBetween(w, { from: 1 })]),
  ),
  refuses(
    'a list with a signature that is not good',
    'client',
    'CRL_SIGNATURE_FAILURE',
    lists((w) => [ofRoot(w), ofBetween(w, { spoilt: true })]),
  ),
  refuses(
    'a list signed with another key',
    'client',
    'CRL_SIGNATURE_FAILURE',
    lists((w) => [ofRoot(w), ofBetween(w, { signWith: pki.newKey() })]),
  ),
  refuses(
    'a list with a critical extension that is unknown',
    'client',
    'UNHANDLED_CRITICAL_CRL_EXTENSION',
    lists((w) => [ofRoot(w), ofBetween(w, { extensions: [unknown] })]),
  ),
  refuses('an authority whose key may not sign lists', 'client', 'KEYUSAGE_NO_CRL_SIGN', () => {
    const { root } = world()
    const between = pki.intermediate(root, { usage: ['keyCertSign'] })
    const crl = [pki.revocations(root), pki.revocations(between)]
    return { client: { ca: root.pem, crl, servername }, server: shows(pki.leaf(between), between) }
  }),
]

/** A server that staples this, and a client that wants it. */
function staples(make: (world: World) => Buffer | undefined, client: object = { requireOCSP: true }): () => Sides {
  return () => {
    const { root, between, leaf } = world()
    const ocspResponse = make(world())
    return { client: { ca: root.pem, servername, ...client }, server: { ...shows(leaf, between), ocspResponse } }
  }
}

const REFUSED = 'ERR_TLS_OCSP'
const TOLD = 'ERR_SSL_TLSV1_BAD_CERTIFICATE_STATUS_RESPONSE'

const of = ({ between, leaf }: World, wish: pki.ResponseWish = {}): Buffer => pki.ocsp(between, leaf, wish)

/** A responder that is authorized by the authority, or not. */
const responder = ({ between }: World, wish: pki.Wish = {}): pki.Certificate =>
  pki.issue(between, { commonName: 'A responder', purposes: ['OCSPSigning'], ...wish })

const DAY_OLD = { requireOCSP: true, ocspMaxAge: 86_400 }

const older =
  (make: () => Sides): (() => Sides) =>
  () => {
    const { client, server } = make()
    return { client, server: { ...server, maxVersion: 'TLSv1.2' } }
  }

const STAPLES: readonly Case[] = [
  accepts('a response that says good, and is required', staples(of)),
  accepts('a response that says good, and is asked for', staples(of, { requestOCSP: true })),
  accepts('a response that says good, with TLS 1.2', older(staples(of))),
  accepts(
    'no response, which is asked for and not required',
    staples(() => undefined, { requestOCSP: true }),
  ),
  accepts(
    'a response that says revoked, and is not asked for, which a server does not send',
    staples((w) => of(w, { status: 'revoked' }), {}),
  ),
  accepts(
    'a response of an authorized responder',
    staples((w) => of(w, { responder: responder(w) })),
  ),
  accepts(
    'a response of an authorized responder that signs with RSA',
    staples((w) => of(w, { responder: responder(w, { key: pki.sharedKey('rsa2048') }) })),
  ),
  accepts(
    'a response within the difference of two clocks',
    staples((w) => of(w, { from: 1 / 60 })),
  ),
  accepts(
    'a response without an end that is younger than the greatest age',
    staples((w) => of(w, { from: -23, to: 'never' }), DAY_OLD),
  ),
  accepts(
    'a response that is in force, and younger than the greatest age',
    staples((w) => of(w, { from: -23 }), DAY_OLD),
  ),
  accepts(
    'a response of this moment, where the greatest age is 0, within the difference of two clocks',
    staples((w) => of(w, { from: 0, to: 'never' }), { requireOCSP: true, ocspMaxAge: 0 }),
  ),
  accepts('a response for a leaf right below the root', () => {
    const { root } = world()
    const own = pki.leaf(root)
    return {
      client: { ca: root.pem, servername, requireOCSP: true },
      server: { ...shows(own), ocspResponse: pki.ocsp(root, own) },
    }
  }),
  refuses(
    'a response that says revoked',
    'client',
    REFUSED,
    staples((w) => of(w, { status: 'revoked' })),
    TOLD,
  ),
  refuses(
    'a response that says revoked, with TLS 1.2',
    'client',
    REFUSED,
    older(staples((w) => of(w, { status: 'revoked' }))),
    TOLD,
  ),
  refuses(
    'a response that says revoked, and is only asked for',
    'client',
    REFUSED,
    staples((w) => of(w, { status: 'revoked' }), { requestOCSP: true }),
  ),
  refuses(
    'a response that says unknown',
    'client',
    REFUSED,
    staples((w) => of(w, { status: 'unknown' })),
  ),
  refuses(
    'a response that has expired',
    'client',
    REFUSED,
    staples((w) => of(w, { from: -48, to: -24 })),
  ),
  refuses(
    'a response that has expired, and is only asked for',
    'client',
    REFUSED,
    staples((w) => of(w, { from: -48, to: -24 }), { requestOCSP: true }),
  ),
  refuses(
    'a response without an end',
    'client',
    REFUSED,
    staples((w) => of(w, { to: 'never' })),
    TOLD,
  ),
  refuses(
    'a response of years ago without an end',
    'client',
    REFUSED,
    staples((w) => of(w, { from: -24 * 1000, to: 'never' })),
    TOLD,
  ),
  refuses(
    'a response without an end, which is only asked for',
    'client',
    REFUSED,
    staples((w) => of(w, { to: 'never' }), { requestOCSP: true }),
  ),
  refuses('a response without an end, with TLS 1.2', 'client', REFUSED, older(staples((w) => of(w, { to: 'never' })))),
  refuses(
    'a response without an end that says revoked',
    'client',
    REFUSED,
    staples((w) => of(w, { status: 'revoked', to: 'never' }), DAY_OLD),
    TOLD,
  ),
  refuses(
    'a response without an end that is older than the greatest age',
    'client',
    REFUSED,
    staples((w) => of(w, { from: -25, to: 'never' }), DAY_OLD),
  ),
  refuses(
    'a response that is in force, and older than the greatest age',
    'client',
    REFUSED,
    staples((w) => of(w, { from: -25, to: 24 }), DAY_OLD),
  ),
  refuses(
    'a response that has expired, and is younger than the greatest age',
    'client',
    REFUSED,
    staples((w) => of(w, { from: -2, to: -1 }), DAY_OLD),
  ),
  refuses(
    'a response of tomorrow without an end',
    'client',
    REFUSED,
    staples((w) => of(w, { from: 24, to: 'never' }), DAY_OLD),
  ),
  refuses(
    'a response of tomorrow',
    'client',
    REFUSED,
    staples((w) => of(w, { from: 24, to: 48 })),
  ),
  refuses(
    'a response about another certificate',
    'client',
    REFUSED,
    staples((w) => pki.ocsp(w.between, w.other)),
  ),
  refuses(
    'a response about a certificate of another authority with the same serial number',
    'client',
    REFUSED,
    staples((w) => pki.ocsp(w.root, w.leaf)),
  ),
  refuses(
    'a response with a signature that is not good',
    'client',
    REFUSED,
    staples((w) => of(w, { spoilt: true })),
  ),
  refuses(
    'a response of a responder that is not authorized',
    'client',
    REFUSED,
    staples((w) => of(w, { responder: responder(w, { purposes: ['serverAuth'] }) })),
  ),
  refuses(
    'a response signed by the leaf itself',
    'client',
    REFUSED,
    staples((w) => of(w, { responder: w.leaf })),
  ),
  refuses(
    'a response of a responder whose certificate has expired',
    'client',
    REFUSED,
    staples((w) => of(w, { responder: responder(w, { to: -1 }) })),
  ),
  refuses(
    'a response of a stranger',
    'client',
    REFUSED,
    staples((w) =>
      of(w, { responder: pki.issue(pki.root({ commonName: 'A stranger' }), { purposes: ['OCSPSigning'] }) }),
    ),
  ),
  refuses(
    'a response of a responder authorized by another authority',
    'client',
    REFUSED,
    staples((w) => of(w, { responder: pki.issue(w.root, { purposes: ['OCSPSigning'], commonName: 'Of the root' }) })),
  ),
  refuses(
    'a response that says "try later"',
    'client',
    REFUSED,
    staples((w) => of(w, { outcome: 3 })),
  ),
  refuses(
    'a response that says "unauthorized"',
    'client',
    REFUSED,
    staples((w) => of(w, { outcome: 6 })),
  ),
  refuses(
    'a response that is no DER',
    'client',
    REFUSED,
    staples(() => Buffer.from('good')),
  ),
  refuses(
    'a response that is cut',
    'client',
    REFUSED,
    staples((w) => of(w).subarray(0, -1)),
  ),
  refuses(
    'no response, which is required',
    'client',
    REFUSED,
    staples(() => undefined),
    TOLD,
  ),
  refuses('no response, which is required, with TLS 1.2', 'client', REFUSED, older(staples(() => undefined)), TOLD),
]

export const REVOCATION: readonly Case[] = [...LISTS, ...STAPLES]
