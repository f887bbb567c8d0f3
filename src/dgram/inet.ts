import { AddrInfo } from '../address/addrinfo.js'
import {
  type BindOptions,
  INET_ADDRESS,
  type InetAddress,
  type InetAddrInfo,
  lookUp,
  lookUpToBind,
  lookupFor,
  optional,
  v6onlyFor,
} from '../address/inet.js'
import { AF_INET, AF_INET6, AF_UNSPEC, IPPROTO_UDP, SOCK_DGRAM } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { kHandle } from '../descriptor/handle.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import {
  adoptAs,
  checkNetns,
  closeOnError,
  createIn,
  firstBound,
  firstOf,
  type NamespaceOptions,
  type SocketClass,
} from '../socket/create.js'
import type { ReceiveOptions } from '../socket/settings.js'
import type { RecvOptions } from '../socket/socket.js'
import { sendzerocopy, type ZerocopyOptions, type ZerocopySent } from '../socket/zerocopy.js'
import { type SystemError, systemError } from '../support/errors.js'
import { record } from '../support/record.js'
import * as validate from '../support/validate.js'
import { connectTo } from './peer.js'
import { bindTo, DgramSocket } from './socket.js'

/** What a new socket is to be for. */
interface InetDgramOptions extends BindOptions, NamespaceOptions {
  /** Whether other sockets may bind the same address, and share or take over what arrives. Off by default. */
  reuseaddr?: boolean | undefined
  /** Whether several sockets of one user may bind the same address, and share what arrives. Off by default. */
  reuseport?: boolean | undefined
  /**
   * `IPPROTO_UDPLITE`, or another protocol for datagrams than UDP. EPROTONOSUPPORT where the kernel does not have it.
   */
  protocol?: number | undefined
}

/**
 * The UDP addresses of a host and a port, in the order to try them.
 * @throws SystemError with an `EAI_*` code. See getaddrinfo(3).
 */
export const getaddrinfoin = lookupFor(SOCK_DGRAM, IPPROTO_UDP)

const KNOWN = [...INET_ADDRESS, 'v6only', 'reuseaddr', 'reuseport', 'protocol', 'netns']

/**
 * A UDP socket. Without a host it is bound to every address of this machine, IPv6 and IPv4 by one socket where there is IPv6, as a server
 * is; an IPv4 peer then has a mapped address such as `::ffff:192.0.2.1`. `passive: false` is for this machine alone.
 *
 * @example
 * const sock = await dgram.inet.Socket.create({ host: '127.0.0.1', port: 5353 })
 * await sock.bind()
 * const [data, from] = await sock.recvfrom()
 * await sock.sendto(data, from)
 */
class InetDgramSocket extends DgramSocket {
  /**
   * Sends a datagram from where its data is, without a copy (`MSG_ZEROCOPY`), and resolves when the kernel has let go of the memory: when
   * the network device has sent it. Until then the data must not be changed, also after an error. It pays from some 10 KB on, so with
   * segmentation (`udpsegment`); on loopback the kernel copies later, which costs more.
   * @param data - the bytes; a string is sent as UTF-8.
   * @param options - `addr`, where to, by default the peer; `timeout` and `signal` cover both, sending and the release.
   * @returns how many bytes were sent, and whether the kernel copied them after all.
   * @throws as `send()` and `sendto()`; EBUSY after one of these with `MSG_ZEROCOPY`, as this call reads the notes about it. For all
   *   others `recvmsg()` reads the error queue beside it. See {@link https://docs.kernel.org/networking/msg_zerocopy.html MSG_ZEROCOPY}.
   */
  sendzerocopy(data: validate.Data, options?: ZerocopyOptions): Promise<ZerocopySent> {
    return sendzerocopy(this, data, options, 'addr')
  }

  /** What `bind()` and `connect()` use when they are given nothing. */
  #local: AddrInfo[] = []
  #peer: AddrInfo[] = []

