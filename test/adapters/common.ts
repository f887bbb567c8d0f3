// What the tests of adapters share.
import { createHash } from 'node:crypto'
import { stream, TCP_CLOSE } from 'berkeley'
import { closing, within } from '../util/index.js'

export type Test = Parameters<typeof closing>[0]

export const MIB = 1 << 20
export const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex')

/** A listener of ours whose connections are given away as Node streams. */
export async function serving(
  t: Test,
  take: (duplex: ReturnType<stream.inet.Socket['duplex']>) => void,
): Promise<number> {
  const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
  server.listen()
  void (async () => {
    for await (const conn of server) take(conn.duplex())
  })()
  return server.getsockname().port
}

export async function connected(port: number): Promise<ReturnType<stream.inet.Client['duplex']>> {
  return (await stream.inet.Client.create({ host: '127.0.0.1', port })).duplex()
}

export async function piped(t: Test): Promise<[stream.unix.Socket, stream.unix.Socket]> {
  const [a, b] = await stream.unix.pair()
  t.after(() => Promise.all([a.close(), b.close()]))
  return [a, b]
}

/** Both ends of a TCP connection. */
export async function tcp(t: Test): Promise<[stream.inet.Socket, stream.inet.Socket]> {
  const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
  server.listen()
  const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port: server.getsockname().port }))
  return [client, closing(t, await server.accept())]
}

/** Breaks the connection off, and waits until the other end knows. */
export async function reset(sock: stream.inet.Socket, peer: stream.inet.Socket): Promise<void> {
  sock.linger(0)
  await sock.close()
  const known = async (): Promise<void> => {
    while (peer.fd() >= 0 && peer.tcpinfo().state !== TCP_CLOSE) await new Promise((resolve) => setImmediate(resolve))
  }
  await within(known(), 'the reset')
}
