/** Vsock: between a virtual machine and its host. */
import { AddrInfo } from '../address/addrinfo.js'
import {
  AF_VSOCK,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOMAXCONN,
  VMADDR_CID_ANY,
  VMADDR_PORT_ANY,
} from '../constants/exported.generated.js'
import { Socket as AnyDgramSocket } from '../dgram/any.js'
import type { NetworkNamespace } from '../llsocket/open.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { vsockOptions } from '../options/index.js'
import { defineOptions, type OptionMethods } from '../options/option.js'
import { Socket as AnySeqpacketSocket } from '../seqpacket/any.js'
import { openAny, remember } from '../socket/any.js'
import { adoptAs, type SocketClass } from '../socket/create.js'
import type { WaitOptions } from '../socket/socket.js'
import { Socket as AnyStreamSocket } from '../stream/any.js'
import * as validate from '../support/validate.js'

/** An address of a vsock, whose parts are all there. */
interface VsockAddrInfo extends AddrInfo {
  /** The context id of the machine. */
  readonly cid: number
  /** The port. */
  readonly port: number
}

/** Where a vsock connects to, or what it is bound to. */
interface VsockOptions {
  /** The context id of a machine: `VMADDR_CID_HOST`, `VMADDR_CID_LOCAL`, …; to bind, `VMADDR_CID_ANY` by default. */
  cid?: number | undefined
  /** The port, 32 bits; to bind, a free one by default (`VMADDR_PORT_ANY`). */
  port?: number | undefined
  /** The network namespace that it belongs to. */
  netns?: NetworkNamespace | undefined
}

const KNOWN = ['cid', 'port', 'netns']

function opened(options: VsockOptions, socktype: number) {
  const given = validate.options('options', options, KNOWN) as VsockOptions
  const { cid = VMADDR_CID_ANY, port = VMADDR_PORT_ANY, netns } = given
  const address = AddrInfo.vsock(cid, port, { socktype })
  return openAny({ address, netns }, [socktype])
}

/**
 * A vsock stream. It connects, or it listens. See vsock(7).
 *
 * @example
 * const conn = await vsock.connect({ cid: VMADDR_CID_HOST, port: 1024 }, { timeout: 5000 })
 * const server = await vsock.listen({ port: 1024 })
 * await server.serve(async (conn) => { for await (const data of conn) await conn.send(data) })
 */
class VsockSocket extends AnyStreamSocket {
  /**
   * Makes a socket, and remembers the address for `bind()` and `connect()`.
   * @param options - `cid` and `port` of the address.
   * @throws EAFNOSUPPORT when this kernel has no vsock.
   */
  static override async create<S extends AnyStreamSocket>(
    this: SocketClass<S>,
    options: VsockOptions = {},
  ): Promise<S> {
    const { sock, address } = opened(options, SOCK_STREAM)
    return remember(new this(sock), address)
  }

  /**
   * Makes the object of an accepted connection. To be overridden for connections of another class.
   * @param sock - the accepted socket, for the constructor.
   */
  override createConnection(sock: LowSocket): VsockSocket {
    return new VsockSocket(sock)
  }
}

interface VsockSocket extends OptionMethods<typeof vsockOptions> {
  /** The address that the socket is bound to. */
  getsockname(): VsockAddrInfo
  /** The address of the peer. */
  getpeername(): VsockAddrInfo
}
defineOptions(VsockSocket, vsockOptions)

/**
 * A vsock datagram socket. Few hypervisors have a transport for it: VMware's.
 */
class VsockDgramSocket extends AnyDgramSocket {
  /**
   * Makes a socket, and remembers the address for `bind()` and `connect()`.
   * @param options - `cid` and `port` of the address.
   * @throws EAFNOSUPPORT when this kernel has no vsock, ENODEV when no transport of it has datagrams.
   */
  static override async create<S extends AnyDgramSocket>(this: SocketClass<S>, options: VsockOptions = {}): Promise<S> {
    const { sock, address } = opened(options, SOCK_DGRAM)
    return remember(new this(sock), address)
  }
}

interface VsockDgramSocket extends OptionMethods<typeof vsockOptions> {}
defineOptions(VsockDgramSocket, vsockOptions)

/** A vsock seqpacket socket: a connection that keeps boundaries. It connects, or it listens. */
class VsockSeqpacketSocket extends AnySeqpacketSocket {
  /**
   * Makes a socket, and remembers the address for `bind()` and `connect()`.
   * @param options - `cid` and `port` of the address.
   * @throws EAFNOSUPPORT when this kernel has no vsock; ESOCKTNOSUPPORT when it has no seqpackets there.
   */
  static override async create<S extends AnySeqpacketSocket>(
    this: SocketClass<S>,
    options: VsockOptions = {},
  ): Promise<S> {
    const { sock, address } = opened(options, SOCK_SEQPACKET)
    return remember(new this(sock), address)
  }

  /**
   * Makes the object of an accepted connection. To be overridden for connections of another class.
   * @param sock - the accepted socket, for the constructor.
   */
  override createConnection(sock: LowSocket): VsockSeqpacketSocket {
    return new VsockSeqpacketSocket(sock)
  }
}

interface VsockSeqpacketSocket extends OptionMethods<typeof vsockOptions> {}
defineOptions(VsockSeqpacketSocket, vsockOptions)

/**
 * Makes a vsock stream that is connected.
 * @param address - `cid` and `port` of the listener.
 * @param options - `timeout` and `signal` of the connection; the kernel gives up after `vsockconnecttimeout`, 2 seconds.
 * @throws ECONNRESET when nobody listens there, ENODEV when there is no transport to that machine, ETIMEDOUT, … of connect(2).
 */
export async function connect(address: VsockOptions, options?: WaitOptions): Promise<VsockSocket> {
  const sock = await VsockSocket.create(address)
  try {
    await sock.connect(undefined, options)
    return sock
  } catch (error) {
    sock.close().catch(() => undefined)
    throw error
  }
}

/**
 * Makes a vsock stream that listens, on every context id of this machine unless one is given.
 * @param address - `cid` and `port`; by default any context id of this machine, and a free port.
 * @param backlog - the most connections that may wait to be accepted, `SOMAXCONN` by default; the kernel caps it at net.core.somaxconn.
 * @throws EADDRINUSE, EADDRNOTAVAIL, EACCES for a port below 1024 without CAP_NET_BIND_SERVICE, … of bind(2).
 */
export async function listen(address: VsockOptions = {}, backlog: number = SOMAXCONN): Promise<VsockSocket> {
  const sock = await VsockSocket.create(address)
  try {
    await sock.bind()
    sock.listen(backlog)
    return sock
  } catch (error) {
    sock.close().catch(() => undefined)
    throw error
  }
}

/**
 * Adopts an open vsock stream, which may listen: it is closed with the object from now on, and made non-blocking and close-on-exec.
 * @param fd - the descriptor, which the object owns from now on.
 * @returns the socket.
 * @throws EBADF, ENOTSOCK; EPROTOTYPE when it is a socket of another kind; EBUSY when it has an owner already.
 */
export async function wrap(fd: number): Promise<VsockSocket> {
  return new VsockSocket(adoptAs(fd, [AF_VSOCK], SOCK_STREAM))
}

export {
  type VsockAddrInfo as Address,
  VsockDgramSocket as DgramSocket,
  type VsockOptions as Options,
  VsockSeqpacketSocket as SeqpacketSocket,
  VsockSocket as Socket,
}
