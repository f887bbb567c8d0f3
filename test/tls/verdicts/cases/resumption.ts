// What a former session is good for, and what it must not be good for.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { tls } from 'berkeley'
import * as pki from '../../pki.js'
import { type Case, converse, lazy, OK, type Sides, shows, type Verdict } from '../verdict.js'

const servername = 'host.example'

const world = lazy(() => {
  const root = pki.root()
  return { root, own: pki.leaf(root), other: pki.root({ commonName: 'Another root' }) }
})

type Client = Partial<Sides['client']>
type Server = Partial<Sides['server']>

/** Two conversations: what is another in the second one. */
interface Plan {
  readonly client?: Client
  readonly server?: Server
  readonly client2?: Client
  readonly server2?: Server
  /** The server of the second conversation has a context of its own. */
  readonly elsewhere?: boolean
}

/** Talks, and talks again with the session of the first time. */
async function twice(plan: Plan): Promise<{ verdict: Verdict; reused: boolean }> {
  const { root, own } = world()
  const first = { ca: root.pem, servername, ...plan.client }
  const config = { ...shows(own), ...plan.server }
  // One context for both: its tickets are under keys of its own.
  const server = tls.Context.server(config)
  const server2 = plan.elsewhere || plan.server2 ? tls.Context.server({ ...config, ...plan.server2 }) : server
  let session: Uint8Array | undefined
  const before = await converse({ client: first, server }, { client: (sock) => (session = sock.getSession()) })
  assert.deepEqual(before, OK)
  let reused = false
  const client = { ca: root.pem, servername, session, ...(plan.client2 ?? plan.client) }
  const verdict = await converse(
    { client, server: server2 },
    {
      client: (sock) => (reused = sock.isSessionReused()),
      server: (sock) => assert.equal(sock.isSessionReused(), reused),
    },
  )
  return { verdict, reused }
}

/** The second conversation goes on from the first, or begins anew. */
const goesOn = (title: string, reused: boolean, plan: () => Plan): Case => ({
  title: `${title}: ${reused ? 'resumed' : 'a full handshake'}`,
  expected: OK,
  async run() {
    const result = await twice(plan())
    assert.deepEqual(result.verdict, OK)
    assert.equal(result.reused, reused)
    return result.verdict
  },
})

const fails = (title: string, expected: Verdict, plan: () => Plan): Case => ({
  title,
  expected,
  run: async () => (await twice(plan())).verdict,
})

const TLS12 = { maxVersion: 'TLSv1.2' } as const
const ticketKeys = randomBytes(48)
const longKeys = randomBytes(80)
const NO_CERTIFICATE = 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE'

const person = (): { cert: string; key: string } => shows(pki.issue(world().root, { commonName: 'A person' }))
const stranger = (): { cert: string; key: string } => shows(pki.issue(world().other, { commonName: 'A stranger' }))

const GOOD: readonly Case[] = [
  goesOn('the same server again', true, () => ({})),
  goesOn('the same server again, with TLS 1.2', true, () => ({ client: TLS12 })),
  goesOn('a client with a certificate', true, () => ({
    client: person(),
    server: { ca: world().root.pem, requestCert: true },
  })),
  goesOn('another server with the same ticket keys', true, () => ({ server: { ticketKeys }, elsewhere: true })),
  goesOn('another server with the same ticket keys, with TLS 1.2', true, () => ({
    client: TLS12,
    server: { ticketKeys },
    elsewhere: true,
  })),
  goesOn('another server with the same long ticket keys', true, () => ({
    server: { ticketKeys: longKeys },
    elsewhere: true,
  })),
  goesOn('another server with newer ticket keys, which still accepts the former ones', true, () => ({
    server: { ticketKeys },
    server2: { ticketKeys: [randomBytes(48), longKeys, ticketKeys] },
  })),
  goesOn('another server with newer ticket keys, which still accepts the former ones, with TLS 1.2', true, () => ({
    client: TLS12,
    server: { ticketKeys },
    server2: { ticketKeys: [randomBytes(80), ticketKeys] },
  })),
  goesOn('a server with newer ticket keys, which accepts no former ones', false, () => ({
    server: { ticketKeys: [ticketKeys, longKeys] },
    server2: { ticketKeys: [randomBytes(48), longKeys] },
  })),
  goesOn('another server with the same keys and another certificate', true, () => ({
    server: { ticketKeys },
    server2: shows(pki.leaf(world().root)),
  })),
  goesOn('another server', false, () => ({ elsewhere: true })),
  goesOn('another server, with TLS 1.2', false, () => ({ client: TLS12, elsewhere: true })),
  goesOn('a server with other ticket keys', false, () => ({
    server: { ticketKeys },
    server2: { ticketKeys: randomBytes(48) },
  })),
  goesOn('a server with the same keys for another context', false, () => ({
    server: { ticketKeys },
    server2: { sessionIdContext: 'another' },
  })),
  goesOn('a server that resumes nothing', false, () => ({ server: { sessionTimeout: 0 } })),
  goesOn('a session of a client that a partial chain does for, where it does not', false, () => ({
    client: { allowPartialTrustChain: true },
    client2: {},
  })),
  goesOn('bytes that are not a session', false, () => ({ client2: { session: Buffer.from('not a session') } })),
  goesOn('an empty session', false, () => ({ client2: { session: Buffer.alloc(0) } })),
  goesOn('the session of another name', false, () => {
    const names = [pki.dns(servername), pki.dns('other.example')]
    return { server: shows(pki.leaf(world().root, { names })), client2: { servername: 'other.example' } }
  }),
  goesOn('the session of a name, for an address', false, () => {
    const names = [pki.dns(servername), pki.ip('c0000201')]
    return { server: shows(pki.leaf(world().root, { names })), client2: { servername: '192.0.2.1' } }
  }),
  goesOn('the session of an address, for another address', false, () => {
    const server = shows(pki.leaf(world().root, { names: [pki.ip('c0000201'), pki.ip('c0000202')] }))
    return { server, client: { servername: '192.0.2.1' }, client2: { servername: '192.0.2.2' } }
  }),
  goesOn('the session of a client that trusts others as well', false, () => ({
    client2: { ca: [world().root.pem, world().other.pem] },
  })),
  goesOn('a client certificate that is required only now', false, () => ({
    client: person(),
    server: { ticketKeys },
    server2: { ca: world().root.pem, requestCert: true },
  })),
]

