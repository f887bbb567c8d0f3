import { AddrInfo } from '../address/addrinfo.js'
import { addressOf, lookupUnixFor, UNIX_ADDRESS, type UnixAddress, unixAddress } from '../address/unix.js'
import { AF_UNIX, SOCK_DGRAM } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { kHandle } from '../descriptor/handle.js'
import type { OpenFile } from '../descriptor/open-file.js'
import { pair as lowPair } from '../llsocket/create.js'
import { unixOptions } from '../options/index.js'
import { defineOptions } from '../options/option.js'
import { adoptAs, checkNetns, createIn, type NamespaceOptions, type SocketClass } from '../socket/create.js'
import { recvfd, type SendFdOptions, sendfd, type UnixMethods } from '../socket/pass-fd.js'
import type { RecvIntoOptions, SendOptions, WaitOptions } from '../socket/socket.js'
import { addSocketFile, unlinkAtClose } from '../socket/socket-file.js'
import { defineSyncNames } from '../socket/sync-names.js'
import { SOCKET_FILE, type SocketFileOptions, SocketFilePlan } from '../socket/unix-bind.js'
import { countAsUnix } from '../socket/unix-classes.js'
import { systemError } from '../support/errors.js'
import { without } from '../support/record.js'
import * as validate from '../support/validate.js'
import { connectTo } from './peer.js'
import { bindTo, DgramSocket } from './socket.js'

/** Where and how to bind: by default to the address that `create()` was given. */
export type UnixBindOptions = (UnixAddress | Partial<Record<'path' | 'pathname', undefined>>) & SocketFileOptions

/** The address of a new socket, if it has one, and where it belongs. */
export type UnixDgramOptions = (UnixAddress | Partial<Record<'path' | 'pathname', undefined>>) & NamespaceOptions

/** The address of a socket that is made without one. */
const UNNAMED = AddrInfo.unix('', { socktype: SOCK_DGRAM })

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
class UnixDgramSocket extends DgramSocket {
  #ai: AddrInfo | undefined

  /**
   * Makes a socket, and remembers the address for `bind()` and `connect()`. Without a path it remembers none.
   * @param options - `path`, a path or an abstract name that begins with a NUL; none by default. `netns`, the network namespace, which abstract
   *   names belong to.
   * @throws ENAMETOOLONG for a path over 107 bytes.
   * @example
   * const sock = await dgram.unix.Socket.create({ path: '/run/app.sock' })
   * await sock.bind()
   */
  static async create<S extends UnixDgramSocket>(this: SocketClass<S>, options?: UnixDgramOptions): Promise<S> {
    const given = validate.options('options', options ?? {}, [...UNIX_ADDRESS, 'netns']) as UnixDgramOptions
    checkNetns(given)
    const { path, pathname, netns } = given
    // Options that name nothing at all are a mistake.
    const isNamed = options !== undefined && (path !== undefined || pathname !== undefined || netns === undefined)
    const ai = isNamed ? addressOf(given as UnixAddress, SOCK_DGRAM) : UNNAMED
    const sock = new this(createIn(ai, given))
    if (isNamed) sock.#ai = ai
    return sock
  }

