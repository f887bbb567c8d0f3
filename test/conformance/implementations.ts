// The two ways to get a TCP stream that are compared: sockets of node:net, and duplex() of this library.
import { once } from 'node:events'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import { connect, listen, type stream } from 'berkeley'
import type { closing } from '../util/index.js'

export type Test = Parameters<typeof closing>[0]

/** One end of a connection. */
export interface End {
  readonly stream: Duplex
  /** Resolves with the event `'close'`. */
  readonly closed: Promise<void>
  /** Ends the connection by a reset instead of a FIN. */
  reset(): void
}

export interface Server {
  readonly port: number
  /** Resolves to the next connection. */
  accept(): Promise<End>
}

export interface Implementation {
  readonly name: string
  listen(t: Test): Promise<Server>
  /** Rejects when the connection is refused. */
  connect(t: Test, port: number): Promise<End>
}

const HOST = '127.0.0.1'

const closedOf = (stream: Duplex): Promise<void> => new Promise((resolve) => stream.once('close', resolve))

function ofNode(t: Test, socket: net.Socket): End {
  t.after(() => socket.destroy())
  return { stream: socket, closed: closedOf(socket), reset: () => void socket.resetAndDestroy() }
}

export const node: Implementation = {
  name: 'node:net',
  async listen(t) {
    const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, HOST)
    t.after(() => server.close())
    await once(server, 'listening')
    const { port } = server.address() as net.AddressInfo
    const accept = async (): Promise<End> => ofNode(t, ((await once(server, 'connection')) as [net.Socket])[0])
    return { port, accept }
  },
  async connect(t, port) {
    const socket = net.connect({ host: HOST, port, allowHalfOpen: true })
    const end = ofNode(t, socket)
    await once(socket, 'connect')
    return end
  },
}

function ofBerkeley(t: Test, socket: stream.inet.Socket): End {
  const duplex = socket.duplex()
  t.after(() => duplex.destroy())
  const reset = (): void => {
    socket.linger(0)
    duplex.destroy()
  }
  return { stream: duplex, closed: closedOf(duplex), reset }
}

export const berkeley: Implementation = {
  name: 'berkeley',
  async listen(t) {
    const server = await listen({ host: HOST, port: 0 })
    t.after(() => server.close())
    return { port: server.getsockname().port, accept: async () => ofBerkeley(t, await server.accept()) }
  },
  connect: async (t, port) => ofBerkeley(t, await connect({ host: HOST, port })),
}