const BAD: readonly Case[] = [
  fails('the session of a client that trusts another authority', { client: 'SELF_SIGNED_CERT_IN_CHAIN' }, () => ({
    server: shows(world().own, world().root),
    client2: { ca: world().other.pem },
  })),
  fails(
    'the session of a client that trusts another authority, with TLS 1.2',
    { client: 'SELF_SIGNED_CERT_IN_CHAIN' },
    () => ({
      server: { ...shows(world().own, world().root), ...TLS12 },
      client2: { ca: world().other.pem },
    }),
  ),
  fails('the session of a client that tolerates everything', { client: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, () => ({
    client: { rejectUnauthorized: false },
    server: shows(pki.leaf(undefined)),
    client2: {},
  })),
  fails('the session of a client that skips the chain', { client: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, () => ({
    client: { insecureSkipVerify: ['chain'] },
    server: shows(pki.leaf(undefined)),
    client2: {},
  })),
  fails('the session of a client that skips the name', { client: 'ERR_TLS_CERT_ALTNAME_INVALID' }, () => ({
    client: { insecureSkipVerify: ['name'] },
    server: shows(pki.leaf(world().root, { names: [pki.dns('other.example')] })),
    client2: {},
  })),
  fails('the session of a client that skips the dates', { client: 'CERT_HAS_EXPIRED' }, () => ({
    client: { insecureSkipVerify: ['time'] },
    server: shows(pki.leaf(world().root, { to: -1 })),
    client2: {},
  })),
  fails('the session of a client that knows no revocation', { client: 'CERT_REVOKED' }, () => ({
    client2: { crl: pki.revocations(world().root, { revoked: [world().own] }) },
  })),
  fails('the session of a client that requires no OCSP response', { client: 'ERR_TLS_OCSP' }, () => ({
    client2: { requireOCSP: true },
  })),
  fails('the session of a client without certificate, where one is required now', { server: NO_CERTIFICATE }, () => ({
    server: { ticketKeys },
    server2: { ca: world().root.pem, requestCert: true },
  })),
  fails('the same with TLS 1.2', { server: NO_CERTIFICATE }, () => ({
    server: { ticketKeys, ...TLS12 },
    server2: { ca: world().root.pem, requestCert: true },
  })),
  fails('the same for a context that was chosen by name', { server: NO_CERTIFICATE }, () => {
    const { root, own } = world()
    const open = tls.Context.server(shows(own))
    const closed = tls.Context.server({ ...shows(own), ca: root.pem, requestCert: true })
    let visits = 0
    return { server: { SNICallback: () => (visits++ === 0 ? open : closed) } }
  }),
  fails('the session of an untrusted client that was tolerated', { server: 'SELF_SIGNED_CERT_IN_CHAIN' }, () => ({
    client: { ...stranger(), ca: [world().root.pem, world().other.pem] },
    server: { ticketKeys, ca: world().root.pem, requestCert: true, rejectUnauthorized: false },
    server2: { rejectUnauthorized: true },
  })),
  fails('the session of a client that another server trusts', { server: 'SELF_SIGNED_CERT_IN_CHAIN' }, () => ({
    client: { ...stranger(), ca: [world().root.pem, world().other.pem] },
    server: { ticketKeys, ca: world().other.pem, requestCert: true },
    server2: { ca: world().root.pem },
  })),
]

export const RESUMPTION: readonly Case[] = [...GOOD, ...BAD]
