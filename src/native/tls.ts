import { loadTls } from './load.js'
import { protect } from './memory.js'
import { hasLibuv, unsupportedRuntime } from './runtime.js'

/** An `SSL_CTX` or an `SSL` of the addon. */
export interface TlsHandle {
  readonly opaque: unique symbol
}

/** OpenSSL's reason for a failure, and the part of OpenSSL that reports it. */
export type Reason = [reason: string | undefined, library: string | undefined]

/** A name of a certificate: the kind of GENERAL_NAME (`GEN_DNS`, `GEN_IPADD`, …) and its bytes. */
export type NameRow = [type: number, bytes: Buffer | undefined]

/** The bytes of a client's hello: four extensions, the cipher suites, their names, and its version. */
export type HelloParts = [
  protocols: Buffer | undefined,
  versions: Buffer | undefined,
  signatureAlgorithms: Buffer | undefined,
  preSharedKeys: Buffer | undefined,
  ciphers: Buffer | undefined,
  names: (string | undefined)[],
  version: number,
]

/**
 * The functions of the TLS addon. Those that build a context return 0 or `FAILED`; those that move data return a count, `-errno` or one
 * of the numbers below.
 */
export interface NativeTls {
  readonly registers: ArrayBuffer
  /** OpenSSL failed: see `sessionFailure` and `lastReason`. */
  readonly FAILED: number
  /** The connection ended without close_notify. */
  readonly TRUNCATED: number
  /** The handshake waits for `sessionChoose`. */
  readonly WANT_SERVER: number
  /** The handshake waits for `sessionVerdict`. */
  readonly WANT_VERDICT: number
  /** The handshake waits for `sessionShow`. */
  readonly WANT_CERTIFICATE: number
  /** The peer keeps the call busy: to be called again after a turn of the event loop. */
  readonly WANT_TURN: number

  /** The handshake waits for `sessionPsk`. */
  readonly WANT_PSK: number

  // What the functions that read keys and certificates return besides FAILED.
  /** There is no certificate, or none for the key. */
  readonly NO_CERTIFICATE: number
  /** There is no private key. */
  readonly NO_KEY: number
  /** There is no revocation list. */
  readonly NO_LIST: number
  /** It is encrypted, and no passphrase was given. */
  readonly NO_PASSPHRASE: number
  /** It is encrypted by another passphrase. */
  readonly BAD_PASSPHRASE: number
  /** It is encrypted by an algorithm that OpenSSL does not have. */
  readonly OLD_ENCRYPTION: number
  /** The key is not that of the certificate. */
  readonly KEY_MISMATCH: number
  /** The bytes are not PKCS #12. */
  readonly NOT_PKCS12: number

  /** The register with the bytes of records that wait for room in the socket, after a call that moves data. */
  readonly REGISTER_UNSENT: number
  /** The register that says whether the call left the socket empty. */
  readonly REGISTER_DRAINED: number
  /** The register with notifications: `NOTIFY_*` bits. */
  readonly REGISTER_NOTIFICATIONS: number
  /** There are lines for the key log: see `sessionKeylog`. */
  readonly NOTIFY_KEYLOG: number
  /** There is a session that can be resumed: see `sessionResumption`. */
  readonly NOTIFY_SESSION: number

  /** The client has answered with its certificate, or without one, and no verdict of JavaScript's is needed. */
  readonly NOTIFY_CERTIFICATE: number

  /** Bit of `contextVerify`: the peer is asked for a certificate. */
  readonly VERIFY_ASK: number
  /** Bit of `contextVerify`: a client without a certificate is refused. */
  readonly VERIFY_REQUIRE: number
  /** Bit of `contextVerify`: a peer that cannot be verified is refused. */
  readonly VERIFY_REJECT: number
  /** Bit of `contextVerify`: validity dates are ignored. */
  readonly VERIFY_IGNORE_TIME: number
  /** Bit of `contextVerify`: a server that staples no OCSP response is refused. */
  readonly VERIFY_REQUIRE_OCSP: number
  /** Bit of `contextVerify`: `WANT_VERDICT` whatever the chain is, also of servers and for resumed sessions. */
  readonly VERIFY_ASK_VERDICT: number
  /** Bit of `contextVerify`: a client is asked by `sessionRequest`, and not in the handshake. */
  readonly VERIFY_LATER: number
  /** Bit of `contextVerify`: a chain may end in any trusted certificate. */
  readonly VERIFY_PARTIAL_CHAIN: number

  // Constants of OpenSSL: an option of `contextOption`, results of a verification, kinds of GENERAL_NAME.
  readonly SSL_OP_CIPHER_SERVER_PREFERENCE: number
  readonly X509_V_OK: number
  readonly X509_V_ERR_HOSTNAME_MISMATCH: number
  readonly GEN_DNS: number
  readonly GEN_IPADD: number