  /**
   * Makes a socket for the first address that options name, and remembers it for `bind()` and `connect()`. Without a host `bind()` is for
   * every address of this machine, and `connect()` for the loopback address. Without host, port and `passive` it remembers no address,
   * and is an IPv4 socket unless `family` or `v6only` says otherwise.
   * @param options - `host` and `port`, `family`, `v6only`, `passive`, `protocol`, `netns`: see {@link InetAddress}.
   * @throws `EAI_*` of the lookup; EAFNOSUPPORT where the kernel lacks the family.
   * @example
   * const sock = await dgram.inet.Socket.create({ host: '127.0.0.1', port: 5353 })
   * await sock.bind()
   */
  static async create<S extends InetDgramSocket>(this: SocketClass<S>, options: InetDgramOptions = {}): Promise<S> {
    const given = validate.options('options', options, KNOWN) as InetDgramOptions
    optional(given, 'v6only', false)
    checkNetns(given)
    const { host, port, passive } = given
    const isNamed = host !== undefined || port !== undefined || passive !== undefined
    const list = isNamed ? await lookUpToBind(given, SOCK_DGRAM, IPPROTO_UDP) : [unnamed(given)]
    const loopback =
      host === undefined && port !== undefined
        ? await lookUp(record({ ...given, passive: false }), SOCK_DGRAM, IPPROTO_UDP)
        : []
    const protocol = validate.integer('options.protocol', given.protocol ?? IPPROTO_UDP, 0)
    const [sock, ai] = firstBound(list, (ai) => [new this(created(ai.with({ protocol }), given)), ai] as const)
    if (!isNamed) return sock
    sock.#local = [ai]
    sock.#peer = host === undefined ? loopback : [ai]
    return sock
  }

  /**
   * Binds the socket: to the remembered address, or to the first of those that options name that this machine has; every address of this
   * machine without a host, a free port without a port.
   * @param options - `host` and `port`; the remembered address by default.
   * @throws EADDRINUSE, EACCES, …; EINVAL when it is bound already. See bind(2).
   */
  async bind(options?: InetAddress): Promise<void> {
    const family = this.family()
    const list = await this.#addresses('bind', options, lookUpToBind, this.#local)
    firstBound(usable('bind', list, [family]), (ai) => bindTo(this, ai))
  }

  /**
   * Sets the peer, the remembered address or the first of those that options name: `send` goes there, and only what comes from there is
   * received from now on. `null` takes that back. The socket keeps its port and its device; a source address that the kernel chose for
   * the former peer is chosen anew.
   * @param options - `host` and `port` of the peer, the remembered address by default; `null` for none.
   * @throws ENETUNREACH, … of connect(2): the former peer stays. EADDRINUSE when another socket took the port, which Linux gives up for a
   *   moment unless `bind()` was given it as a number.
   */
  async connect(options?: InetAddress | null): Promise<void> {
    if (options === null) return connectTo(this, null)
    const family = this.family()
    const list = await this.#addresses('connect', options, lookUp, this.#peer)
    // A socket of IPv6 takes IPv4 addresses too, unless it is for IPv6 alone, which the kernel knows.
    const own = usable('connect', list, family === AF_INET6 ? [AF_INET6, AF_INET] : [family])
    firstOf(
      own,
      (ai) => connectTo(this, ai),
      () => noAddress('connect'),
    )
  }

  async #addresses(
    syscall: string,
    options: InetAddress | undefined,
    lookup: typeof lookUp,
    remembered: AddrInfo[],
  ): Promise<AddrInfo[]> {
    this[kHandle].fd.use(syscall)
    if (options !== undefined)
      return lookup(validate.options('options', options, INET_ADDRESS), SOCK_DGRAM, IPPROTO_UDP)
    if (remembered.length > 0) return remembered
    throw systemError(sys.EDESTADDRREQ, syscall, { detail: 'no address was given to create()' })
  }
}

function noAddress(syscall: string): SystemError {
  return systemError(sys.EAFNOSUPPORT, syscall, { detail: 'no address of the family of this socket' })
}

function usable(syscall: string, list: readonly AddrInfo[], families: readonly number[]): AddrInfo[] {
  const own = list.filter((ai) => families.includes(ai.family))
  if (own.length === 0) throw noAddress(syscall)
  return own
}

/** The wildcard address of the family of a socket that is given neither host nor port. */
function unnamed({ family = AF_UNSPEC, v6only }: InetDgramOptions): AddrInfo {
  if (family !== AF_UNSPEC && family !== AF_INET && family !== AF_INET6)
    throw validate.invalidValue('options.family', 'must be AF_INET or AF_INET6', family)
  if (v6only && family === AF_INET)
    throw validate.invalidValue('options.family', 'must be AF_INET6 with v6only', family)
  const isInet6 = family === AF_INET6 || (family === AF_UNSPEC && v6only !== undefined)
  return isInet6
    ? AddrInfo.inet6('::', 0, { socktype: SOCK_DGRAM })
    : AddrInfo.inet('0.0.0.0', 0, { socktype: SOCK_DGRAM })
}

