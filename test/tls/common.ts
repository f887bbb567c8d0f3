// What the tests of TLS share.
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { type AddrInfo, connect, listen, type stream, type tls } from 'berkeley'
import { type Socket as LowSocket, socket } from 'berkeley/llsocket'
import { closing, PATIENCE_MS } from '../util/index.js'
import { dns, ip, leaf, root } from './pki.js'

export const authority = root()
export const certificate = leaf(authority, { names: [dns('localhost')] })
export const tlscfg = { cert: certificate.pem, key: certificate.keyPem }
export const trust = { ca: authority.pem, servername: 'localhost' }

export type Socket = stream.inet.Socket

/** Two ends of a connection, with the handshake done. */
export async function ends(
  t: TestContext,
  client: tls.Config = {},
  server: tls.Config = {},
): Promise<[Socket, Socket]> {
  const listener = closing(t, await listen({ host: '127.0.0.1', tlscfg: { ...tlscfg, ...server } }))
  const { port } = listener.getsockname()
  const connecting = connect({ host: '127.0.0.1', port, timeout: PATIENCE_MS, tlscfg: { ...trust, ...client } })
  const accepted = closing(t, await listener.accept())
  await accepted.handshake()
  const connected = closing(t, await connecting)
  for (const sock of [accepted, connected]) sock.deadlines(PATIENCE_MS, PATIENCE_MS)
  return [accepted, connected]
}

/** Lets what waits come to its wait. */
export const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10))

export const hostAuthority = root()
export const hostCertificate = leaf(hostAuthority, { names: [dns('host.example'), ip('7f 00 00 01')] })
export const hostConfig = { cert: hostCertificate.pem, key: hostCertificate.keyPem }
export const hostTrust = { ca: hostAuthority.pem, servername: 'host.example' }

export interface Accepting {
  accept(): Promise<stream.Socket>
  close(): Promise<void>
}

/** Both ends send a word, and it is encrypted. */
export async function talk(t: TestContext, server: Accepting, calling: Promise<stream.Socket>): Promise<void> {
  const accepted = closing(t, await server.accept())
  accepted.deadlines(PATIENCE_MS, PATIENCE_MS)
  await accepted.handshake()
  const client = closing(t, await calling)
  client.deadlines(PATIENCE_MS, PATIENCE_MS)
  assert.deepEqual([accepted.encrypted, client.encrypted, client.authorized], [true, true, true])
  await client.send('ping')
  assert.equal(String(await accepted.recv()), 'ping')
}

/** The number of a listening socket that has no owner. */
export function listeningFd(ai: AddrInfo): number {
  const sock: LowSocket = socket.create(ai)
  sock.bind()
  sock.listen()
  return sock.unwrap()
}