  contextNew(isServer: number): TlsHandle | number
  contextCert(context: TlsHandle, chain: Uint8Array): number
  contextKey(context: TlsHandle, key: Uint8Array, passphrase?: Uint8Array): number
  contextPfx(context: TlsHandle, pfx: Uint8Array, passphrase?: string): number
  contextCa(context: TlsHandle, certificates: Uint8Array): number
  rootsNew(): number
  rootsAdd(certificates: Uint8Array): number
  rootsCheck(certificates: Uint8Array): number
  rootsAddDefaultPaths(): number
  contextRoots(context: TlsHandle): number
  contextCrl(context: TlsHandle, lists: Uint8Array): number
  contextVersions(context: TlsHandle, least: number, most: number): number
  contextCiphers(context: TlsHandle, list: string): number
  contextSuites(context: TlsHandle, list: string): number
  contextGroups(context: TlsHandle, list: string): number
  contextSigalgs(context: TlsHandle, list: string): number
  contextDh(context: TlsHandle, parameters?: Uint8Array): number
  contextAlpn(context: TlsHandle, wire: Uint8Array, isServer: number): number
  contextVerify(context: TlsHandle, bits: number, depth: number, ocspAge: number): number
  contextOption(context: TlsHandle, option: number, on: number): number
  contextSessions(context: TlsHandle, id: Uint8Array, seconds: number): number
  contextTicketKeys(context: TlsHandle, index: number, keys: Uint8Array): number
  contextOcspResponse(context: TlsHandle, response: Uint8Array): number
  /** Lets sessions use pre-shared keys; a server may give clients of TLS 1.2 a hint. */
  contextPsk(context: TlsHandle, isServer: number, hint?: string): number
  /** The bytes of the names of authorities that a server tells its clients; with 0 it tells none. */
  contextAuthorities(context: TlsHandle, names: number): number
  contextCallbacks(context: TlsHandle, selects: number, keylog: number): number
  /** Lets the sessions of a client answer `WANT_CERTIFICATE` when the server asks for one. */
  contextShows(context: TlsHandle): number
  /** The names of a certificate in DER form. */
  certificateNames(der: Uint8Array): NameRow[] | undefined
  /** The public key of a certificate in DER form: its SubjectPublicKeyInfo. */
  certificateKey(der: Uint8Array): Buffer | undefined
  contextNames(context: TlsHandle): NameRow[] | undefined

  sessionNew(
    context: TlsHandle,
    isServer: number,
    shortReadDrains: number,
    servername: string | undefined,
    checksName: number,
    requestsOcsp: number,
  ): TlsHandle | number
  /** Sets the id of a client's session, 32 bytes at most: only a session of the same id is resumed. */
  sessionIdentify(session: TlsHandle, id: Uint8Array): number
  sessionFree(session: TlsHandle): number
  sessionHandshake(session: TlsHandle, fd: number): number
  sessionPeek(session: TlsHandle, fd: number): number
  sessionRead(session: TlsHandle, fd: number, into: Uint8Array, offset: number, length: number): number
  sessionWrite(session: TlsHandle, fd: number, from: Uint8Array, offset: number, length: number): number
  /** Frees the buffers of records, which the next record allocates again. */
  sessionRelax(session: TlsHandle): number
  sessionShutdown(session: TlsHandle, fd: number): number
  /** Gives a session within another one ciphertext that has arrived; none is the end of it. */
  sessionFeed(session: TlsHandle, from: Uint8Array, offset: number, length: number): number
  /** Copies the first bytes of ciphertext that such a session has to send, and returns how many. */
  sessionOutput(session: TlsHandle, into: Uint8Array, offset: number, length: number): number
  /** Forgets so many of them, which were sent; returns how many are left. */
  sessionSent(session: TlsHandle, count: number): number
  /** Lets servers ask a client for its certificate after the handshake. */
  contextAnswersLater(context: TlsHandle): number
  /** Asks the client for a certificate, unless that was done; `-EOPNOTSUPP` where it cannot be asked. */
  sessionRequest(session: TlsHandle, fd: number): number
  /** 0 when the client has answered; `-EAGAIN` while it has not, or data comes first. */
  sessionAnswer(session: TlsHandle, fd: number): number
  sessionKeyUpdate(session: TlsHandle, asksPeer: number): number
  /** The client's hello, while the handshake waits for `sessionChoose`. */
  sessionHello(session: TlsHandle): HelloParts | undefined
  /** The answer to `WANT_SERVER`; without a context the client is refused. The protocol is instead of those of the context. */
  sessionChoose(
    session: TlsHandle,
    context: TlsHandle | undefined,
    refusesProtocols: number,
    protocol: Uint8Array | undefined,
  ): number
  /** The names of the authorities that the server accepts, while the handshake waits for `sessionShow`. */
  sessionAuthorities(session: TlsHandle): (string | undefined)[] | undefined
  /** The numbers of the signature algorithms that the server accepts. */
  sessionSigalgs(session: TlsHandle): number[] | undefined
  /** 1 when the server asks for a certificate like that of the context. */
  sessionSuits(session: TlsHandle, context: TlsHandle): number
  /** The answer to `WANT_CERTIFICATE`: the certificate of a context, or by default that of the session's own. */
  sessionShow(session: TlsHandle, refuses: number, context?: TlsHandle): number
  /** The answer to `WANT_VERDICT`. */
  sessionVerdict(session: TlsHandle, isGood: number): number

