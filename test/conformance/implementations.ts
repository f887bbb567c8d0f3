// The two ways to get a TCP stream that are compared: sockets of node:net, and duplex() of this library.
import { once } from 'node:events'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import { connect, listen, stream } from 'berkeley'
import type { closing } from '../util/index.js'

export type Test = Parameters<typeof closing>[0]

/** What is compared of a stream beside its events. */
export type Stream = Duplex &
  Pick<
    net.Socket,
    'bytesRead' | 'bytesWritten' | 'connecting' | 'destroySoon' | 'pending' | 'readyState' | 'timeout'
  > & {
    readonly bufferSize: number | undefined
    resetAndDestroy(): Duplex
    setTimeout(milliseconds: number): Duplex
  }

/** One end of a connection. */
export interface End {
  readonly stream: Stream
  /** Resolves with the event `'close'`, to whether there was an error. */
  readonly closed: Promise<boolean>
}

export interface Server {
  readonly port: number
  /** Resolves to the next connection. */
  accept(): Promise<End>
}

/** How streams are made; as each of the two does without. */
export interface Options {
  readonly allowHalfOpen?: boolean
}

export interface Implementation {
  readonly name: string
  listen(t: Test, options?: Options): Promise<Server>
  /** Rejects when the connection is refused. */
  connect(t: Test, port: number, options?: Options): Promise<End>
  /** A stream that is not connected yet. */
  unconnected(
    t: Test,
  ): End & { readonly stream: { connect(port: number, host: string, listener?: () => void): unknown } }
}

const HOST = '127.0.0.1'

const closedOf = (stream: Duplex): Promise<boolean> => new Promise((resolve) => stream.once('close', resolve))

function endOf(t: Test, stream: Stream): End {
  t.after(() => stream.destroy())
  return { stream, closed: closedOf(stream) }
}

export const node: Implementation = {
  name: 'node:net',
  async listen(t, options = {}) {
    const server = net.createServer({ ...options, pauseOnConnect: true }).listen(0, HOST)
    t.after(() => server.close())
    await once(server, 'listening')
    const { port } = server.address() as net.AddressInfo
    const accept = async (): Promise<End> => endOf(t, ((await once(server, 'connection')) as [net.Socket])[0])
    return { port, accept }
  },
  async connect(t, port, options = {}) {
    const socket = net.connect({ host: HOST, port, ...options })
    const end = endOf(t, socket)
    await once(socket, 'connect')
    return end
  },
  unconnected: (t) => endOf(t, new net.Socket()) as ReturnType<Implementation['unconnected']>,
}

export const berkeley: Implementation = {
  name: 'berkeley',
  async listen(t, options = {}) {
    const server = await listen({ host: HOST, port: 0 })
    t.after(() => server.close())
    return { port: server.getsockname().port, accept: async () => endOf(t, (await server.accept()).duplex(options)) }
  },
  connect: async (t, port, options = {}) => endOf(t, (await connect({ host: HOST, port })).duplex(options)),
  unconnected: (t) =>
    endOf(t, new stream.inet.Client().duplex()) as unknown as ReturnType<Implementation['unconnected']>,
}
