// Which certificate a client shows to a server that asks for one.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { tls } from 'berkeley'
import * as pki from '../../pki.js'
import { accepts, type Case, lazy, refuses, type Side, type Sides, shows } from '../verdict.js'

const servername = 'host.example'

/** Two authorities with the same kind of clients, and one below each. */
const world = lazy(() => {
  const [north, south] = ['North', 'South'].map((commonName) => pki.root({ commonName })) as [
    pki.Certificate,
    pki.Certificate,
  ]
  const between = pki.intermediate(north, { commonName: 'North-west' })
  const person = (issuer: pki.Certificate, commonName: string, more: pki.Wish = {}) =>
    pki.issue(issuer, { commonName, purposes: ['clientAuth'], ...more })
  return {
    north,
    south,
    between,
    server: pki.leaf(north),
    ofNorth: shows(person(north, 'of North')),
    ofSouth: shows(person(south, 'of South')),
    ofBetween: shows(person(between, 'of North-west'), between),
    rsa: shows(person(north, 'with RSA', { key: pki.sharedKey('rsa2048') })),
    edwards: shows(person(north, 'with Ed25519', { key: 'ed25519' })),
  }
})

type World = ReturnType<typeof world>
type Own = Omit<tls.Config, 'ca'>

/** A server that accepts the clients of one authority, or more, and a client that shows something. */
function meet(own: (world: World) => Own, server: (world: World) => tls.Config): () => Sides {
  return () => ({
    client: { ca: world().north.pem, servername, ...own(world()) },
    server: { ...shows(world().server), requestCert: true, ...server(world()) },
  })
}

const acceptsNorth = ({ north }: World): tls.Config => ({ ca: north.pem })
const acceptsSouth = ({ south }: World): tls.Config => ({ ca: south.pem })
const acceptsBoth = ({ north, south }: World): tls.Config => ({ ca: [south.pem, north.pem] })
/** It does not say which authorities it accepts. */
const acceptsSilently = (w: World): tls.Config => ({ ...acceptsBoth(w), caNames: false })
const accepting12 = (accepted: (w: World) => tls.Config) => (w: World) => ({
  ...accepted(w),
  maxVersion: 'TLSv1.2' as const,
})

type Look = Parameters<typeof accepts>[2]

/** Both sides agree about who the client is. */
const isShown = (commonName: string | undefined): Look => {
  const subject = commonName && `CN=${commonName}`
  return {
    server: (sock) => assert.equal(sock.getPeerCertificate()?.subject, subject),
    client: (sock) => assert.equal(sock.getCertificate()?.subject, subject),
  }
}

const MISSING = 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE'
const CALLBACK = 'ERR_TLS_CLIENT_CERT_CALLBACK'

const pair = (...names: (keyof World)[]) => ({
  keyPairs: names.map((name) => world()[name] as ReturnType<typeof shows>),
})

/** A callback that compares what it hears, and answers. */
const choosing =
  (answer: (w: World) => tls.Shown | Promise<tls.Shown>, hears: (request: tls.CertificateRequest) => void = () => {}) =>
  (w: World): Own => ({
    clientCertCallback: (request) => {
      hears(request)
      return answer(w)
    },
  })

const pfxOf = ({ ofSouth }: World): tls.Context => tls.Context.client({ ...ofSouth, ca: world().north.pem })

/** The rest for both versions. */
function both(title: string, own: (w: World) => Own, server: (w: World) => tls.Config, look: Look): Case[] {
  return [
    accepts(title, meet(own, server), look),
    accepts(`${title}, with TLS 1.2`, meet(own, accepting12(server)), look),
  ]
}

function refused(title: string, by: Side, code: string, own: (w: World) => Own): Case[] {
  return [
    refuses(title, by, code, meet(own, acceptsNorth)),
    refuses(`${title}, with TLS 1.2`, by, code, meet(own, accepting12(acceptsNorth))),
  ]
}