  /** The answer to `WANT_PSK`, and what a key is set by before: the key to use, or none. A server may refuse the client. */
  sessionPsk(session: TlsHandle, refuses: number, identity?: string, key?: Uint8Array): number
  /** What the peer has named, while the handshake waits for `sessionPsk`: an identity, or a hint, if there is one. */
  sessionPskAsked(session: TlsHandle): Buffer | undefined
  /** The identity whose key both sides have, if that is what authenticates them. */
  sessionPskIdentity(session: TlsHandle): string | undefined

  sessionCertificates(session: TlsHandle): Buffer[] | undefined
  /** The chain that was verified, while the handshake waits for `sessionVerdict`. */
  sessionVerifiedChain(session: TlsHandle): Buffer[] | undefined
  sessionOwnCertificate(session: TlsHandle): Buffer | undefined
  sessionPeerNames(session: TlsHandle): NameRow[] | undefined
  sessionCipher(session: TlsHandle): [name: string, standardName: string | undefined, version: string] | undefined
  sessionProtocol(session: TlsHandle): string | undefined
  sessionAlpn(session: TlsHandle): string | undefined
  sessionServername(session: TlsHandle): string | undefined
  sessionIsReused(session: TlsHandle): number | undefined
  sessionKeylog(session: TlsHandle): Buffer | undefined
  sessionResumption(session: TlsHandle): Buffer | undefined
  sessionResume(session: TlsHandle, former: Uint8Array): number
  sessionOcspResponse(session: TlsHandle): Buffer | undefined
  sessionExport(session: TlsHandle, into: Uint8Array, label: string, context?: Uint8Array): number
  sessionFailure(
    session: TlsHandle,
  ): [reason: Reason, refusal: string | undefined, verified: number, verifiedText: string] | undefined
  lastReason(): Reason
  /** How much external memory was reported to the garbage collector of this thread, by all modules, in bytes: for tests. */
  externalMemory(): number
}

let loaded: NativeTls | undefined
let registers = new Float64Array()

function unsupported(cause: unknown): Error {
  const { versions } = process
  const name = ['bun', 'deno', 'electron'].find((runtime) => Object.hasOwn(versions, runtime))
  const message = `TLS needs the OpenSSL 3 inside Node.js, which ${name ?? 'this runtime'} does not offer to addons; all else works`
  return unsupportedRuntime(message, cause)
}

/**
 * Whether the runtime has OpenSSL 3. Electron and Bun have BoringSSL, whose functions have the same names and other structures; Deno says
 * that it has OpenSSL, and has none.
 */
function hasOpenSsl3(): boolean {
  const { versions } = process
  return /^3\./.test(versions.openssl) && !Object.hasOwn(versions, 'electron') && hasLibuv()
}

/** Whether the addon was there and found no OpenSSL. */
function lacksOpenSsl({ cause }: Error): boolean {
  return cause instanceof Error && /undefined symbol|symbol not found/.test(cause.message)
}

/**
 * Returns the addon, which is loaded at the first use of TLS.
 * @throws `ERR_UNSUPPORTED_RUNTIME` where the runtime has no OpenSSL to offer.
 */
export function nativeTls(): NativeTls {
  if (loaded) return loaded
  if (!hasOpenSsl3()) throw unsupported(undefined)
  try {
    loaded = loadTls() as NativeTls
    registers = new Float64Array(protect(loaded.registers))
  } catch (error) {
    throw lacksOpenSsl(error as Error) ? unsupported(error) : error
  }
  return loaded
}

/** The secondary results of the last call: see {@link NativeTls}. Empty until the addon is loaded. */
export function tlsRegisters(): Float64Array {
  return registers
}
