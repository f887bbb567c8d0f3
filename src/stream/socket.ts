import type { X509Certificate } from 'node:crypto'
import { type DuplexOptions, SocketDuplex } from '../adapters/node-stream.js'
import { TlsDuplex } from '../adapters/tls-stream.js'
import { type WebOptions, type WebStreams, webStreams } from '../adapters/web-streams.js'
import { sys } from '../constants/lookup.js'
import { kHandle } from '../descriptor/handle.js'
import { descriptorOf, type OpenFile } from '../descriptor/open-file.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { tcpOptions } from '../options/index.js'
import { defineOptions, type OptionMethods } from '../options/option.js'
import { type BufferedReader, readerOf } from '../socket/buffered-reader.js'
import { type Client, kConnector } from '../socket/connector.js'
import { forEachReceived } from '../socket/iterator.js'
import { isOptions, type ReceiveOptions, withOptions } from '../socket/settings.js'
import { kWrite, Socket, type WaitOptions } from '../socket/socket.js'
import { defineSyncNames } from '../socket/sync-names.js'
import { systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'
import type { TlsError } from '../tls/errors.js'
import { TlsSession } from '../tls/session.js'
import type { Cipher } from '../tls/session-info.js'

/** Options of `sendfile`, in place of its arguments behind the file. */
export interface SendFileOptions extends WaitOptions {
  /** How many bytes to send; to the end of the file by default. */
  bytes?: number | undefined
  /** Where they begin in the file; 0 by default. */
  offset?: number | undefined
}

/** Anything but a session would encrypt nothing; the socket stays its owner's then. */
function checkSession(tls: unknown, sock: LowSocket | undefined): LowSocket | undefined {
  if (tls === undefined || tls instanceof TlsSession) return sock
  throw validate.invalidType('tls', 'what createConnection() was given', tls)
}

/** Whether a socket is encrypted, or will be when it is connected. */
export function encrypts(socket: StreamSocket): boolean {
  return socket.encrypted || (socket as Partial<Client>)[kConnector]?.plan?.secure !== undefined
}

/**
 * A stream: bytes in order, without boundaries, until the end, in the clear or encrypted by TLS. What is asked about TLS has no answer
 * in the clear. See tcp(7), unix(7).
 */
export class StreamSocket extends Socket {
  /**
   * Takes over a synchronous socket; `tls` encrypts it, as `createConnection` of a server is given it.
   * @param sock - the synchronous socket, such as that of `createConnection()`.
   * @param tls - its TLS session; absent without TLS.
   */
  constructor(sock?: LowSocket, tls?: TlsSession) {
    super(checkSession(tls, sock))
    if (tls) this[kHandle].encrypt(tls)
  }

  #session(): TlsSession | undefined {
    return this[kHandle].transport.session
  }

  /**
   * Returns this socket as a Node stream, for every library that takes one: `http`, `http2`, `ws`. It belongs to the stream from now on.
   * @param options - those of Node's `stream.Duplex` that make sense for a socket: `allowHalfOpen`, `highWaterMark`, `signal`, …
   */
  duplex(options?: DuplexOptions): SocketDuplex {
    return encrypts(this) ? new TlsDuplex(this, options) : new SocketDuplex(this, options)
  }

  /** Returns the reader of this connection, which reads by counts, delimiters and lines: see {@link BufferedReader}. */
  reader(): BufferedReader {
    return readerOf(this)
  }

  /**
   * Returns this socket as a pair of web streams. It belongs to them from now on.
   * @param options - `signal`, which closes the socket when it is aborted, whatever is under way.
   */
  web(options?: WebOptions): WebStreams {
    return webStreams(this, options)
  }

  /**
   * Receives until the peer has closed, and gives each piece to a function, without a promise for each: from within the event that
   * brought it, in the asynchronous context of this call. A promise that the function returns pauses receiving until it settles, and so do
   * other calls that receive take their turn behind the loop. Closing the socket ends it.
   * @param fn - is called as `fn(data)`; what it throws ends the loop with that error, and leaves the socket open.
   * @param options - `bufsize`, the most bytes of each, 64 KiB by default; `timeout` of each wait, and `signal`.
   * @throws what recv() would; what a {@link Socket.write} has failed with that no call of `drained()` waits for.
   * @example
   * await conn.forEach((data) => conn.write(data) || conn.drained())
   */
  forEach(fn: (data: Buffer) => unknown, options?: ReceiveOptions): Promise<void> {
    return forEachReceived(this, fn, options)
  }

  /**
   * Sends an open file, or a part of it, with the further arguments by name: `sendfile(file, { offset: 100 })`.
   * @param fd - descriptor or `FileHandle` of a file that can be mapped into memory.
   * @param options - `bytes`, up to the end of the file by default; `offset`, 0 by default; `timeout` in milliseconds, and `signal`.
   * @returns the number of bytes sent.
   * @throws as `sendfile(fd, bytes, offset, options)`.
   */
  sendfile(fd: OpenFile, options: SendFileOptions): Promise<number>
  /**
   * Sends `bytes` bytes of an open file from `offset` on, or all up to its end, without copying them through this process. The call is
   * made on another thread, because reading the file may wait for a disk. The file's own position does not move.
   * @param fd - descriptor or `FileHandle` of a file that can be mapped into memory; it may be closed when the call is over.
   * @param bytes - by default up to the end of the file, where that is when the call comes to it; `bufferedAmount` does not count them
   *   then.
   * @param offset - where in the file to begin, in bytes; 0 by default.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns the number of bytes sent: fewer than `bytes` only when the file ends before.
   * @throws EPIPE or ECONNRESET when the peer has closed, EINVAL or ESPIPE when it is not such a file; `bytes` on any error says how many
   *   were sent. See sendfile(2).
   * @example
   * const file = await open('index.html')
   * await conn.sendfile(file)
   */
  sendfile(fd: OpenFile, bytes?: number, offset?: number, options?: WaitOptions): Promise<number>
  async sendfile(
    fd: OpenFile,
    bytes?: number | SendFileOptions,
    offset?: number,
    options?: WaitOptions,
  ): Promise<number> {
    return isOptions(bytes)
      ? withOptions(sendfileNamed, [this, fd], bytes, ['bytes', 'offset'], [offset, options])
      : sendfileNamed([this, fd], { bytes, offset }, options)
  }

  /**
   * Waits for the TLS handshake, within the send deadline, as every call that sends or receives does. When it is done already, and
   * without TLS, there is nothing to do. A client has done it when it is connected; that of an accepted connection goes on by itself.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @throws `TlsError`: the peer cannot be verified, does not speak TLS, or accepts nothing that this side does.
   */
  handshake(options?: WaitOptions): Promise<void> {
    return this[kWrite](this[kHandle].transport.handshake(), options)
  }

  /**
   * Ends sending, once everything before has left: the peer sees the end of the stream, and may still send. With TLS, where `closew()` is
   * refused, by close_notify; without it as `closew()`.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @throws EPIPE, ENOTCONN or ECONNRESET when the connection is gone; TimeoutError, AbortError.
   */
  end(options?: WaitOptions): Promise<void> {
    return this[kWrite](this[kHandle].transport.end(), options)
  }

  /**
   * Servers, in TLS 1.3: asks the client for its certificate now (`requestCert: 'later'`), within the send deadline. Resolves when it is
   * there and was accepted, as in a handshake; with `rejectUnauthorized: false` there may be none. A client that is refused loses the
   * connection. The answer comes among the data: what the client has sent before it has to be received meanwhile, and what is sent from
   * here waits for it.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns the certificate; undefined when the client has shown none.
   * @throws EOPNOTSUPP if the client does not allow it (`postHandshakeAuth`), with TLS 1.2, on a client and without TLS; `TlsError`
   *   when the client is refused. After a deadline or an abort the request remains pending, and a second call waits for it.
   */
  requestCertificate(options?: WaitOptions): Promise<X509Certificate | undefined> {
    return this.runWrite(() => this[kHandle].transport.requestCertificate(), options)
  }

  /**
   * Uses fresh keys for what is sent from now on, and asks the peer to do so too if `askPeer` is true. TLS 1.3 only.
   * @param askPeer - whether the peer is to do so, too; false by default.
   * @throws EOPNOTSUPP with TLS 1.2 and without TLS.
   */
  updateKeys(askPeer = false): void {
    validate.boolean('askPeer', askPeer)
    this.#requireSession('updateKeys').updateKeys(askPeer)
  }

  /** Whether TLS encrypts what is sent and received. */
  get encrypted(): boolean {
    return this.#session() !== undefined
  }

  /**
   * Whether the peer has shown a certificate that passed every check, with none left out; or has shown none, and has the pre-shared key.
   */
  get authorized(): boolean {
    return this.#session()?.isAuthorized ?? false
  }

  /** Why the peer cannot be verified, where the configuration tolerates that (`rejectUnauthorized: false`). */
  get authorizationError(): TlsError | null {
    return this.#session()?.authorizationError ?? null
  }

  /** The identity of the pre-shared key (`pskCallback`) that both sides have; undefined if certificates authenticate them. */
  get pskIdentity(): string | undefined {
    return this.#session()?.pskIdentity
  }

  /** The application protocol that both chose (ALPN). */
  get alpnProtocol(): string | undefined {
    return this.#session()?.alpnProtocol
  }

  /** The name that the client asked for (SNI). */
  get servername(): string | undefined {
    return this.#session()?.servername
  }

  /** Returns the certificate of the peer; undefined when it has shown none. */
  getPeerCertificate(): X509Certificate | undefined {
    return this.#session()?.peerCertificate
  }

  /** Returns the certificate of the peer and those that it sent along, in its order. */
  getPeerCertificates(): X509Certificate[] {
    return this.#session()?.certificates ?? []
  }

  /** Returns the certificate that this side has shown. */
  getCertificate(): X509Certificate | undefined {
    return this.#session()?.ownCertificate
  }

  /** Returns the cipher suite, with its names in OpenSSL and in the standard; undefined before the handshake. */
  getCipher(): Cipher | undefined {
    return this.#session()?.cipher
  }

  /** Returns the protocol version, such as `'TLSv1.3'`, once the handshake is done. */
  getProtocol(): string | undefined {
    return this.#session()?.protocol
  }

  /** Whether the handshake went on from a former session. */
  isSessionReused(): boolean {
    return this.#session()?.isReused ?? false
  }

  /**
   * Clients: returns what a later connection to the same server can begin with (`session` of its `tlscfg`). With TLS 1.3 it comes after
   * the handshake, along with the first data. It holds keys: keep it as one.
   * @returns the session; undefined as long as there is none.
   */
  getSession(): Buffer | undefined {
    return this.#session()?.resumableSession
  }

  /**
   * Clients: returns the OCSP response that the server has sent (DER).
   * @returns the response; undefined when there is none.
   */
  getOCSPResponse(): Buffer | undefined {
    return this.#session()?.ocspResponse
  }

  /**
   * Exports key material for another protocol, bound to this connection. See RFC 5705, and RFC 8446 section 7.5.
   * @param length - bytes to export, 1 to 65535.
   * @param label - the name of the use, registered with IANA; 249 bytes at most.
   * @param context - further input of the derivation; none and an empty one differ with TLS 1.2.
   * @returns the key material.
   * @throws ENOTCONN before the handshake, EOPNOTSUPP without TLS.
   */
  exportKeyingMaterial(length: number, label: string, context?: Uint8Array): Buffer {
    return this.#requireSession('exportKeyingMaterial').exportKeyingMaterial(length, label, context)
  }

  #requireSession(syscall: string): TlsSession {
    const { fd, transport } = this[kHandle]
    fd.use(syscall)
    if (transport.session) return transport.session
    throw systemError(sys.EOPNOTSUPP, syscall, { detail: 'the connection is not encrypted' })
  }
}

export interface StreamSocket extends OptionMethods<typeof tcpOptions> {
  /** Same as {@link StreamSocket.sendfile}: its name in lua-net. */
  sendfilesync(fd: OpenFile, options: SendFileOptions): ReturnType<StreamSocket['sendfile']>
  /** Same as {@link StreamSocket.sendfile}: its name in lua-net. */
  sendfilesync(...args: Parameters<StreamSocket['sendfile']>): ReturnType<StreamSocket['sendfile']>
}
defineOptions(StreamSocket, tcpOptions)
defineSyncNames(StreamSocket, ['sendfile'])

function sendfileNamed(
  [sock, file]: [StreamSocket, OpenFile],
  { bytes, offset = 0 }: SendFileOptions,
  options: WaitOptions | undefined,
): Promise<number> {
  descriptorOf('fd', file, 'sendfile')
  const total = bytes === undefined ? undefined : validate.integer('bytes', bytes, 1, Number.MAX_SAFE_INTEGER)
  const from = validate.integer('offset', offset, 0, Number.MAX_SAFE_INTEGER)
  return sock[kWrite](sock[kHandle].transport.sendfile(file, from, total), options)
}
