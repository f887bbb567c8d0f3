import { UnixSeqpacketClient } from './seqpacket/client.js'
import { UnixSeqpacketServer } from './seqpacket/server.js'
import type { UnixClientOptions } from './socket/unix-client.js'
import type { UnixServerOptions } from './socket/unix-server.js'
import { type InetClientOptions, InetStreamClient } from './stream/inet/client.js'
import { type InetServerOptions, InetStreamServer } from './stream/inet/server.js'
import { UnixStreamClient } from './stream/unix/client.js'
import { UnixStreamServer } from './stream/unix/server.js'
import * as validate from './support/validate.js'

interface Backlog {
  /** How many connections may wait to be accepted. */
  backlog?: number | undefined
}

interface Budget {
  /** Milliseconds for lookup and connection, 0 for no bound. */
  timeout?: number | undefined
}

interface Seqpacket {
  /** Messages with boundaries instead of a stream. */
  type: 'seqpacket'
}

function isUnix(options: object): boolean {
  return 'path' in options || 'pathname' in options
}

function typeOf(options: object): 'stream' | 'seqpacket' {
  const { type = 'stream' } = options as { type?: unknown }
  if (type !== 'stream' && type !== 'seqpacket')
    throw validate.invalidValue('options.type', "must be 'stream' or 'seqpacket'", type)
  if (type === 'seqpacket' && !isUnix(options))
    throw validate.invalidValue('options.type', "'seqpacket' needs a path", type)
  return type
}

/**
 * Binds a server and listens: on a path with `path`, otherwise on `host` and `port`.
 *
 * @example
 * for await (const conn of await listen({ port: 8080 })) serve(conn)
 */
export function listen(options: UnixServerOptions & Backlog & Seqpacket): Promise<UnixSeqpacketServer>
export function listen(options: UnixServerOptions & Backlog): Promise<UnixStreamServer>
export function listen(options: InetServerOptions & Backlog): Promise<InetStreamServer>
export async function listen(
  options: (InetServerOptions | UnixServerOptions) & Backlog & { type?: string },
): Promise<InetStreamServer | UnixStreamServer | UnixSeqpacketServer> {
  validate.object('options', options)
  const type = typeOf(options)
  const { backlog, type: _, ...rest } = options
  const server = await serverOf(type, rest)
  try {
    server.listen(backlog)
    return server
  } catch (error) {
    await server.close()
    throw error
  }
}

function serverOf(type: string, rest: object): Promise<InetStreamServer | UnixStreamServer | UnixSeqpacketServer> {
  if (type === 'seqpacket') return UnixSeqpacketServer.create(rest as UnixServerOptions)
  if (isUnix(rest)) return UnixStreamServer.create(rest as UnixServerOptions)
  return InetStreamServer.create(rest as InetServerOptions)
}

/**
 * Connects: to a path with `path`, otherwise to `host` and `port`.
 *
 * @example
 * const conn = await connect({ host: 'localhost', port: 8080, timeout: 5000 })
 */
export function connect(options: UnixClientOptions & Budget & Seqpacket): Promise<UnixSeqpacketClient>
export function connect(options: UnixClientOptions & Budget): Promise<UnixStreamClient>
export function connect(options: InetClientOptions & Budget): Promise<InetStreamClient>
export async function connect(
  options: (InetClientOptions | UnixClientOptions) & Budget & { type?: string },
): Promise<InetStreamClient | UnixStreamClient | UnixSeqpacketClient> {
  validate.object('options', options)
  const type = typeOf(options)
  const { timeout, type: _, ...rest } = options
  if (type === 'seqpacket') return UnixSeqpacketClient.create(rest as UnixClientOptions, true, timeout)
  if (isUnix(rest)) return UnixStreamClient.create(rest as UnixClientOptions, true, timeout)
  return InetStreamClient.create(rest as InetClientOptions, true, timeout)
}
