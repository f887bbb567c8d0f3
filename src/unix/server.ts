import { bindFirst } from '../bind.js'
import type { Listening } from '../listener.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import type { Constructor } from '../mixin.js'
import { unixOptions } from '../options/index.js'
import { defineOptions } from '../options/option.js'
import type { Socket } from '../socket.js'
import { addressOf, type UnixAddress } from './address.js'
import { fileOf, removeFile, type SocketFile } from './file.js'
import type { UnixOptions } from './rights.js'

/** Making unix servers. */
export interface UnixServerMaker {
  /**
   * Binds a server to a path or abstract name. It does not listen yet. `close()` removes the file that it made, unless
   * somebody else put another one there since; an existing file is never removed, so that binding to it fails.
   * @throws EADDRINUSE when the path exists, EACCES, ENOENT, … of bind(2); ENAMETOOLONG.
   */
  create<S>(this: new (sock: LowSocket) => S, options: UnixAddress): Promise<S>
}

/** A class of servers with a path, over one of servers. */
export function withPath<B extends Constructor<Socket & Listening>>(
  Base: B,
  socktype: number,
): B & Constructor<UnixOptions> & UnixServerMaker {
  class UnixServer extends Base {
    #file: SocketFile | undefined

    static async create(this: new (sock: LowSocket) => UnixServer, options: UnixAddress): Promise<UnixServer> {
      const ai = addressOf(options, socktype)
      const server = new this(bindFirst([ai]))
      server.#file = fileOf(ai.path)
      return server
    }

    protected override closing(): void {
      const file = this.#file
      this.#file = undefined
      if (file) removeFile(file)
      super.closing()
    }
  }
  defineOptions(UnixServer, unixOptions)
  return UnixServer as unknown as B & Constructor<UnixOptions> & UnixServerMaker
}
