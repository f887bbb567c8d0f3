import { AF_UNIX, MSG_DONTWAIT } from '../../constants/exported.generated.js'
import { sys } from '../../constants/lookup.js'
import { kHandle } from '../../descriptor/handle.js'
import { lookAhead } from '../../descriptor/receiving.js'
import { wouldBlock, YIELD } from '../../engine/operation.js'
import { Socket as LowSocket } from '../../llsocket/socket.js'
import { BackgroundHandshakes } from '../../socket/background-handshakes.js'
import { hasReadAhead } from '../../socket/buffered-reader.js'
import { Channel } from '../../socket/channel.js'
import type { SignalOptions } from '../../socket/settings.js'
import { kReleaseChannel } from '../../socket/socket.js'
import { systemError } from '../../support/errors.js'
import * as validate from '../../support/validate.js'
import type { TlsConfig } from '../../tls/config.js'
import { Context, contextOf } from '../../tls/context.js'
import { TlsError } from '../../tls/errors.js'
import { TlsSession } from '../../tls/session.js'
import { Socket as InetStreamSocket } from '../inet.js'
import type { StreamSocket } from '../socket.js'
import { Socket as UnixStreamSocket } from '../unix.js'

/** How a connection becomes one with TLS. */
export interface WrapOptions extends SignalOptions {
  /** Whether this side is the server: by default what a context is for, and false for a plain object. */
  server?: boolean | undefined
  /** Clients: the name to ask for and to check the certificate against. */
  servername?: string | undefined
  /** Clients: what `getSession()` gave before. */
  session?: Uint8Array | undefined
  /** What was received beyond the message that announced TLS. There must be nothing: see {@link wrap}. */
  received?: Uint8Array | undefined
}

const WRAP_OPTIONS = ['server', 'servername', 'session', 'received', 'signal']

/** Those of connections that were in the clear. */
const handshakes = new BackgroundHandshakes()

/**
 * Goes on with TLS on a connection that was in the clear until now, as STARTTLS does. The former object is closed for its user; what
 * waits on it ends with ECANCELED. A client has done the handshake when this resolves; that of a server goes on by itself, as after
 * `accept()`.
 *
 * A connection that is encrypted already is encrypted once more, for another peer behind this one: through a proxy that is reached by
 * TLS, say. Both sessions end with the new object, which also tells the errors of the former one.
 *
 * What arrives in the clear behind the message that announces TLS was put there by an attacker in between, for it to be taken for a part
 * of the secure conversation: a client refuses it, and so does a server that hands over what it has read too much.
 * @param sock - the connection, of `stream.inet` or `stream.unix`.
 * @param tlscfg - a configuration, or a {@link Context} of one.
 * @param options - `server`, whether this side is the server; `servername` and `session` of a client; `received`; `signal`.
 * @returns the encrypted connection, a new object of the same kind.
 * @throws {@link TlsError}: `ERR_TLS_PLAINTEXT` for such bytes, or what the handshake says; the connection is closed then.
 * @example
 * await conn.send('STARTTLS\r\n')
 * if (!String(await conn.recv()).startsWith('220')) throw new Error('no TLS there')
 * const secure = await tls.wrap(conn, {}, { servername: 'mail.example.com' })
 */
export async function wrap<S extends InetStreamSocket | UnixStreamSocket>(
  sock: S,
  tlscfg: TlsConfig | Context,
  options: WrapOptions = {},
): Promise<S extends UnixStreamSocket ? UnixStreamSocket : InetStreamSocket> {
  const given = validate.options('options', options, WRAP_OPTIONS) as WrapOptions
  const isServer = validate.boolean('options.server', given.server ?? (tlscfg instanceof Context && tlscfg.isServer))
  if (!(sock instanceof InetStreamSocket || sock instanceof UnixStreamSocket))
    throw validate.invalidType('sock', 'an instance of Socket of stream.inet or stream.unix', sock)
  const context = contextOf(tlscfg, isServer)
  const outer = sock[kHandle].transport.session
  const { servername, session, received, signal } = given
  const { shortReadDrains } = sock[kHandle].kind
  const tls = new TlsSession(context, { host: undefined, servername, session, shortReadDrains })
  const secured = secure(sock, tls)
  try {
    refuseEarly(early(secured, outer, isServer), received)
    if (isServer) handshakes.begin(secured, tls)
    else await secured.handshake({ signal })
    return secured as never
  } catch (error) {
    // What was wrong before is worth more than what the close says.
    await secured.close().catch(() => undefined)
    throw error
  }
}

/** Moves the descriptor of a socket to a new object that the session encrypts. */
function secure(sock: StreamSocket, session: TlsSession): StreamSocket {
  const [rcvmsec, sndmsec] = sock.deadlines()
  const Class = sock.family() === AF_UNIX ? UnixStreamSocket : InetStreamSocket
  const secured = new Class(new LowSocket(released(sock, session)), session)
  secured.deadlines(rcvmsec, sndmsec)
  return secured
}

/** A socket that is closed, or used by another thread, cannot be given away: then the session is of no use. */
function released(sock: StreamSocket, session: TlsSession): Channel {
  try {
    if (sock[kHandle].engine.isOffloading)
      throw systemError(sys.EALREADY, 'wrap', { detail: 'another thread sends in the clear' })
    // In the clear it is refused as detach() is.
    if (sock.encrypted && hasReadAhead(sock))
      throw systemError(sys.EBUSY, 'wrap', { detail: 'a reader has read ahead, which rest() gives' })
    const { fd, kind, transport } = sock[kReleaseChannel](true)
    if (transport.session) session.enclose(transport.session)
    return new Channel(fd, kind)
  } catch (error) {
    session.close()
    throw error
  }
}

/** How much is there before the handshake begins, if anything. Before a client has said anything, a server has nothing to say. */
function early(sock: StreamSocket, outer: TlsSession | undefined, isServer: boolean): number {
  if (isServer) return 0
  if (outer === undefined) return lookAhead(sock[kHandle], sock.fd(), MSG_DONTWAIT)
  const count = outer.peek(sock.fd())
  // What failed there may have cost the outer session a record.
  if (count < 0 && count !== YIELD && !wouldBlock(count)) throw systemError(-count, 'recv')
  return count
}

function refuseEarly(count: number, received: Uint8Array = new Uint8Array()): void {
  if (validate.bytes('options.received', received).length === 0 && count <= 0) return
  throw new TlsError('ERR_TLS_PLAINTEXT', 'wrap', 'bytes in the clear follow the switch to TLS')
}
