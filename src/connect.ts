import { connectError } from './adapters/node-errors.js'
import type { DuplexOptions, SocketDuplex } from './adapters/node-stream.js'
import { SOCK_STREAM } from './constants/exported.generated.js'
import { budget } from './engine/deadline.js'
import * as seqpacket from './seqpacket/unix.js'
import { kConnector } from './socket/connector.js'
import { kAddHooks, type Socket } from './socket/socket.js'
import { unixClientOptions, unixServerOptions } from './socket/unix.js'
import * as inet from './stream/inet.js'
import { CLIENT_OPTIONS as inetClientOptions, SERVER_OPTIONS as inetServerOptions } from './stream/inet-options.js'
import * as unix from './stream/unix.js'
import { ignoreAbort, isAborted, listenForAbort, reasonOf } from './support/abort-signal.js'
import { abortError } from './support/errors.js'
import { without } from './support/record.js'
import * as validate from './support/validate.js'

interface ListenOptions {
  /** How many connections may wait to be accepted. */
  backlog?: number | undefined
  /** Aborting it closes the server, as `close()` does. */
  signal?: AbortSignal | undefined
}

interface Budget {
  /** Milliseconds for lookup and connection, 0 for no bound. */
  timeout?: number | undefined
}

interface Seqpacket {
  /** Messages with boundaries instead of a stream. */
  type: 'seqpacket'
}

/** Each name once, for the message about an unknown one. */
const each = (...names: string[]): string[] => [...new Set(names)]

// Options of one class or another: which of them go together is for the class to say.
const LISTEN = each(...inetServerOptions, ...unixServerOptions(SOCK_STREAM), 'backlog', 'signal', 'type')
const CREATE_CONNECTION = each(...inetClientOptions, ...unixClientOptions(SOCK_STREAM), 'timeout')
const CONNECT = [...CREATE_CONNECTION, 'type']

type Given = Record<string, unknown>

function isUnix({ path, pathname }: Given): boolean {
  return path !== undefined || pathname !== undefined
}

function typeOf(options: Given): 'stream' | 'seqpacket' {
  const { type = 'stream' } = options
  if (type !== 'stream' && type !== 'seqpacket')
    throw validate.invalidValue('options.type', "must be 'stream' or 'seqpacket'", type)
  if (type === 'seqpacket' && !isUnix(options))
    throw validate.invalidValue('options.type', "'seqpacket' needs a path", type)
  return type
}

/**
 * Binds a server of seqpackets to a path, and listens. A `signal` that is aborted later closes the server.
 * @param options - `type: 'seqpacket'`, `path`, `mode`, `replaceStale`; `backlog` and `signal`.
 * @returns the server, which listens.
 * @throws EADDRINUSE, EADDRNOTAVAIL, EACCES, … of bind(2) and listen(2); AbortError when the signal is aborted; TypeError or RangeError
 *   for wrong options.
 * @example
 * for await (const conn of await listen({ port: 8080 })) serve(conn)
 * @example
 * const server = await listen({ type: 'seqpacket', path: '/run/app.sock' })
 */
export function listen(options: unix.ServerOptions & ListenOptions & Seqpacket): Promise<seqpacket.Server>
/**
 * Binds a server of unix streams to a path, and listens. A `signal` that is aborted later closes the server.
 * @param options - `path`, `mode`, `replaceStale`, `tlscfg`; `backlog` and `signal`.
 * @returns the server, which listens.
 * @throws EADDRINUSE, EADDRNOTAVAIL, EACCES, … of bind(2) and listen(2); AbortError when the signal is aborted; TypeError or RangeError
 *   for wrong options.
 * @example
 * const server = await listen({ path: '/run/app.sock', mode: 0o660 })
 */
export function listen(options: unix.ServerOptions & ListenOptions): Promise<unix.Server>
/**
 * Binds a TCP server to a host and a port, and listens. A `signal` that is aborted later closes the server.
 * @param options - `host`, every address by default; `port`, a free one by default; `reuseaddr`, `reuseport`, `tlscfg`, …; `backlog` and
 *   `signal`.
 * @returns the server, which listens.
 * @throws EADDRINUSE, EADDRNOTAVAIL, EACCES, … of bind(2) and listen(2); AbortError when the signal is aborted; TypeError or RangeError
 *   for wrong options.
 * @example
 * for await (const conn of await listen({ port: 8080 })) serve(conn)
 */
export function listen(options: inet.ServerOptions & ListenOptions): Promise<inet.Server>
export async function listen(
  options: (inet.ServerOptions | unix.ServerOptions) & ListenOptions & { type?: string },
): Promise<inet.Server | unix.Server | seqpacket.Server> {
  const given = validate.options('options', options, LISTEN) as Given & ListenOptions
  const { backlog, signal } = given
  if (signal !== undefined) throwIfAborted(validate.abortSignal('options.signal', signal))
  const server = await serverOf(given, without(given, 'backlog', 'signal', 'type'))
  try {
    server.listen(backlog)
    if (signal !== undefined) closeOnAbort(server, signal)
    return server
  } catch (error) {
    await server.close()
    throw error
  }
}

