import { SO_ACCEPTCONN, SOCK_DGRAM, SOL_SOCKET } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { kHandle } from '../descriptor/handle.js'
import { Socket as UnixDgramSocket } from '../dgram/unix.js'
import { isServiceSocket, type ServiceSocket } from '../inherited/adopt.js'
import { FD_NAME, isFdName } from '../inherited/names.js'
import { RIGHTS_MAX } from '../message/cmsghdr.js'
import { Server as SeqpacketServer } from '../seqpacket/unix.js'
import { unlinkAtClose } from '../socket/socket-file.js'
import { Server as UnixStreamServer } from '../stream/unix.js'
import { systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'
import { type HandoverConnection, type HandoverOptions, Line, protocolError } from './line.js'
import { DONE, offerLine, READY, WITHDRAWN } from './protocol.js'

const SYSCALL = 'offer'

/** A socket to be handed over. */
interface Offered {
  readonly name: string
  readonly sock: ServiceSocket
  /** Whether closing it removes its file, which is for the successor to do then. */
  readonly unlink: boolean
}

/**
 * Hands servers and datagram sockets over to another process, which calls {@link take}. They go on to accept here until it has said that
 * it is ready; then they are closed, without removing their files. Connections that were accepted stay here. Both processes have the same
 * queue of connections meanwhile, so that no client is refused.
 *
 * The connection is closed when the call is over, whatever way it ends. After a failure everything goes on here as before.
 * @param connection - a unix stream or seqpacket that is connected with the other process.
 * @param sockets - by names of the caller's choice, up to 253. `dup()` of one that is to be kept as well. Certificates do not go along:
 *   the successor calls `secure()`.
 * @param options - `timeout` and `signal` of the whole call, and `peer`: whether to deal with the process on the other side.
 * @throws EPERM for a peer of another user; ECONNABORTED when it ended before it was ready; TimeoutError, AbortError; EPROTO.
 * @example
 * const [ours, theirs] = await stream.unix.pair()
 * spawn(process.execPath, ['server.mjs'], { stdio: ['inherit', 'inherit', 'inherit', theirs.fd()] })
 * await theirs.close()
 * await handover.offer(ours, { web: server }, { timeout: 10_000 })
 */
export async function offer(
  connection: HandoverConnection,
  sockets: Readonly<Record<string, ServiceSocket>>,
  options?: HandoverOptions,
): Promise<void> {
  const offered = offeredOf(sockets)
  const [line, wait] = await Line.begin(
    SYSCALL,
    connection,
    options,
    'the successor has ended, or given up, before it was ready',
  )
  try {
    await line.say(offerLine(offered.map(({ name, unlink }) => ({ name, unlink }))), wait, () =>
      offered.map(({ sock }) => sock[kHandle].fd.use(SYSCALL)),
    )
    const answer = await line.hear(wait)
    if (answer !== READY) throw protocolError('an answer other than that the successor is ready')
    await line.say(DONE, wait)
  } catch (error) {
    await line.sayIfPossible(WITHDRAWN)
    throw error
  } finally {
    await line.close()
  }
  await closeAll(offered)
}

function offeredOf(sockets: unknown): Offered[] {
  const entries = Object.entries(validate.object('sockets', sockets)) as [string, unknown][]
  validate.integer('sockets.length', entries.length, 1, RIGHTS_MAX)
  return entries.map(([name, sock]) => {
    if (!isFdName(name)) throw validate.invalidValue('sockets', `must have names of ${FD_NAME}`, name)
    if (!isServiceSocket(sock)) throw validate.invalidType(`sockets.${name}`, 'a server or a datagram socket', sock)
    requireListening(name, sock)
    return { name, sock, unlink: hasFile(sock) && unlinkAtClose(sock) }
  })
}

function requireListening(name: string, sock: ServiceSocket): void {
  if (sock[kHandle].kind.socktype === SOCK_DGRAM || sock.getsockopt(SOL_SOCKET, SO_ACCEPTCONN, 'bool')) return
  throw systemError(sys.EINVAL, SYSCALL, { detail: `"${name}" does not listen: listen() comes first` })
}

function hasFile(sock: ServiceSocket): sock is UnixStreamServer | SeqpacketServer | UnixDgramSocket {
  return sock instanceof UnixStreamServer || sock instanceof SeqpacketServer || sock instanceof UnixDgramSocket
}

/** Closes all, whatever the others report; the files are the successor's. */
async function closeAll(offered: readonly Offered[]): Promise<void> {
  const closing = offered.map(async ({ sock, unlink }) => {
    if (unlink && sock.fd() >= 0) unlinkAtClose(sock, false)
    await sock.close()
  })
  const [failed] = (await Promise.allSettled(closing)).filter((result) => result.status === 'rejected')
  if (failed) throw failed.reason
}