  #address(syscall: string, options: UnixAddress | undefined): AddrInfo {
    this[kHandle].fd.use(syscall)
    const ai = options === undefined ? this.#ai : addressOf(unixAddress(options), SOCK_DGRAM)
    if (ai === undefined) throw systemError(sys.EDESTADDRREQ, syscall, { detail: 'no address was given to create()' })
    return ai
  }

  /**
   * Binds the socket, to the remembered address or to the one that options name; an empty path takes a free abstract name. `close()`
   * removes the file that it made, if it is still that one.
   * @param options - `path`, and `mode` and `replaceStale` of the file; the remembered address by default.
   * @throws EADDRINUSE when the path exists, EINVAL when the socket is bound already. See bind(2).
   */
  async bind(options?: UnixBindOptions): Promise<void> {
    const given = validate.options('options', options ?? {}, [...UNIX_ADDRESS, ...SOCKET_FILE]) as UnixBindOptions
    const name = without(given, 'mode', 'replaceStale') as UnixAddress
    const isNamed = name.path !== undefined || name.pathname !== undefined
    const ai = this.#address('bind', isNamed ? name : undefined)
    new SocketFilePlan(ai, given).bind(this[kHandle].fd.use('bind'), () => bindTo(this, ai))
    addSocketFile(this, ai.path)
  }

  /**
   * Whether `close()` removes the socket file, or sets that: false in a process that has passed the socket on, true in its successor. See
   * unlink(2).
   * @param enable - whether `close()` removes the file from now on; without it nothing is changed.
   * @throws EINVAL when it is not bound to a path, ENOENT when the file is no longer there.
   */
  unlink(enable?: boolean): boolean {
    return unlinkAtClose(this, enable)
  }

  /**
   * Sets the peer, the remembered address or the one that options name: `send` goes there, and only what comes from there is received.
   * `null` takes that back.
   * @param options - `path` of the peer, the remembered address by default; `null` for none.
   * @throws ENOENT or ECONNREFUSED when no socket is bound there. See connect(2).
   */
  async connect(options?: UnixAddress | null): Promise<void> {
    connectTo(this, options === null ? null : this.#address('connect', options))
  }

  /**
   * Passes an open descriptor to the peer, with one byte of data. See {@link UnixMethods.sendfd}, unix(7), `SCM_RIGHTS`.
   * @param fd - any open descriptor, or a `FileHandle`; the caller keeps it, and may close it when the call is over.
   * @param ai - the destination, on a datagram socket that is not connected; or the options.
   * @param flags - `MSG_*` flags, OR-ed, 0 by default; or the options.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns 0: no byte of the caller's was sent.
   * @throws EBADF for a descriptor that is not open; EPIPE, ECONNRESET or ECONNREFUSED when the peer has closed; TimeoutError,
   *   AbortError.
   */
  sendfd(
    fd: OpenFile,
    ai?: AddrInfo | SendFdOptions,
    flags: number | SendOptions = 0,
    options?: WaitOptions,
  ): Promise<0> {
    return sendfd(this, fd, ai, flags, options)
  }

  /**
   * Receives exactly one descriptor, which belongs to the caller and is close-on-exec. See {@link UnixMethods.recvfd}, unix(7),
   * `SCM_RIGHTS`.
   * @param flags - `MSG_*` flags, OR-ed, 0 by default; or the options.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns its number; `null` when the peer has closed.
   * @throws EMFILE when there was no free number for it; EMSGSIZE when there were more than one (all are closed); ENOMSG when the message
   *   had none.
   */
  recvfd(flags: number | RecvIntoOptions = 0, options?: WaitOptions): Promise<number | null> {
    return recvfd(this, flags, options)
  }
}

interface UnixDgramSocket extends UnixMethods {}
defineOptions(UnixDgramSocket, unixOptions)
defineSyncNames(UnixDgramSocket, ['sendfd', 'recvfd'])
countAsUnix(UnixDgramSocket)

/**
 * Makes two unix datagram sockets that are connected with each other. See socketpair(2).
 * @throws EMFILE, ENFILE or ENOBUFS when the process or the system has no room for them.
 */
export async function pair(): Promise<[UnixDgramSocket, UnixDgramSocket]> {
  const [a, b] = lowPair(SOCK_DGRAM, true)
  return [new UnixDgramSocket(a), new UnixDgramSocket(b)]
}

/**
 * Adopts an open unix datagram socket: it is closed with the object from now on, and made non-blocking and close-on-exec.
 * @param fd - the descriptor, which the object owns from now on.
 * @returns the socket.
 * @throws EBADF, ENOTSOCK; EPROTOTYPE when it is a socket of another kind; EBUSY when it has an owner already.
 */
export async function wrap(fd: number): Promise<UnixDgramSocket> {
  return new UnixDgramSocket(adoptAs(fd, [AF_UNIX], SOCK_DGRAM))
}

export type { UnixAddress as Address } from '../address/unix.js'
export { type UnixBindOptions as BindOptions, UnixDgramSocket as Socket }
