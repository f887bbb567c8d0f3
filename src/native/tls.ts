import { assertEventLoop, loadTls } from './load.js'

/** An `SSL_CTX`, or an `SSL`: only the addon looks inside. */
export interface Handle {
  readonly opaque: unique symbol
}

/** Why OpenSSL says that something failed. */
export type Reason = [reason: string | undefined, library: string | undefined]

/** A kind of GENERAL_NAME (2 a DNS name, 7 an IP address) and its bytes. */
export type NameRow = [type: number, bytes: Buffer | undefined]

/**
 * The TLS addon, function by function. What builds a context answers 0 or `FAILED`; what moves data answers a count, `-errno`,
 * or one of the numbers below. Registers after a call that moves data: 0 bytes that are held back for want of room, 1 whether the
 * socket had no more, 2 news (1 lines for the key log, 2 a session that can be resumed).
 */
export interface NativeTls {
  readonly registers: ArrayBuffer
  readonly FAILED: number
  readonly TRUNCATED: number
  readonly WANT_SERVER: number
  readonly WANT_VERDICT: number
  readonly WANT_TURN: number

  contextNew(isServer: number): Handle | number
  contextCert(context: Handle, chain: Uint8Array): number
  contextKey(context: Handle, key: Uint8Array, passphrase?: Uint8Array): number
  contextPfx(context: Handle, pfx: Uint8Array, passphrase?: string): number
  contextCa(context: Handle, certificates: Uint8Array): number
  rootsAdd(certificates: Uint8Array): number
  contextRoots(context: Handle): number
  contextCrl(context: Handle, lists: Uint8Array): number
  contextVersions(context: Handle, least: number, most: number): number
  contextCiphers(context: Handle, list: string): number
  contextSuites(context: Handle, list: string): number
  contextGroups(context: Handle, list: string): number
  contextSigalgs(context: Handle, list: string): number
  contextDh(context: Handle, parameters?: Uint8Array): number
  contextAlpn(context: Handle, wire: Uint8Array, isServer: number): number
  contextVerify(context: Handle, bits: number, depth: number): number
  contextOption(context: Handle, option: number, on: number): number
  contextSessions(context: Handle, id: Uint8Array, seconds: number): number
  contextTicketKeys(context: Handle, keys: Uint8Array): number
  contextStaple(context: Handle, response: Uint8Array): number
  contextCallbacks(context: Handle, selects: number, keylog: number): number
  /** Of a certificate in DER form. */
  certificateNames(der: Uint8Array): NameRow[] | undefined
  contextNames(context: Handle): NameRow[] | undefined

  sessionNew(
    context: Handle,
    isServer: number,
    shortIsAll: number,
    servername: string | undefined,
    checksName: number,
    asksForStaple: number,
  ): Handle | number
  /** What a client's session is for, in 32 bytes at most: only one of the same id is resumed. */
  sessionIdentify(session: Handle, id: Uint8Array): number
  sessionFree(session: Handle): number
  sessionHandshake(session: Handle, fd: number): number
  sessionRead(session: Handle, fd: number, into: Uint8Array, offset: number, length: number): number
  sessionWrite(session: Handle, fd: number, from: Uint8Array, offset: number, length: number): number
  /** Gives back the buffers of records, which the next record needs again. */
  sessionRelax(session: Handle): number
  sessionShutdown(session: Handle, fd: number): number
  sessionKeyUpdate(session: Handle, asksPeer: number): number
  /** Answers `WANT_SERVER`; without a context the client is refused. */
  sessionChoose(session: Handle, context?: Handle): number
  /** Answers `WANT_VERDICT`. */
  sessionVerdict(session: Handle, isGood: number): number

  sessionCertificates(session: Handle): Buffer[] | undefined
  sessionOwnCertificate(session: Handle): Buffer | undefined
  sessionPeerNames(session: Handle): NameRow[] | undefined
  sessionCipher(session: Handle): [name: string, standardName: string | undefined, version: string] | undefined
  sessionProtocol(session: Handle): string | undefined
  sessionAlpn(session: Handle): string | undefined
  sessionServername(session: Handle): string | undefined
  sessionIsReused(session: Handle): number | undefined
  sessionKeylog(session: Handle): Buffer | undefined
  sessionResumption(session: Handle): Buffer | undefined
  sessionResume(session: Handle, former: Uint8Array): number
  sessionStaple(session: Handle): Buffer | undefined
  sessionExport(session: Handle, into: Uint8Array, label: string, context?: Uint8Array): number
  sessionFailure(
    session: Handle,
  ): [reason: Reason, refusal: string | undefined, verified: number, verifiedText: string] | undefined
  queueReason(): Reason
}

let loaded: NativeTls | undefined
let registers = new Float64Array()

function unsupported(cause: unknown): Error {
  const { versions } = process
  const name = ['bun', 'deno', 'electron'].find((runtime) => runtime in versions)
  const message = `TLS needs the OpenSSL 3 inside Node.js, which ${name ?? 'this runtime'} does not offer to addons; all else works`
  return Object.assign(new Error(message, { cause }), { code: 'ERR_UNSUPPORTED_RUNTIME' })
}

/** Electron and Bun have BoringSSL under the same names, with other structures behind them. */
function hasOpenSsl3(): boolean {
  const { openssl, electron, bun } = process.versions
  return /^3\./.test(openssl ?? '') && electron === undefined && bun === undefined
}

/**
 * The addon, loaded when TLS is used for the first time.
 * @throws `ERR_UNSUPPORTED_RUNTIME` where the runtime has no OpenSSL to offer.
 */
export function nativeTls(): NativeTls {
  if (loaded) return loaded
  assertEventLoop()
  if (!hasOpenSsl3()) throw unsupported(undefined)
  try {
    loaded = loadTls() as NativeTls
    registers = new Float64Array(loaded.registers)
  } catch (error) {
    throw (error as { code?: string }).code === 'ERR_DLOPEN_FAILED' ? unsupported(error) : error
  }
  return loaded
}

/** What the last call said beside its result: see {@link NativeTls}. Empty until the addon is loaded. */
export function tlsRegisters(): Float64Array {
  return registers
}
