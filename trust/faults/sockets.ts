/** Asynchronous sockets in pairs, whose waits are bounded. */
import { dgram, type Socket, seqpacket, stream, tls } from 'berkeley'
import { leaf, root } from '../../test/tls/pki.js'
import { abstractName } from '../../test/util/index.js'

/** Beyond this a wait has been lost. */
const BUDGET_MS = 4000

/** Two sockets that are connected with each other. */
export interface Pair<S extends Socket = Socket> {
  readonly from: S
  readonly to: S
  close(): Promise<void>
}

export function pairOf<S extends Socket>(from: S, to: S): Pair<S> {
  from.deadlines(BUDGET_MS, BUDGET_MS)
  to.deadlines(BUDGET_MS, BUDGET_MS)
  return {
    from,
    to,
    async close() {
      // Both, whatever one of them says.
      const ended = await Promise.allSettled([from.close(), to.close()])
      for (const end of ended) if (end.status === 'rejected') throw end.reason
    },
  }
}

/** Accepts one connection of a server that is closed then. */
async function connected<S extends Socket>(
  server: { accept(): Promise<S>; close(): Promise<void> },
  connect: () => Promise<S>,
): Promise<Pair<S>> {
  const [from, to] = await Promise.all([connect(), server.accept()])
  await server.close()
  return pairOf(from, to)
}

export async function tcpPair(): Promise<Pair<stream.inet.Socket>> {
  const server = await stream.inet.Server.create({ host: '127.0.0.1', port: 0 })
  server.listen()
  const { port } = server.getsockname()
  return connected(server, () => stream.inet.Client.create({ host: '127.0.0.1', port }))
}

const authority = root()
const identity = leaf(authority)
const NAME = 'host.example'

/** For the `tlscfg` of both sides, of one version. */
export function tlsConfigs(version: 'TLSv1.2' | 'TLSv1.3'): { server: tls.Config; client: tls.Config } {
  const only = { minVersion: version, maxVersion: version }
  return {
    server: { ...only, cert: identity.pem, key: identity.keyPem },
    client: { ...only, ca: authority.pem, servername: NAME },
  }
}

/** The same with a key that both have, in place of certificates. */
export function keyConfigs(version: 'TLSv1.2' | 'TLSv1.3'): { server: tls.Config; client: tls.Config } {
  const only = { minVersion: version, maxVersion: version }
  const psk = Buffer.alloc(32, 'k')
  return {
    server: { ...only, pskCallback: () => psk, pskIdentityHint: 'a hint' },
    client: { ...only, pskCallback: () => ({ psk, identity: 'me' }) },
  }
}

/** A connection that TLS encrypts, over TCP or a unix stream; the handshake is done. */
export async function tlsPair(version: 'TLSv1.2' | 'TLSv1.3', overUnix = false): Promise<Pair<stream.Socket>> {
  return encrypted(await (overUnix ? unixPair() : tcpPair()), tlsConfigs(version))
}

/** A connection over a unix stream that a key encrypts. */
export async function keyPair(version: 'TLSv1.2' | 'TLSv1.3'): Promise<Pair<stream.Socket>> {
  return encrypted(await unixPair(), keyConfigs(version))
}

/** A connection within another one, over a unix stream. */
export async function nestedPair(version: 'TLSv1.2' | 'TLSv1.3'): Promise<Pair<stream.Socket>> {
  const outer = await tlsPair(version, true)
  return encrypted(outer as Pair<stream.unix.Socket>, tlsConfigs(version))
}

async function encrypted(
  plain: Pair<stream.inet.Socket | stream.unix.Socket>,
  { server, client }: { server: tls.Config; client: tls.Config },
): Promise<Pair<stream.Socket>> {
  const ends = await Promise.allSettled([secured(plain.from, client, false), secured(plain.to, server, true)])
  const [from, to] = ends.map((end) => (end.status === 'fulfilled' ? end.value : undefined))
  if (from && to) return pairOf(from, to)
  await Promise.allSettled([from?.close(), to?.close(), plain.close()])
  // Which of the two was the first to fail is not to be seen: the other one is told of along with it.
  const [first, ...also] = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
  throw Object.assign(first, { also })
}

async function secured(
  sock: stream.inet.Socket | stream.unix.Socket,
  tlscfg: tls.Config,
  server: boolean,
): Promise<stream.Socket> {
  const one = await tls.wrap(sock, tlscfg, { server }).catch(async (error) => {
    await sock.close() // the other side waits for it
    throw error
  })
  try {
    await one.handshake()
    return one
  } catch (error) {
    await one.close().catch(() => {})
    throw error
  }
}

export async function unixPair(): Promise<Pair<stream.unix.Socket>> {
  return pairOf(...(await stream.unix.pair()))
}

export async function seqpacketPair(): Promise<Pair<seqpacket.unix.Socket>> {
  return pairOf(...(await seqpacket.unix.pair()))
}

export async function unixDgramPair(): Promise<Pair<dgram.unix.Socket>> {
  return pairOf(...(await dgram.unix.pair()))
}

/** UDP sockets, each connected with the other. */
export async function udpPair(): Promise<Pair<dgram.inet.Socket>> {
  const make = async (): Promise<dgram.inet.Socket> => {
    const sock = await dgram.inet.Socket.create({ host: '127.0.0.1', port: 0 })
    await sock.bind()
    return sock
  }
  const [from, to] = [await make(), await make()]
  const portOf = (sock: dgram.inet.Socket): number => sock.getsockname().port
  await from.connect({ host: '127.0.0.1', port: portOf(to) })
  await to.connect({ host: '127.0.0.1', port: portOf(from) })
  return pairOf(from, to)
}

/** A unix server with an abstract name, and that name. */
export async function unixServer(): Promise<{ server: stream.unix.Server; path: string }> {
  const path = abstractName()
  const server = await stream.unix.Server.create({ path })
  server.listen()
  return { server, path }
}
