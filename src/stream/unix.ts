import { lstatSync, unlinkSync } from 'node:fs'
import { AddrInfo } from '../address.js'
import { SOCK_STREAM } from '../constants.js'
import { budget } from '../deadline.js'
import { pair as lowPair } from '../llsocket/factory.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { unixOptions } from '../options/index.js'
import { defineOptions, type OptionMethods } from '../options/option.js'
import type { WaitOptions } from '../socket.js'
import * as validate from '../validate.js'
import { bindFirst } from './bind.js'
import { connectWithin } from './connect.js'
import { StreamServer } from './server.js'
import { StreamSocket } from './socket.js'

/** Where a unix socket lives. A first NUL makes the name abstract. */
export interface UnixAddress {
  path?: string | Uint8Array
  /** The same as `path`. */
  pathname?: string | Uint8Array
}

export interface UnixClientOptions extends UnixAddress, WaitOptions {}

function addressOf(options: UnixAddress): AddrInfo {
  validate.object('options', options)
  const path = options.path ?? options.pathname
  if (path === undefined)
    throw validate.invalidType('options.path', 'of type string or an instance of Uint8Array', path)
  return AddrInfo.unix(path, { socktype: SOCK_STREAM })
}

/** A unix stream. See unix(7). */
export class UnixStreamSocket extends StreamSocket {}

export interface UnixStreamSocket extends OptionMethods<typeof unixOptions> {}
defineOptions(UnixStreamSocket, unixOptions)

/** The file of a bound socket, by identity: another server may bind the same path later. */
interface SocketFile {
  readonly path: string | Buffer
  readonly dev: bigint
  readonly ino: bigint
}

function fileOf(path: string | Buffer | undefined): SocketFile | undefined {
  if (path === undefined || path.length === 0 || path[0] === '\0' || path[0] === 0) return undefined
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  return stat && { path, dev: stat.dev, ino: stat.ino }
}

function removeFile({ path, dev, ino }: SocketFile): void {
  const now = fileOf(path)
  if (now?.dev === dev && now.ino === ino) unlinkSync(path)
}

/**
 * A unix stream server. `close()` removes the file that it made, unless somebody else put another one there since; an
 * existing file is never removed, so that binding to it fails with EADDRINUSE.
 */
export class UnixStreamServer<Connection extends StreamSocket = UnixStreamSocket> extends StreamServer<Connection> {
  #file: SocketFile | undefined

  /**
   * Binds a server to a path or abstract name. It does not listen yet.
   * @throws EADDRINUSE when the path exists, EACCES, ENOENT, … of bind(2); ENAMETOOLONG.
   */
  static async create(options: UnixAddress): Promise<UnixStreamServer> {
    const ai = addressOf(options)
    const server = new this(bindFirst([ai]))
    server.#file = fileOf(ai.path)
    return server
  }

  override createConnection(sock: LowSocket): Connection {
    return new UnixStreamSocket(sock) as StreamSocket as Connection
  }

  protected override closing(): void {
    const file = this.#file
    this.#file = undefined
    if (file) removeFile(file)
  }
}

/** A unix stream client. */
export class UnixStreamClient extends UnixStreamSocket {
  #options: UnixClientOptions | undefined

  /**
   * Makes a client, and connects it unless `connect` is false.
   * @param conndeadl - budget of the connection in milliseconds, 0 for none.
   * @throws as {@link UnixStreamClient.connect}.
   */
  static async create(options: UnixClientOptions, connect = true, conndeadl = 0): Promise<UnixStreamClient> {
    addressOf(options)
    const client = new this()
    client.#options = { ...options }
    if (validate.boolean('connect', connect)) await client.connect(conndeadl)
    return client
  }

  /**
   * Connects. While the backlog of the server is full it tries again with growing pauses, because unix sockets say EAGAIN
   * then, and never when there is room. On a connected client the old connection is replaced only when the new one stands.
   * @param conndeadl - budget in milliseconds, 0 for none.
   * @throws ENOENT or ECONNREFUSED when nobody listens there, … of connect(2); {@link TimeoutError}.
   */
  async connect(conndeadl = 0): Promise<void> {
    const milliseconds = budget('conndeadl', conndeadl)
    const options = this.#options ?? {}
    const { fd, facts } = await connectWithin(milliseconds, async () => [addressOf(options)], options)
    await this.replace(fd, facts)
  }
}

/** Two unix streams that are connected with each other. See socketpair(2). */
export async function pair(): Promise<[UnixStreamSocket, UnixStreamSocket]> {
  const [a, b] = lowPair(SOCK_STREAM, true)
  return [new UnixStreamSocket(a), new UnixStreamSocket(b)]
}
