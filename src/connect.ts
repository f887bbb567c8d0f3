import * as seqpacket from './seqpacket/unix.js'
import * as inet from './stream/inet.js'
import * as unix from './stream/unix.js'
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
export function listen(options: unix.ServerOptions & Backlog & Seqpacket): Promise<seqpacket.Server>
export function listen(options: unix.ServerOptions & Backlog): Promise<unix.Server>
export function listen(options: inet.ServerOptions & Backlog): Promise<inet.Server>
export async function listen(
  options: (inet.ServerOptions | unix.ServerOptions) & Backlog & { type?: string },
): Promise<inet.Server | unix.Server | seqpacket.Server> {
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

function serverOf(type: string, rest: object): Promise<inet.Server | unix.Server | seqpacket.Server> {
  if (type === 'seqpacket') return seqpacket.Server.create(rest as unix.ServerOptions)
  if (isUnix(rest)) return unix.Server.create(rest as unix.ServerOptions)
  return inet.Server.create(rest as inet.ServerOptions)
}

/**
 * Connects: to a path with `path`, otherwise to `host` and `port`.
 *
 * @example
 * const conn = await connect({ host: 'localhost', port: 8080, timeout: 5000 })
 */
export function connect(options: unix.ClientOptions & Budget & Seqpacket): Promise<seqpacket.Client>
export function connect(options: unix.ClientOptions & Budget): Promise<unix.Client>
export function connect(options: inet.ClientOptions & Budget): Promise<inet.Client>
export async function connect(
  options: (inet.ClientOptions | unix.ClientOptions) & Budget & { type?: string },
): Promise<inet.Client | unix.Client | seqpacket.Client> {
  validate.object('options', options)
  const type = typeOf(options)
  const { timeout, type: _, ...rest } = options
  if (type === 'seqpacket') return seqpacket.Client.create(rest as unix.ClientOptions, true, timeout)
  if (isUnix(rest)) return unix.Client.create(rest as unix.ClientOptions, true, timeout)
  return inet.Client.create(rest as inet.ClientOptions, true, timeout)
}
