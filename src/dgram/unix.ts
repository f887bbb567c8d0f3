import type { AddrInfo } from '../address/addrinfo.js'
import { addressOf, lookupUnixFor, UNIX_ADDRESS, type UnixAddress } from '../address/unix.js'
import { AF_UNIX, SOCK_DGRAM } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { create as createLow, pair as lowPair } from '../llsocket/create.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { wrapAs } from '../socket/adopt.js'
import { withUnix } from '../socket/pass-fd.js'
import { OwnedFile } from '../socket/socket-file.js'
import { systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'
import { DgramSocket } from './socket.js'

/** The address of a unix datagram socket's path or abstract name, as a list of one. */
export const getaddrinfoun = lookupUnixFor(SOCK_DGRAM)

/**
 * A unix datagram socket: messages with boundaries that are neither lost nor put in another order.
 *
 * @example
 * const log = await dgram.unix.Socket.create({ path: '/dev/log' })
 * await log.connect()
 * await log.send('<14>hello syslog')
 */
class UnixDgramSocket extends withUnix(DgramSocket) {
  #ai: AddrInfo | undefined
  readonly #file = new OwnedFile()

  /** Makes a socket, and remembers the address for `bind()` and `connect()`. Without a path it remembers none. */
  static async create<S extends UnixDgramSocket>(this: new (sock: LowSocket) => S, options?: UnixAddress): Promise<S> {
    const given = options && (validate.options('options', options, UNIX_ADDRESS) as UnixAddress)
    const ai = addressOf(given ?? { path: '' }, SOCK_DGRAM)
    const sock = new this(createLow(ai, true))
    if (options !== undefined) sock.#ai = ai
    return sock
  }

  #address(syscall: string, options: UnixAddress | undefined): AddrInfo {
    this.use(syscall)
    const ai = options === undefined ? this.#ai : addressOf(options, SOCK_DGRAM)
    if (ai === undefined) throw systemError(sys.EDESTADDRREQ, syscall, { detail: 'no address was given to create()' })
    return ai
  }

  /**
   * Binds the socket, to the remembered address or to the one that options name; an empty path takes a free abstract name.
   * `close()` removes the file that it made, if it is still that one.
   * @throws EADDRINUSE when the path exists, EINVAL when the socket is bound already. See bind(2).
   */
  async bind(options?: UnixAddress): Promise<void> {
    const ai = this.#address('bind', options)
    this.bindTo(ai)
    this.#file.note(ai.path)
  }

  /**
   * Sets the peer, the remembered address or the one that options name: `send` goes there, and only what comes from there is
   * received. `null` takes that back.
   * @throws ENOENT or ECONNREFUSED when nobody is there. See connect(2).
   */
  async connect(options?: UnixAddress | null): Promise<void> {
    if (options === null) this.disconnect()
    else this.connectTo(this.#address('connect', options))
  }

  /** Removes the socket file. */
  protected override closing(): void {
    super.closing()
    this.#file.remove()
  }

  /** The socket file is somebody else's from now on. */
  protected override released(): void {
    super.released()
    this.#file.forget()
  }
}

/** Two unix datagram sockets that are connected with each other. See socketpair(2). */
export async function pair(): Promise<[UnixDgramSocket, UnixDgramSocket]> {
  const [a, b] = lowPair(SOCK_DGRAM, true)
  return [new UnixDgramSocket(a), new UnixDgramSocket(b)]
}

/**
 * Adopts an open unix datagram socket: it is closed with the object from now on, and made non-blocking and close-on-exec.
 * @throws EBADF, ENOTSOCK; EPROTOTYPE when it is a socket of another kind; EBUSY when it has an owner already.
 */
export async function wrap(fd: number): Promise<UnixDgramSocket> {
  return new UnixDgramSocket(wrapAs(fd, [AF_UNIX], SOCK_DGRAM))
}

export type { UnixAddress as Address } from '../address/unix.js'
export { UnixDgramSocket as Socket }
