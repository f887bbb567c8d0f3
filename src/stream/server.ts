import { SOCK_NONBLOCK, SOMAXCONN, sys } from '../constants.js'
import { check } from '../errors.js'
import { Socket as LowSocket } from '../llsocket/socket.js'
import { native } from '../native.js'
import type { WaitOptions } from '../socket.js'
import * as validate from '../validate.js'
import { StreamSocket } from './socket.js'

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

/**
 * A socket that listens. Connections of another class are had by overriding {@link StreamServer.createConnection}; the type
 * of `accept()` follows.
 */
export class StreamServer extends StreamSocket {
  /**
   * Starts to listen.
   * @param backlog - how many connections may wait for `accept()`; the kernel caps it at net.core.somaxconn. See listen(2).
   */
  listen(backlog: number = SOMAXCONN): void {
    check(native.listen(this.use('listen'), validate.integer('backlog', backlog)), 'listen')
  }

  /**
   * Waits for a connection, within the receive deadline. While the process has no free descriptor it waits with growing
   * pauses, and goes on when there is one. See accept(2).
   */
  async accept(options?: WaitOptions): Promise<ReturnType<this['createConnection']>> {
    const fd = await this.acceptfd(options)
    return this.createConnection(new LowSocket(fd, this.facts)) as ReturnType<this['createConnection']>
  }

  /** As {@link StreamServer.accept}, but the bare descriptor, which belongs to the caller. It is non-blocking and close-on-exec. */
  acceptfd(options?: WaitOptions): Promise<number> {
    return this.read(
      () => ({
        syscall: 'accept',
        attempt: (fd) => native.accept4(fd, SOCK_NONBLOCK),
        finish: (fd) => fd,
        retried: TRANSIENT,
        paused: EXHAUSTED,
      }),
      options,
    )
  }

  /** Makes the object of an accepted connection. To be overridden by servers with connections of their own. */
  createConnection(sock: LowSocket): StreamSocket {
    return new StreamSocket(sock)
  }
}
