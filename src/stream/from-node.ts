import { Server as NodeServer, Socket as NodeSocket } from 'node:net'
import { TLSSocket, Server as TlsServer } from 'node:tls'
import { nodeFd } from '../adapters/node-handle.js'
import { refuseUnfinished, takeUnread } from '../adapters/to-node.js'
import { AF_INET, AF_INET6, AF_UNIX, SOCK_STREAM } from '../constants/exported.generated.js'
import { nameOf, sys } from '../constants/lookup.js'
import { Handle } from '../descriptor/handle.js'
import { SocketKind } from '../descriptor/kind.js'
import { isOwned, OwnedFd } from '../descriptor/owned-fd.js'
import { Socket as LowSocket } from '../llsocket/socket.js'
import { native } from '../native/sockets.js'
import { prepend } from '../socket/buffered-reader.js'
import { closeOnError } from '../socket/create.js'
import { check, type SystemError, systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'
import * as inet from './inet.js'
import * as unix from './unix.js'

const NOTHING = Buffer.alloc(0)
const FAMILIES = [AF_INET, AF_INET6, AF_UNIX]

function refusal(errno: number, detail: string): SystemError {
  return systemError(errno, 'fromNode', { detail })
}

/** The descriptor of a socket of Node. Without one it is not open, or Node has it from another process of a cluster. */
function openFd(socket: NodeSocket | NodeServer): number {
  const fd = nodeFd(socket)
  if (fd < 0)
    throw refusal(sys.EBADF, 'the socket has no descriptor: it is not open, or belongs to the primary of a cluster')
  return fd
}

/**
 * A second descriptor for the same open socket, which Node's close does not end.
 * @throws ENOTSOCK, EPROTOTYPE where it is something else than a socket of streams; EBUSY where a socket object of this library owns the number.
 */
function duplicate(fd: number): LowSocket {
  if (isOwned(fd)) throw refusal(sys.EBUSY, `fd ${fd} belongs to another socket object`)
  const kind = SocketKind.of(fd)
  if (!FAMILIES.includes(kind.family) || kind.socktype !== SOCK_STREAM)
    throw refusal(sys.EPROTOTYPE, `fd ${fd} is ${nameOf('AF_', kind.family)} with ${nameOf('SOCK_', kind.socktype)}`)
  return new LowSocket(new Handle(new OwnedFd(check(native.dup(fd), 'dup'), 'Socket'), kind))
}

/** Someone else reads from it, so that bytes may be anywhere. */
function refuseUsed(socket: NodeSocket): void {
  if (socket instanceof TLSSocket) throw refusal(sys.EOPNOTSUPP, 'the TLS session is of node:tls')
  if (socket.connecting) throw refusal(sys.ENOTCONN, 'it is being connected')
  if ((socket as { parser?: unknown }).parser)
    throw refusal(sys.EBUSY, "an HTTP parser reads from it: take the socket of 'upgrade' or 'connect'")
}

function connectionFrom(socket: NodeSocket): inet.Socket | unix.Socket {
  refuseUsed(socket)
  let unread: Buffer = NOTHING
  const low = closeOnError(duplicate(openFd(socket)), () => {
    refuseUnfinished(socket, 'fromNode')
    unread = takeUnread(socket)
  })
  const conn = low.family() === AF_UNIX ? new unix.Socket(low) : new inet.Socket(low)
  prepend(conn, unread)
  // In the same turn of the event loop: Node has had no occasion to receive more.
  socket.destroy()
  return conn
}

function serverFrom(server: NodeServer): inet.Server | unix.Server {
  if (server instanceof TlsServer)
    throw refusal(sys.EOPNOTSUPP, 'the server would go on in the clear: make one with a tlscfg')
  const fd = openFd(server)
  const address = server.address()
  if (typeof address === 'string' && !address.startsWith('\0'))
    throw refusal(sys.EOPNOTSUPP, 'the close of the server of Node would remove its socket file')
  const low = duplicate(fd)
  const ours = low.family() === AF_UNIX ? new unix.Server(low) : new inet.Server(low)
  server.close()
  return ours
}

/**
 * Takes a connection or a listening socket over from Node: options that were set stay, what Node had received and was not read is
 * received first, and for its former users the socket is closed. Node's descriptor is duplicated, so that each closes its own. It has to
 * be a socket whose data the program itself reads: it cannot be detected that node:http2 or node:tls does it below.
 * @param socket - a connected `net.Socket`, or a `net.Server` that listens; its connections stay Node's.
 * @returns the connection or the server, of the class for its family.
 * @throws EBADF when it is not open; ENOTCONN while it connects; EBUSY while writes wait, or a parser of HTTP reads from it; EINVAL after
 *   `setEncoding()`; EOPNOTSUPP for TLS, and for a server on a socket file that Node made, which Node removes.
 * @example
 * httpServer.on('upgrade', async (request, socket, head) => {
 *   socket.unshift(head)
 *   const conn = await fromNode(socket as net.Socket)
 * })
 */
export function fromNode(socket: NodeServer): Promise<inet.Server | unix.Server>
/**
 * Takes a connection over from Node, with what Node had received, and closes the socket for its former users.
 * @param socket - a connected `net.Socket`.
 * @returns the connection, of the class for its family.
 * @throws ENOTCONN while it connects; EBUSY while writes wait; EINVAL after `setEncoding()`; EOPNOTSUPP for TLS; EBADF when it is not open.
 */
export function fromNode(socket: NodeSocket): Promise<inet.Socket | unix.Socket>
export async function fromNode(
  socket: NodeSocket | NodeServer,
): Promise<inet.Socket | unix.Socket | inet.Server | unix.Server> {
  if (socket instanceof NodeServer) return serverFrom(socket)
  if (socket instanceof NodeSocket) return connectionFrom(socket)
  throw validate.invalidType('socket', 'an instance of net.Socket or net.Server', socket)
}
