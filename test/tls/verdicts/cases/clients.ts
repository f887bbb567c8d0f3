// What a server makes of the certificate of its client, or of none.
import assert from 'node:assert/strict'
import * as pki from '../../pki.js'
import { accepts, type Case, lazy, refuses, type Sides, shows } from '../verdict.js'

const servername = 'host.example'

const world = lazy(() => {
  const root = pki.root()
  const between = pki.intermediate(root)
  return { root, between, server: pki.leaf(root) }
})

type World = ReturnType<typeof world>
type Shown = { cert: string; key: string }

/** A server that asks for certificates of the root, and a client that shows something. */
function meet(show: (world: World) => Shown | undefined, server: object = {}, client: object = {}): () => Sides {
  return () => {
    const { root, server: own } = world()
    return {
      client: { ca: root.pem, servername, ...show(world()), ...client },
      server: { ...shows(own), ca: root.pem, requestCert: true, ...server },
    }
  }
}

/** A server that trusts the authority in between, and not the root. */
const betweenOnly = (more: object = {}): object => ({ ca: world().between.pem, ...more })

/** A server that chooses a context with other rules than its own. */
const chosen = (rules: object, own: object): object => ({
  ...betweenOnly(own),
  SNICallback: () => ({ ...shows(world().server), requestCert: true, ...betweenOnly(rules) }),
})

const nothing = (): undefined => undefined
const person =
  (wish: pki.Wish = {}) =>
  (world: World): Shown =>
    shows(pki.issue(world.root, { commonName: 'A person', purposes: ['clientAuth'], ...wish }))
const stranger = (): Shown => shows(pki.issue(pki.root({ commonName: 'Abroad' }), { purposes: ['clientAuth'] }))

const TLS12 = { maxVersion: 'TLSv1.2' } as const
const OPTIONAL = { requestCert: 'optional' } as const
const TOLERANT = { rejectUnauthorized: false } as const
const MISSING = 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE'
const NO_ISSUER = 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'
const TOLD_UNKNOWN = 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'
const TOLD_PURPOSE = 'ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE'
const TOLD_EXPIRED = 'ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED'

/** What a server that tolerates everything says of its client. */
const thinks = (code: string | null, authorized: boolean): Parameters<typeof accepts>[2] => ({
  server: (sock) => {
    assert.equal(sock.authorizationError?.code ?? null, code)
    assert.equal(sock.authorized, authorized)
  },
})