const LISTS: readonly Case[] = [
  ...both(
    'the certificate of the first authority',
    () => pair('ofNorth', 'ofSouth'),
    acceptsNorth,
    isShown('of North'),
  ),
  ...both('the certificate of the second one', () => pair('ofNorth', 'ofSouth'), acceptsSouth, isShown('of South')),
  ...both('the first of two that would do', () => pair('ofNorth', 'ofSouth'), acceptsBoth, isShown('of North')),
  ...both(
    'a certificate whose authority is below one',
    () => pair('ofSouth', 'ofBetween'),
    acceptsNorth,
    isShown('of North-west'),
  ),
  ...both(
    'another certificate than the usual one',
    (w) => ({ ...w.ofNorth, ...pair('ofSouth') }),
    acceptsSouth,
    isShown('of South'),
  ),
  ...both(
    'the usual one, where no other will do',
    (w) => ({ ...w.ofNorth, ...pair('ofSouth') }),
    acceptsNorth,
    isShown('of North'),
  ),
  ...both(
    'the usual one, where the server names nobody',
    (w) => ({ ...w.ofNorth, ...pair('ofSouth') }),
    acceptsSilently,
    isShown('of North'),
  ),
  ...both(
    'the first one, where the server names nobody',
    () => pair('ofSouth', 'ofNorth'),
    acceptsSilently,
    isShown('of South'),
  ),
  ...both(
    'one with a key of another type, where the server accepts no signatures of the first',
    () => pair('rsa', 'ofNorth'),
    (w) => ({ ...acceptsNorth(w), sigalgs: 'ECDSA+SHA256' }),
    isShown('of North'),
  ),
  ...both(
    'none of a list in which none will do',
    () => pair('ofSouth'),
    (w) => ({ ...acceptsNorth(w), requestCert: 'optional' }),
    isShown(undefined),
  ),
  ...both('one with a key of Ed25519', () => pair('ofSouth', 'edwards'), acceptsNorth, isShown('with Ed25519')),
  ...both(
    'nothing, where the server does not ask',
    () => pair('ofNorth'),
    () => ({ requestCert: false }),
    {
      server: (sock) => assert.equal(sock.getPeerCertificate(), undefined),
    },
  ),
  ...refused('a list in which none will do, where one is needed', 'server', MISSING, () => pair('ofSouth')),
]

const CALLBACKS: readonly Case[] = [
  ...both(
    'the certificate that a callback answers',
    choosing((w) => w.ofSouth),
    acceptsSouth,
    isShown('of South'),
  ),
  ...both(
    'the certificate that a callback promises',
    choosing(async (w) => w.ofSouth),
    acceptsSouth,
    isShown('of South'),
  ),
  ...both('the certificate of a context that a callback answers', choosing(pfxOf), acceptsSouth, isShown('of South')),
  ...both(
    'none, by a callback',
    choosing(() => undefined),
    (w) => ({ ...acceptsNorth(w), requestCert: 'optional' }),
    isShown(undefined),
  ),
  ...both(
    'the certificate of a callback that hears whom the server accepts',
    choosing(
      (w) => w.ofNorth,
      ({ host, authorities, signatureAlgorithms }) => {
        const { north, south } = world()
        const names = [south, north].map(({ pem }) => new X509Certificate(pem).subject)
        assert.deepEqual([host, authorities], [servername, names])
        assert.ok(signatureAlgorithms.includes('ecdsa_secp256r1_sha256'))
      },
    ),
    acceptsBoth,
    isShown('of North'),
  ),
  ...both(
    'the certificate of a callback of a server that names nobody',
    choosing(
      (w) => w.ofNorth,
      ({ authorities }) => assert.deepEqual(authorities, []),
    ),
    acceptsSilently,
    isShown('of North'),
  ),
  ...refused(
    'no certificate by a callback, where one is needed',
    'server',
    MISSING,
    choosing(() => undefined),
  ),
  ...refused(
    'a callback that throws',
    'client',
    CALLBACK,
    choosing(() => assert.fail('no')),
  ),
  ...refused(
    'a callback that rejects',
    'client',
    CALLBACK,
    choosing(() => Promise.reject(new Error('no'))),
  ),
  ...refused(
    'a callback that throws nothing',
    'client',
    CALLBACK,
    choosing(() => Promise.reject()),
  ),
  ...refused(
    'a callback that answers null',
    'client',
    CALLBACK,
    choosing(() => null as never),
  ),
  ...refused(
    'a callback that answers an empty object',
    'client',
    CALLBACK,
    choosing(() => ({})),
  ),
  ...refused(
    'a callback that answers a certificate without its key',
    'client',
    CALLBACK,
    choosing(({ ofNorth: { cert } }) => ({ cert })),
  ),
  ...refused(
    'a callback that answers more than a certificate',
    'client',
    CALLBACK,
    choosing(({ ofNorth, north }) => ({ ...ofNorth, ca: north.pem })),
  ),
  ...refused(
    'a callback that answers the context of a server',
    'client',
    CALLBACK,
    choosing((w) => tls.Context.server(w.ofNorth)),
  ),
  ...refused(
    'a callback that answers the key of another certificate',
    'client',
    CALLBACK,
    choosing(({ ofNorth, ofSouth }) => ({ ...ofNorth, key: ofSouth.key })),
  ),
]

export const SHOWN: readonly Case[] = [...LISTS, ...CALLBACKS]