function throwIfAborted(signal: AbortSignal): void {
  if (isAborted(signal)) throw abortError(reasonOf(signal))
}

/** Closes a server when the signal is aborted. It listens for that as long as the server is open, and has its descriptor. */
function closeOnAbort(server: Socket, signal: AbortSignal): void {
  throwIfAborted(signal) // perhaps while the address was looked up
  // What close() reports has no receiver: the server is closed in any case.
  const close = (): void => void server.close().catch(() => undefined)
  const ignore = (): void => ignoreAbort(signal, close)
  listenForAbort(signal, close)
  server[kAddHooks]({ close: ignore, release: ignore, setReferenced: undefined })
}

/** @param rest - the options of the class that `given` asks for. */
function serverOf(given: Given, rest: object): Promise<inet.Server | unix.Server | seqpacket.Server> {
  if (typeOf(given) === 'seqpacket') return seqpacket.Server.create(rest as unix.ServerOptions)
  if (isUnix(given)) return unix.Server.create(rest as unix.ServerOptions)
  return inet.Server.create(rest as inet.ServerOptions)
}

/** The budget of a client is in whole milliseconds. */
function wholeTimeout({ timeout }: Budget): number | undefined {
  return timeout === undefined ? undefined : Math.ceil(budget('options.timeout', timeout))
}

/**
 * Connects a client of seqpackets to a path.
 * @param options - `type: 'seqpacket'`, `path`; `timeout` in milliseconds, and `signal`.
 * @returns the connection.
 * @throws `EAI_*` of the lookup; ECONNREFUSED, ETIMEDOUT, ENOENT, … of connect(2); TimeoutError when `timeout` has passed; AbortError;
 *   TypeError or RangeError for wrong options.
 * @example
 * const conn = await connect({ host: 'localhost', port: 8080, timeout: 5000 })
 * @example
 * const conn = await connect({ type: 'seqpacket', path: '/run/app.sock' })
 */
export function connect(options: unix.ClientOptions & Budget & Seqpacket): Promise<seqpacket.Client>
/**
 * Connects a unix stream to a path.
 * @param options - `path`, `tlscfg`; `timeout` in milliseconds, and `signal`.
 * @returns the connection.
 * @throws `EAI_*` of the lookup; ECONNREFUSED, ETIMEDOUT, ENOENT, … of connect(2); TimeoutError when `timeout` has passed; AbortError;
 *   TypeError or RangeError for wrong options.
 * @example
 * const conn = await connect({ path: '/run/app.sock' })
 */
export function connect(options: unix.ClientOptions & Budget): Promise<unix.Client>
/**
 * Connects a TCP client to a host and a port, to the address that answers first (RFC 8305).
 * @param options - `host`, the loopback address by default; `port`; `family`, `localAddress`, `tlscfg`, …; `timeout` in milliseconds, and
 *   `signal`.
 * @returns the connection.
 * @throws `EAI_*` of the lookup; ECONNREFUSED, ETIMEDOUT, ENOENT, … of connect(2); TimeoutError when `timeout` has passed; AbortError;
 *   TypeError or RangeError for wrong options.
 * @example
 * const conn = await connect({ host: 'localhost', port: 8080, timeout: 5000 })
 */
export function connect(options: inet.ClientOptions & Budget): Promise<inet.Client>
export async function connect(
  options: (inet.ClientOptions | unix.ClientOptions) & Budget & { type?: string },
): Promise<inet.Client | unix.Client | seqpacket.Client> {
  const given = validate.options('options', options, CONNECT) as Given & Budget
  const type = typeOf(given)
  const timeout = wholeTimeout(given)
  const rest: unknown = without(given, 'timeout', 'type')
  if (type === 'seqpacket') return seqpacket.Client.create(rest as unix.ClientOptions, true, timeout)
  if (isUnix(given)) return unix.Client.create(rest as unix.ClientOptions, true, timeout)
  return inet.Client.create(rest as inet.ClientOptions, true, timeout)
}

/**
 * Connects as {@link connect} does, and returns a Node stream at once: what is written before it is connected waits, `'connect'` and
 * `'ready'` tell of the connection (over TLS `'secureConnect'`, too), and a failure destroys the stream. For libraries that make their
 * streams by a function that does not wait, and for agents and pools that count their connections.
 * @param options - as of {@link connect}; `timeout` in milliseconds.
 * @param duplexOptions - those of `duplex()`.
 * @returns the stream, which is connecting.
 * @example
 * const agent = new http.Agent({ keepAlive: true, maxSockets: 4 })
 * agent.createConnection = () => createConnection({ path: '/run/app.sock' })
 */
export function createConnection(
  options: (inet.ClientOptions | unix.ClientOptions) & Budget,
  duplexOptions?: DuplexOptions,
): SocketDuplex {
  const given = validate.options('options', options, CREATE_CONNECTION) as Given & Budget
  const client = isUnix(given) ? new unix.Client() : new inet.Client()
  const signal = client[kConnector].configure(without(given, 'timeout'))
  const duplex = client.duplex(duplexOptions)
  client.connect(wholeTimeout(given), { signal }).catch((error: Error) => duplex.destroy(connectError(error)))
  return duplex
}
