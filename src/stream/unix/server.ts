import type { Socket as LowSocket } from '../../llsocket/socket.js'
import { unixOptions } from '../../options/index.js'
import { defineOptions, type OptionMethods } from '../../options/option.js'
import { bindFirst } from '../bind.js'
import { StreamServer } from '../server.js'
import { addressOf, type UnixAddress } from './address.js'
import { fileOf, removeFile, type SocketFile } from './file.js'
import { UnixStreamSocket } from './socket.js'

/**
 * A unix stream server. `close()` removes the file that it made, unless somebody else put another one there since; an
 * existing file is never removed, so that binding to it fails with EADDRINUSE.
 *
 * @example
 * const server = await stream.unix.Server.create({ path: '/run/app.sock' })
 * server.listen()
 * const conn = await server.accept()
 */
export class UnixStreamServer extends StreamServer {
  #file: SocketFile | undefined

  /**
   * Binds a server to a path or abstract name. It does not listen yet.
   * @throws EADDRINUSE when the path exists, EACCES, ENOENT, … of bind(2); ENAMETOOLONG.
   */
  static async create<S extends UnixStreamServer>(this: new (sock: LowSocket) => S, options: UnixAddress): Promise<S> {
    const ai = addressOf(options)
    const server = new this(bindFirst([ai]))
    server.#file = fileOf(ai.path)
    return server
  }

  /** Makes the object of an accepted connection: a {@link UnixStreamSocket}. To be overridden for connections of another class. */
  override createConnection(sock: LowSocket): UnixStreamSocket {
    return new UnixStreamSocket(sock)
  }

  /** Removes the socket file. */
  protected override closing(): void {
    const file = this.#file
    this.#file = undefined
    if (file) removeFile(file)
  }
}

export interface UnixStreamServer extends OptionMethods<typeof unixOptions> {}
defineOptions(UnixStreamServer, unixOptions)
