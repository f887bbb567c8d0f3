import { AF_INET, AF_INET6, AF_UNIX, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM } from '../constants/exported.generated.js'
import { SocketKind } from '../descriptor/kind.js'
import { Socket as InetDgramSocket } from '../dgram/inet.js'
import { Socket as UnixDgramSocket } from '../dgram/unix.js'
import { wrap } from '../llsocket/create.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { Server as UnixSeqpacketServer, Socket as UnixSeqpacketSocket } from '../seqpacket/unix.js'
import { Server as InetStreamServer, Socket as InetStreamSocket } from '../stream/inet.js'
import { Server as UnixStreamServer, Socket as UnixStreamSocket } from '../stream/unix.js'

/** A socket that is not connected to one peer: a server that listens, or a datagram socket. */
export type ServiceSocket =
  | InetStreamServer
  | UnixStreamServer
  | UnixSeqpacketServer
  | InetDgramSocket
  | UnixDgramSocket

/** A socket of a class that its family, its type, and whether it listens, decide on. */
export type InheritedSocket = ServiceSocket | InetStreamSocket | UnixStreamSocket | UnixSeqpacketSocket

type SocketClass = new (sock: LowSocket) => InheritedSocket

/** The classes of a family and a type: of sockets that listen, and of others. */
interface Classes {
  readonly server: SocketClass
  readonly socket: SocketClass
}

const inetStream: Classes = { server: InetStreamServer, socket: InetStreamSocket }
const inetDgram: Classes = { server: InetDgramSocket, socket: InetDgramSocket }

const CLASSES: ReadonlyMap<string, Classes> = new Map([
  [`${AF_INET} ${SOCK_STREAM}`, inetStream],
  [`${AF_INET6} ${SOCK_STREAM}`, inetStream],
  [`${AF_INET} ${SOCK_DGRAM}`, inetDgram],
  [`${AF_INET6} ${SOCK_DGRAM}`, inetDgram],
  [`${AF_UNIX} ${SOCK_STREAM}`, { server: UnixStreamServer, socket: UnixStreamSocket }],
  [`${AF_UNIX} ${SOCK_SEQPACKET}`, { server: UnixSeqpacketServer, socket: UnixSeqpacketSocket }],
  [`${AF_UNIX} ${SOCK_DGRAM}`, { server: UnixDgramSocket, socket: UnixDgramSocket }],
])

/** Whether a value is an object of one of those classes whose sockets have no single peer. */
export function isServiceSocket(value: unknown): value is ServiceSocket {
  return [InetStreamServer, UnixStreamServer, UnixSeqpacketServer, InetDgramSocket, UnixDgramSocket].some(
    (type) => value instanceof type,
  )
}

/**
 * Adopts an open socket as an object of the class that fits: it is made non-blocking and close-on-exec.
 * @returns `undefined` for a kind of socket that this package has no asynchronous class for; it is left as it is.
 * @throws EBADF, ENOTSOCK; EBUSY when an object of this library owns it already.
 */
export function adoptByKind(fd: number): InheritedSocket | undefined {
  const { family, socktype } = SocketKind.of(fd)
  const classes = CLASSES.get(`${family} ${socktype}`)
  if (classes === undefined) return undefined
  const sock = wrap(fd, true)
  try {
    return new (sock.acceptconn() ? classes.server : classes.socket)(sock)
  } catch (error) {
    if (sock.fd() >= 0) sock.unwrap()
    throw error
  }
}
