import { SOCK_NONBLOCK, SOMAXCONN } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { disown } from '../descriptor/owned-fd.js'
import { Socket as LowSocket } from '../llsocket/socket.js'
import { native } from '../native/sockets.js'
import { check, systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'
import type { TlsSession } from '../tls/session.js'
import type { Constructor } from './mixin.js'
import type { Socket, WaitOptions } from './socket.js'

/** The connection broke before it was accepted, or the network had something to say about it: the next one is asked for. See accept(2). */
const TRANSIENT: ReadonlySet<number> = new Set([
  sys.ECONNABORTED,
  sys.EPROTO,
  sys.EPERM,
  sys.ENETDOWN,
  sys.ENOPROTOOPT,
  sys.EHOSTDOWN,
  sys.ENONET,
  sys.EHOSTUNREACH,
  sys.ENETUNREACH,
])

/** The limits of the system: connections stay in the backlog until there is room again. */
const EXHAUSTED: ReadonlySet<number> = new Set([sys.EMFILE, sys.ENFILE, sys.ENOBUFS, sys.ENOMEM])

/** What a server can. */
export interface Listening {
  /**
   * Starts to listen.
   * @param backlog - how many connections may wait for `accept()`; the kernel caps it at net.core.somaxconn. See listen(2).
   */
  listen(backlog?: number): void
  /**
   * Waits for a connection, within the receive deadline. While the process has no free descriptor it waits with growing
   * pauses, and goes on when there is one. See accept(2).
   */
  accept(options?: WaitOptions): Promise<ReturnType<this['createConnection']>>
  /** As `accept`, but the bare descriptor, which belongs to the caller. It is non-blocking and close-on-exec. */
  acceptfd(options?: WaitOptions): Promise<number>
  /**
   * Makes the object of an accepted connection. To be overridden by servers with connections of another class; the type of
   * `accept()` follows.
   * @param tls - what encrypts the connection, for the constructor of a stream socket; absent without `tlscfg`.
   */
  createConnection(sock: LowSocket, tls?: TlsSession): Socket
  /** The connections, one after the other, until the server is closed. */
  [Symbol.asyncIterator](): AsyncIterableIterator<ReturnType<this['createConnection']>>
}

/** A `createConnection` that passes over its second argument would make a connection in the clear, and nobody would notice. */
function assertEncrypted(connection: Socket & { encrypted?: boolean }): void {
  if (connection.encrypted) return
  void connection.close()
  throw systemError(sys.EPROTO, 'accept', {
    detail: 'createConnection() made a socket without TLS: pass "tls" on to it',
  })
}

/** A class of sockets that listen, with connections of the class `Connection` unless it says otherwise. */
export function withListener<B extends Constructor<Socket>>(
  Base: B,
  Connection: new (sock: LowSocket, tls?: TlsSession) => Socket,
): B & Constructor<Listening> {
  class Server extends Base {
    listen(backlog: number = SOMAXCONN): void {
      check(native.listen(this.use('listen'), validate.integer('backlog', backlog)), 'listen')
    }

    async accept(options?: WaitOptions): Promise<Socket> {
      const sock = await this.#accept((fd) => new LowSocket(fd, this.facts), options)
      let tls: TlsSession | undefined
      try {
        tls = this.encrypting()
        const connection = this.createConnection(sock, tls)
        if (tls) assertEncrypted(connection)
        return connection
      } catch (error) {
        // Nobody has the connection: unless it was taken over already, it ends here.
        tls?.close()
        sock.close()
        throw error
      }
    }

    acceptfd(options?: WaitOptions): Promise<number> {
      return this.#accept((fd) => {
        disown(fd)
        return fd
      }, options)
    }

    #accept<T>(finish: (fd: number) => T, options: WaitOptions | undefined): Promise<T> {
      return this.read(
        () => ({
          syscall: 'accept',
          attempt: (fd) => native.accept4(fd, SOCK_NONBLOCK),
          finish,
          retried: TRANSIENT,
          paused: EXHAUSTED,
        }),
        options,
      )
    }

    createConnection(sock: LowSocket, tls?: TlsSession): Socket {
      return new Connection(sock, tls)
    }

    async *[Symbol.asyncIterator](): AsyncIterableIterator<Socket> {
      while (this.isOpen)
        try {
          yield await this.accept()
        } catch (error) {
          // Closing the server is how the loop over it ends.
          if (this.isOpen) throw error
        }
    }
  }
  return Server as unknown as B & Constructor<Listening>
}
