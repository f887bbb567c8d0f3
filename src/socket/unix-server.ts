import { optional } from '../address/inet.js'
import { namedAddress, UNIX_ADDRESS, type UnixAddress } from '../address/unix.js'
import { AF_UNIX } from '../constants/exported.generated.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { unixOptions } from '../options/index.js'
import { defineOptions } from '../options/option.js'
import * as validate from '../support/validate.js'
import type { Context } from '../tls/context.js'
import { contextIn, type TlsOptions, tlsOptions } from '../tls/options.js'
import { wrapAs } from './adopt.js'
import { bindFirst } from './bind.js'
import type { Listening } from './listener.js'
import type { Constructor } from './mixin.js'
import type { UnixOptions } from './pass-fd.js'
import type { PrepareOptions } from './prepare.js'
import type { Socket } from './socket.js'
import { OwnedFile } from './socket-file.js'

/** Where and how to listen. */
export type UnixServerOptions = UnixAddress &
  PrepareOptions &
  TlsOptions & {
    /** Whether `close()` removes the file; true by default. */
    unlink?: boolean | undefined
  }

/** Making unix servers. */
export interface UnixServerMaker {
  /**
   * Binds a server to a path or abstract name. It does not listen yet. `close()` removes the file that it made, unless
   * somebody else put another one there since, or `detach()` gave the socket away; an existing file is never removed, so that
   * binding to it fails.
   * @throws EADDRINUSE when the path exists, EACCES, ENOENT, … of bind(2); ENAMETOOLONG.
   */
  create<S>(this: new (sock: LowSocket) => S, options: UnixServerOptions): Promise<S>
  /**
   * Adopts an open socket that is bound, and perhaps listens already: one that was inherited or received. Its file is not
   * removed: somebody else made it.
   * @throws EBADF, ENOTSOCK; EPROTOTYPE when it is a socket of another kind; EBUSY when it has an owner already.
   */
  wrap<S>(this: new (sock: LowSocket) => S, fd: number): Promise<S>
}

/** Servers of streams: no others know `tlscfg`. */
interface Securable {
  secure(context: Context): void
}

/** A class of servers with a path, over one of servers. */
export function withPath<B extends Constructor<Socket & Listening>>(
  Base: B,
  socktype: number,
): B & Constructor<UnixOptions> & UnixServerMaker {
  const known = [...UNIX_ADDRESS, 'prepare', 'unlink', ...tlsOptions(socktype)]
  class UnixServer extends Base {
    readonly #file = new OwnedFile()

    static async create(this: new (sock: LowSocket) => UnixServer, options: UnixServerOptions): Promise<UnixServer> {
      const given = validate.options('options', options, known) as UnixServerOptions
      const context = contextIn(given, true)
      const ai = namedAddress(given, socktype)
      const unlink = optional(given, 'unlink', true)
      const server = new this(bindFirst([ai], given))
      if (unlink) server.#file.note(ai.path)
      if (context) (server as unknown as Securable).secure(context)
      return server
    }

    static async wrap(this: new (sock: LowSocket) => UnixServer, fd: number): Promise<UnixServer> {
      return new this(wrapAs(fd, [AF_UNIX], socktype))
    }

    protected override closing(): void {
      super.closing()
      this.#file.remove()
    }

    protected override released(): void {
      super.released()
      this.#file.forget()
    }
  }
  defineOptions(UnixServer, unixOptions)
  return UnixServer as unknown as B & Constructor<UnixOptions> & UnixServerMaker
}