export const CLIENTS: readonly Case[] = [
  accepts('a client with a certificate', meet(person()), thinks(null, true)),
  accepts('a client with a certificate, with TLS 1.2', meet(person(), TLS12), thinks(null, true)),
  accepts(
    'a client whose certificate has no purposes',
    meet((w) => shows(pki.issue(w.root))),
    thinks(null, true),
  ),
  accepts(
    'a client below an authority',
    meet((w) => shows(pki.issue(w.between), w.between)),
    thinks(null, true),
  ),
  accepts(
    'a client below an authority that is trusted, where a partial chain will do',
    meet((w) => shows(pki.issue(w.between), w.between), betweenOnly({ allowPartialTrustChain: true })),
    thinks(null, true),
  ),
  accepts(
    'a client below an authority that is trusted, where a partial chain will do in the chosen context',
    meet((w) => shows(pki.issue(w.between), w.between), chosen({ allowPartialTrustChain: true }, {})),
  ),
  accepts('a client with a key of Ed25519', meet(person({ key: 'ed25519' })), thinks(null, true)),
  accepts('a client with an RSA key', meet(person({ key: pki.sharedKey('rsa2048') })), thinks(null, true)),
  accepts(
    'a client whose certificate has names, which are ignored',
    meet(person({ names: [pki.dns('anybody')] })),
    thinks(null, true),
  ),
  accepts(
    'a client with a certificate that was not asked for',
    meet(stranger, { requestCert: false, ca: undefined }),
    thinks(null, false),
  ),
  accepts('no certificate, where it is optional', meet(nothing, OPTIONAL), thinks(null, false)),
  accepts(
    'no certificate, where it is optional, with TLS 1.2',
    meet(nothing, { ...OPTIONAL, ...TLS12 }),
    thinks(null, false),
  ),
  accepts('a certificate, where it is optional', meet(person(), OPTIONAL), thinks(null, true)),
  accepts('a stranger, where that is tolerated', meet(stranger, TOLERANT), thinks(NO_ISSUER, false)),
  accepts(
    'a stranger, where that is tolerated, with TLS 1.2',
    meet(stranger, { ...TOLERANT, ...TLS12 }),
    thinks(NO_ISSUER, false),
  ),
  accepts(
    'an expired client, where that is tolerated',
    meet(person({ to: -1 }), TOLERANT),
    thinks('CERT_HAS_EXPIRED', false),
  ),
  accepts(
    'a server, where that is tolerated',
    meet(person({ purposes: ['serverAuth'] }), TOLERANT),
    thinks('INVALID_PURPOSE', false),
  ),
  accepts('no certificate, where that is tolerated', meet(nothing, TOLERANT), thinks(null, false)),
  accepts('a good client, where others are tolerated', meet(person(), TOLERANT), thinks(null, true)),

  refuses('no certificate', 'server', MISSING, meet(nothing), 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'),
  refuses(
    'no certificate, with TLS 1.2',
    'server',
    MISSING,
    meet(nothing, TLS12),
    'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
  ),
  refuses('a stranger', 'server', NO_ISSUER, meet(stranger), TOLD_UNKNOWN),
  refuses('a stranger, with TLS 1.2', 'server', NO_ISSUER, meet(stranger, TLS12), TOLD_UNKNOWN),
  refuses('a stranger, where a certificate is optional', 'server', NO_ISSUER, meet(stranger, OPTIONAL), TOLD_UNKNOWN),
  refuses(
    'a client that signs for itself',
    'server',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    meet(() => shows(pki.leaf(undefined))),
    TOLD_UNKNOWN,
  ),
  refuses('a client that has expired', 'server', 'CERT_HAS_EXPIRED', meet(person({ to: -1 })), TOLD_EXPIRED),
  refuses(
    'a client that has expired, where a certificate is optional',
    'server',
    'CERT_HAS_EXPIRED',
    meet(person({ to: -1 }), OPTIONAL),
    TOLD_EXPIRED,
  ),
  refuses(
    'a client that is not valid yet',
    'server',
    'CERT_NOT_YET_VALID',
    meet(person({ from: 1 })),
    'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE',
  ),
  refuses(
    'a client with the certificate of a server',
    'server',
    'INVALID_PURPOSE',
    meet(person({ purposes: ['serverAuth'] })),
    TOLD_PURPOSE,
  ),
  refuses(
    'a client with the certificate of a server, where one is optional',
    'server',
    'INVALID_PURPOSE',
    meet(person({ purposes: ['serverAuth'] }), OPTIONAL),
    TOLD_PURPOSE,
  ),
  refuses(
    'a client with a certificate for e-mail',
    'server',
    'INVALID_PURPOSE',
    meet(person({ purposes: ['emailProtection'] })),
    TOLD_PURPOSE,
  ),
  refuses(
    'a client with a signature that is not good',
    'server',
    'CERT_SIGNATURE_FAILURE',
    meet(person({ spoilt: true })),
    'ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR',
  ),
  refuses(
    'a client without its authority',
    'server',
    NO_ISSUER,
    meet((w) => shows(pki.issue(w.between))),
    TOLD_UNKNOWN,
  ),
  refuses(
    'a client below another leaf',
    'server',
    'INVALID_CA',
    meet((w) => {
      const other = pki.issue(w.root, { commonName: 'Another person' })
      return shows(pki.issue(other), other)
    }),
    TOLD_UNKNOWN,
  ),
  refuses(
    'a client that is revoked',
    'server',
    'CERT_REVOKED',
    () => {
      const { root } = world()
      const own = pki.issue(root, { commonName: 'A former person' })
      return meet(() => shows(own), { crl: pki.revocations(root, { revoked: [own] }) })()
    },
    'ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED',
  ),
  refuses(
    'a client without a list that could revoke it',
    'server',
    'UNABLE_TO_GET_CRL',
    () => {
      const { root } = world()
      const listless = pki.intermediate(root, { commonName: 'Listless' })
      return meet(() => shows(pki.issue(listless), listless), { crl: pki.revocations(root) })()
    },
    TOLD_UNKNOWN,
  ),
  refuses(
    'a client below an authority that is trusted, and whose root is not there',
    'server',
    'UNABLE_TO_GET_ISSUER_CERT',
    meet((w) => shows(pki.issue(w.between), w.between), betweenOnly()),
    TOLD_UNKNOWN,
  ),
  refuses(
    'a client below an authority that is trusted, where a partial chain will do, but not in the chosen context',
    'server',
    'UNABLE_TO_GET_ISSUER_CERT',
    meet((w) => shows(pki.issue(w.between), w.between), chosen({}, { allowPartialTrustChain: true })),
    TOLD_UNKNOWN,
  ),
  refuses(
    'a client of another authority, where a partial chain will do',
    'server',
    'SELF_SIGNED_CERT_IN_CHAIN',
    meet(person(), betweenOnly({ allowPartialTrustChain: true })),
    TOLD_UNKNOWN,
  ),
  refuses(
    'a client with too long a chain',
    'server',
    'CERT_CHAIN_TOO_LONG',
    meet((w) => shows(pki.issue(w.between), w.between), { verifyDepth: 0 }),
  ),
]
