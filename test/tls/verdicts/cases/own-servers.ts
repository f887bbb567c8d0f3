// Verdicts of the user's own where OpenSSL does not wait for them: of servers, and about resumed sessions.
import assert from 'node:assert/strict'
import { tls } from 'berkeley'
import * as pki from '../../pki.js'
import { accepts, type Case, converse, lazy, OK, refuses, type Sides, shows, type Verdict } from '../verdict.js'
import {
  type Client,
  later,
  no,
  nothing,
  pin,
  SELF,
  servername,
  TLS12,
  TOLD_BAD,
  thrown,
  type Verify,
  world,
  yes,
} from './own.js'

/** A client of TLS 1.3 has finished its handshake. */
const TOLD_LATE = 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR'

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

export const OWN_SERVERS: readonly Case[] = [...SERVERS, ...SESSIONS]
