// What a call that waits needs around it: peers that say nothing, queues that are full.
import { closeSync, openSync } from 'node:fs'
import {
  AddrInfo,
  connect,
  dgram,
  listen,
  MSG_DONTWAIT,
  type Socket,
  seqpacket,
  type stream,
  stream as streams,
  tls,
} from 'berkeley'
import { dns, leaf, root } from '../../test/tls/pki.js'
import { abstractName } from '../../test/util/index.js'

const authority = root()
const identity = leaf(authority, { names: [dns('localhost')] })

/** For servers and clients of TLS. */
export const served = tls.Context.server({ cert: identity.pem, key: identity.keyPem })
export const trusting = { ca: authority.pem, servername: 'localhost' }

type Stream = stream.Socket

/** Keeps what belongs to one call, and closes it in the end. */
export class Bed {
  readonly #kept: { close(): unknown }[] = []
  #closed = false

  /** Closes it in the end, or at once when the end was before. */
  keep<T extends { close(): unknown }>(one: T): T {
    this.#kept.push(one)
    if (this.#closed) void one.close()
    return one
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(this.#kept.map((one) => one.close()))
  }

  /** What is still open of it. */
  get sockets(): Socket[] {
    return this.#kept.filter((one) => 'fd' in one && (one as Socket).fd() >= 0) as Socket[]
  }

  async unix(): Promise<[stream.unix.Socket, stream.unix.Socket]> {
    const [a, b] = await streams.unix.pair()
    return [this.keep(a), this.keep(b)]
  }

  async server(backlog?: number): Promise<stream.inet.Server> {
    return this.keep(await listen(backlog === undefined ? { host: '127.0.0.1' } : { host: '127.0.0.1', backlog }))
  }

  async tcp(): Promise<[stream.inet.Socket, stream.inet.Socket]> {
    const server = await this.server()
    const client = this.keep(await connect({ host: '127.0.0.1', port: server.getsockname().port }))
    return [client, this.keep(await server.accept())]
  }

  /** Both ends of TLS, after the handshake. */
  async tls(): Promise<[stream.unix.Socket, stream.unix.Socket]> {
    const [a, b] = await this.unix()
    const server = this.keep(await tls.wrap(b, served))
    const [client] = await Promise.all([tls.wrap(a, trusting), server.handshake()])
    return [this.keep(client), server]
  }

  async packets(): Promise<[seqpacket.unix.Socket, seqpacket.unix.Socket]> {
    const [a, b] = await seqpacket.unix.pair()
    return [this.keep(a), this.keep(b)]
  }

  async udp(): Promise<dgram.inet.Socket> {
    const sock = this.keep(await dgram.inet.Socket.create({ host: '127.0.0.1', port: 0 }))
    await sock.bind()
    return sock
  }

  /** A client of a server that never accepts, and whose backlog is full. */
  async turnedAway(): Promise<[Connecting, stream.unix.Server]> {
    const path = abstractName()
    const server = this.keep(await listen({ path, backlog: 0 }))
    this.keep(await connect({ path }))
    return [this.keep(await streams.unix.Client.create({ path }, false)), server]
  }

  /** The same over TCP, where what comes to a full backlog is dropped; the address may be there several times. */
  async unheard(addresses = 1): Promise<Connecting> {
    const { port } = (await this.server(0)).getsockname()
    for (let i = 0; i < 2; i++) {
      const filler = this.keep(await streams.inet.Client.create({ host: '127.0.0.1', port }, false))
      await filler.connect(40).catch(() => {})
    }
    const list = Array.from({ length: addresses }, () => AddrInfo.inet('127.0.0.1', port))
    return this.keep(await streams.inet.Client.create({ addresses: list, attemptDelay: 10 }, false))
  }

  /** A client of TLS on its way to a server that says nothing. */
  async silentServer(): Promise<[Connecting, stream.inet.Server]> {
    const server = await this.server()
    const { port } = server.getsockname()
    const client = await streams.inet.Client.create({ host: '127.0.0.1', port, tlscfg: trusting }, false)
    return [this.keep(client), server]
  }

  /** A connection that a server of TLS has accepted, and a client that says nothing. */
  async silentClient(): Promise<stream.unix.Socket> {
    const [a] = await this.unix()
    return this.keep(await tls.wrap(a, served))
  }

  file(): number {
    const fd = openSync(process.execPath, 'r')
    this.keep({ close: () => closeSync(fd) })
    return fd
  }
}

export type Connecting = stream.inet.Client | stream.unix.Client

const REFUSED = new Set(['EAGAIN'])
const chunk = Buffer.alloc(16384, 'full')

/** Sends until there is no room. */
export async function fill<S extends Socket>(sock: S, data: Uint8Array = chunk): Promise<S> {
  sock.sndbuf(4096)
  for (;;)
    try {
      await sock.send(data, MSG_DONTWAIT)
    } catch (error) {
      if (REFUSED.has((error as { code: string }).code)) return sock
      throw error
    }
}

/** Fills a socket with TLS, which knows no flags that matter: a deadline ends it. */
export async function fillTls<S extends Stream>(sock: S): Promise<S> {
  sock.sndbuf(4096)
  sock.deadlines(0, 2)
  const full = await sock.send(Buffer.alloc(4 << 20)).then(
    () => false,
    (error: { name: string }) => error.name === 'TimeoutError',
  )
  if (!full) throw new Error('there was room for everything')
  sock.deadlines(0, 0)
  return sock
}

/** Receives what is there. */
export async function drain(sock: Socket): Promise<void> {
  for (;;)
    try {
      if ((await sock.recv(65536, MSG_DONTWAIT)) === null) return
    } catch (error) {
      if ((error as { code: string }).code === 'EAGAIN') return
      throw error
    }
}
