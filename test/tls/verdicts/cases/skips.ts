// Checks that a client leaves out: each accepts what it should, and nothing else.
import assert from 'node:assert/strict'
import type { tls } from 'berkeley'
import * as pki from '../../pki.js'
import { accepts, type Case, lazy, refuses, type Sides, shows } from '../verdict.js'

const servername = 'host.example'
const root = lazy(() => pki.root())

/** A client that leaves out these checks, and a server whose certificate is as wished. */
function skip(
  checks: readonly tls.Check[],
  wish: pki.Wish,
  issuer: () => pki.Certificate | undefined = root,
): () => Sides {
  return () => ({
    client: { ca: root().pem, servername, insecureSkipVerify: checks },
    server: shows(pki.leaf(issuer(), wish)),
  })
}

/** A client that tolerates everything, and tells. */
function tolerate(wish: pki.Wish, issuer: () => pki.Certificate | undefined = root): () => Sides {
  return () => ({
    client: { ca: root().pem, servername, rejectUnauthorized: false },
    server: shows(pki.leaf(issuer(), wish)),
  })
}

/** What a client says of its server. One whose checks are not all made is never authorized. */
const thinks = (code: string | null, authorized = false): Parameters<typeof accepts>[2] => ({
  client: (sock) => {
    assert.equal(sock.authorizationError?.code ?? null, code)
    assert.equal(sock.authorized, authorized)
  },
})

const nobody = (): undefined => undefined
const abroad = (): pki.Certificate => pki.root({ commonName: 'Abroad' })
const OTHER: pki.Wish = { names: [pki.dns('other.example')] }
const EXPIRED: pki.Wish = { to: -1 }
const OTHER_HOST = 'ERR_TLS_CERT_ALTNAME_INVALID'
const NO_ISSUER = 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'
const SELF = 'DEPTH_ZERO_SELF_SIGNED_CERT'

export const SKIPS: readonly Case[] = [
  accepts('without the chain: a certificate that signs itself', skip(['chain'], {}, nobody), thinks(SELF)),
  accepts('without the chain: an unknown authority', skip(['chain'], {}, abroad), thinks(NO_ISSUER)),
  accepts('without the chain: an expired certificate', skip(['chain'], EXPIRED), thinks('CERT_HAS_EXPIRED')),
  accepts('without the chain: a good one', skip(['chain'], {}), thinks(null)),
  accepts('without the name: another host', skip(['name'], OTHER), thinks(OTHER_HOST)),
  accepts('without the name: no name at all', skip(['name'], { names: [] }), thinks(OTHER_HOST)),
  accepts('without the dates: an expired certificate', skip(['time'], EXPIRED), thinks(null)),
  accepts('without the dates: one that is not valid yet', skip(['time'], { from: 1 }), thinks(null)),
  accepts('without the dates: a revocation list that has expired', () => {
    const { client, server } = skip(['time'], {})()
    return { client: { ...client, crl: pki.revocations(root(), { to: -1 }) }, server }
  }),
  accepts(
    'without name and dates: an expired certificate of another host',
    skip(['name', 'time'], { ...OTHER, ...EXPIRED }),
    thinks(OTHER_HOST),
  ),
  accepts(
    'without any check: a certificate that signs itself, of another host',
    skip(['chain', 'name', 'time'], OTHER, nobody),
    thinks(SELF),
  ),
  accepts('a client that tolerates everything: a certificate that signs itself', tolerate({}, nobody), thinks(SELF)),
  accepts('a client that tolerates everything: another host', tolerate(OTHER), thinks(OTHER_HOST)),
  accepts('a client that tolerates everything: an expired certificate', tolerate(EXPIRED), thinks('CERT_HAS_EXPIRED')),
  accepts('a client that tolerates everything: an unknown authority', tolerate({}, abroad), thinks(NO_ISSUER)),
  accepts('a client that tolerates everything: a good one', tolerate({}), thinks(null, true)),

  refuses('without the chain: another host', 'client', OTHER_HOST, skip(['chain'], OTHER)),
  refuses(
    'without the chain: a certificate that signs itself, of another host',
    'client',
    OTHER_HOST,
    skip(['chain'], OTHER, nobody),
  ),
  refuses('without the name: a certificate that signs itself', 'client', SELF, skip(['name'], {}, nobody)),
  refuses('without the name: an unknown authority', 'client', NO_ISSUER, skip(['name'], {}, abroad)),
  refuses('without the name: an expired certificate', 'client', 'CERT_HAS_EXPIRED', skip(['name'], EXPIRED)),
  refuses(
    'without the name: the certificate of a client',
    'client',
    'INVALID_PURPOSE',
    skip(['name'], { purposes: ['clientAuth'] }),
  ),
  refuses('without the dates: a certificate that signs itself', 'client', SELF, skip(['time'], EXPIRED, nobody)),
  refuses('without the dates: an unknown authority', 'client', NO_ISSUER, skip(['time'], {}, abroad)),
  refuses('without the dates: another host', 'client', OTHER_HOST, skip(['time'], OTHER)),
  refuses('without the dates: a revoked certificate', 'client', 'CERT_REVOKED', () => {
    const own = pki.leaf(root())
    const crl = pki.revocations(root(), { revoked: [own], to: -1 })
    return { client: { ca: root().pem, servername, crl, insecureSkipVerify: ['time'] }, server: shows(own) }
  }),
  refuses('without the dates: an OCSP response that has expired', 'client', 'ERR_TLS_OCSP', () => {
    const own = pki.leaf(root())
    const ocspResponse = pki.ocsp(root(), own, { from: -48, to: -24 })
    const client = { ca: root().pem, servername, requireOCSP: true, insecureSkipVerify: ['time'] } as const
    return { client, server: { ...shows(own), ocspResponse } }
  }),
  refuses('without name and dates: an unknown authority', 'client', NO_ISSUER, skip(['name', 'time'], OTHER, abroad)),
  refuses('without chain and dates: another host', 'client', OTHER_HOST, skip(['chain', 'time'], OTHER, nobody)),
  refuses('without any check: nothing in common', 'server', 'ERR_SSL_UNSUPPORTED_PROTOCOL', () => {
    const { client, server } = skip(['chain', 'name', 'time'], {})()
    return { client: { ...client, maxVersion: 'TLSv1.2' }, server: { ...server, minVersion: 'TLSv1.3' } }
  }),
  refuses('a client that tolerates everything: nothing in common', 'server', 'ERR_SSL_NO_APPLICATION_PROTOCOL', () => {
    const { client, server } = tolerate({})()
    return { client: { ...client, ALPNProtocols: ['a'] }, server: { ...server, ALPNProtocols: ['b'] } }
  }),
]