interface InetDgramSocket {
  /** The address that the socket is bound to. See getsockname(2). */
  getsockname(): InetAddrInfo
  /** The address of the peer. See getpeername(2). */
  getpeername(): InetAddrInfo
  /**
   * Receives a datagram and the address of its sender, with the arguments by name: `recvfrom({ timeout: 1000 })`.
   * @param options - `bufsize` in bytes, 64 KiB by default; `flags`; `timeout` in milliseconds, and `signal`.
   * @returns the data, and the address, which is always there.
   * @throws as of {@link DgramSocket.recvfrom}.
   */
  recvfrom(options: RecvOptions): Promise<[data: Buffer, ai: InetAddrInfo]>
  /**
   * Receives a datagram and the address of its sender: `recvfrom(bufsize, flags, options)`, all of them optional.
   * @param args - `bufsize` in bytes, 64 KiB by default; `flags`, `MSG_*`; and options, `timeout` in milliseconds and `signal`.
   * @returns the data, and the address, which is always there.
   * @throws EMSGSIZE when the datagram was longer and was cut; others as of {@link DgramSocket.recvfrom}.
   */
  recvfrom(...args: Parameters<DgramSocket['recvfrom']>): Promise<[data: Buffer, ai: InetAddrInfo]>
  /** Same as `recvfrom`: its name in lua-net. */
  recvfromsync(options: RecvOptions): Promise<[data: Buffer, ai: InetAddrInfo]>
  recvfromsync(...args: Parameters<DgramSocket['recvfrom']>): Promise<[data: Buffer, ai: InetAddrInfo]>
  [Symbol.asyncIterator](): AsyncIterableIterator<[data: Buffer, ai: InetAddrInfo]>
  /**
   * Iterates over the datagrams and their senders, which are always there, with options. See {@link DgramSocket.messages}.
   * @param options - `bufsize`, the most bytes of a piece, 64 KiB by default; `timeout` in milliseconds of each call, and `signal`.
   * @returns an iterator; leaving the loop leaves the socket open.
   */
  messages(options?: ReceiveOptions): AsyncIterableIterator<[data: Buffer, ai: InetAddrInfo]>
  /**
   * Receives until the socket is closed, and gives each datagram and its sender to a function. See {@link DgramSocket.forEach}.
   * @param fn - called as `fn(data, from)`; a promise that it returns pauses receiving until it settles, and what it throws ends the
   *   loop.
   * @param options - `bufsize`, the most bytes of a piece, 64 KiB by default; `timeout` in milliseconds of each call, and `signal`.
   * @throws what `recvfrom()` would; what `fn` throws.
   */
  forEach(fn: (data: Buffer, from: InetAddrInfo) => unknown, options?: ReceiveOptions): Promise<void>
}

function created(ai: AddrInfo, options: InetDgramOptions): LowSocket {
  const reuseaddr = optional(options, 'reuseaddr', false)
  const reuseport = optional(options, 'reuseport', false)
  return closeOnError(createIn(ai, options), (sock) => {
    const v6only = v6onlyFor(ai, options)
    if (v6only !== undefined) sock.v6only(v6only)
    sock.reuseaddr(reuseaddr)
    sock.reuseport(reuseport)
  })
}

/**
 * Adopts an open UDP socket: it is closed with the object from now on, and made non-blocking and close-on-exec.
 * @param fd - the descriptor, which the object owns from now on.
 * @returns the socket.
 * @throws EBADF, ENOTSOCK; EPROTOTYPE when it is a socket of another kind; EBUSY when it has an owner already.
 */
export async function wrap(fd: number): Promise<InetDgramSocket> {
  return new InetDgramSocket(adoptAs(fd, [AF_INET, AF_INET6], SOCK_DGRAM))
}

export type { InetAddress as Address, InetAddrInfo } from '../address/inet.js'
export { type InetDgramOptions as Options, InetDgramSocket as Socket }
