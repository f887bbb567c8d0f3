// What a case is: two sides meet, and each ends with a verdict.
import assert from 'node:assert/strict'
import { it, type TestContext } from 'node:test'
import { stream, tls } from 'berkeley'
import { within } from '../../util/index.js'
import type { Certificate } from '../pki.js'

/** How it ended for a side: `'ok'`, or the code of its error. A side that is left out is not looked at. */
export interface Verdict {
  readonly client?: string
  readonly server?: string
}

export interface Case {
  readonly title: string
  readonly expected: Verdict
  run(t: TestContext): Promise<Verdict>
}

/** Configurations of both sides. */
export interface Sides {
  readonly client: tls.Config
  readonly server: tls.Config
}

export type Side = keyof Sides

export const OK: Verdict = { client: 'ok', server: 'ok' }

type Stream = Awaited<ReturnType<typeof tls.wrap>>

/** The code of an error. What has none is no verdict: the test fails with it. */
export function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown }
  if (typeof code !== 'string') throw error
  return code
}

/** Does something with a socket, closes it whatever happens, and tells how it went. */
export async function verdictOf(opening: Promise<Stream>, use: (sock: Stream) => Promise<unknown>): Promise<string> {
  let sock: Stream | undefined
  try {
    sock = await opening
    await use(sock)
    return 'ok'
  } catch (error) {
    return codeOf(error)
  } finally {
    // The verdict is known already; the result of close_notify does not matter.
    await sock?.close().catch(() => undefined)
  }
}

/** A server speaks first, so that a client learns what a server says to its certificate: with TLS 1.3 only after the handshake. */
async function serve(sock: Stream): Promise<void> {
  await sock.handshake()
  await sock.send('hello')
  assert.equal(String(await sock.recv()), 'thanks')
}

async function ask(sock: Stream): Promise<void> {
  assert.equal(String(await sock.recv()), 'hello')
  await sock.send('thanks')
}

function contextFor(side: Side, config: tls.Config | tls.Context): tls.Context {
  return config instanceof tls.Context ? config : new tls.Context(config, side === 'server')
}

type Pair = Awaited<ReturnType<typeof stream.unix.pair>>

/** A whole conversation between a client and a server of ours, and what each thinks of the other. */
export async function converse(
  { client, server }: { [S in Side]: tls.Config | tls.Context },
  look: { [S in Side]?: (sock: Stream) => void } = {},
  pair?: Pair,
): Promise<Verdict> {
  // First, so that an invalid configuration fails the test and leaves no side waiting.
  const contexts = { client: contextFor('client', client), server: contextFor('server', server) }
  const [left, right] = pair ?? (await stream.unix.pair())
  const both = Promise.all([
    verdictOf(tls.wrap(left, contexts.client), async (sock) => {
      await ask(sock)
      look.client?.(sock)
    }),
    verdictOf(tls.wrap(right, contexts.server, { server: true }), async (sock) => {
      await serve(sock)
      look.server?.(sock)
    }),
  ])
  const [ofClient, ofServer] = await within(both, 'both verdicts')
  return { client: ofClient, server: ofServer }
}

/** What was made at the first request. */
export function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** Certificate, chain and key as a `tlscfg` has them. */
export function shows(own: Certificate, ...chain: readonly Certificate[]): { cert: string; key: string } {
  return { cert: [own, ...chain].map(({ pem }) => pem).join(''), key: own.keyPem }
}

/** A case in which the sides meet, and all is well. */
export function accepts(title: string, sides: () => Sides, look: Parameters<typeof converse>[1] = {}): Case {
  return { title, expected: OK, run: () => converse(sides(), look) }
}

/** A case in which one side refuses; `other` is what the other side is told, where that is certain. */
export function refuses(title: string, by: Side, code: string, sides: () => Sides, other?: string): Case {
  const peer = by === 'client' ? 'server' : 'client'
  return {
    title,
    expected: { [by]: code, ...(other === undefined ? {} : { [peer]: other }) },
    run: () => converse(sides()),
  }
}

export const isRefusal = ({ expected }: Case): boolean => Object.values(expected).some((verdict) => verdict !== 'ok')

/** Runs each case of a table as a test. */
export function test(cases: readonly Case[]): void {
  for (const { title, expected, run } of cases)
    it(`this is ${isRefusal({ title, expected, run }) ? 'refused' : 'accepted'}: ${title}`, async (t) => {
      const verdict = await run(t)
      const looked = Object.fromEntries(Object.keys(expected).map((side) => [side, verdict[side as Side]]))
      assert.deepEqual(looked, expected, `verdicts: ${JSON.stringify(verdict)}`)
    })
}
