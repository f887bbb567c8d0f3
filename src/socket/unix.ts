import { optional } from '../address/inet.js'
import { namedAddress, UNIX_ADDRESS, type UnixAddress } from '../address/unix.js'
import { kHandle } from '../descriptor/handle.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import * as validate from '../support/validate.js'
import type { Context } from '../tls/context.js'
import { contextIn, type TlsClientOptions, type TlsOptions, tlsClientOptions, tlsOptions } from '../tls/options.js'
import { clientTls } from './client-tls.js'
import type { ClientPlan } from './connect-plan.js'
import { checkPrepare, closeOnError, createIn, PREPARE_OPTIONS, type PrepareOptions, runPrepareHook } from './create.js'
import type { SignalOptions } from './settings.js'
import { SOCKET_FILE, type SocketFileOptions, SocketFilePlan } from './unix-bind.js'

// What the clients and servers of unix streams and of seqpackets have in common.

/** Where to connect to, and what may end the attempt. */
export type UnixClientOptions = UnixAddress & PrepareOptions & SignalOptions & TlsClientOptions

/** The names of the properties of {@link UnixClientOptions}. */
export function unixClientOptions(socktype: number): string[] {
  return [...UNIX_ADDRESS, ...PREPARE_OPTIONS, 'signal', ...tlsClientOptions(socktype)]
}

/** Checks the options of a client, and returns how it connects. */
export function unixPlan(options: UnixClientOptions, socktype: number): ClientPlan {
  const given = validate.options('options', options, unixClientOptions(socktype)) as UnixClientOptions
  const ai = namedAddress(given, socktype)
  checkPrepare(given)
  const plan = {
    lookup: () => [ai],
    netns: given.netns,
    prepare: (sock: LowSocket) => runPrepareHook(sock, ai, given),
    secure: clientTls(given),
    attemptDelay: undefined,
  }
  return { plan, signal: given.signal }
}

/** Where and how to listen. */
export type UnixServerOptions = UnixAddress &
  PrepareOptions &
  SocketFileOptions &
  TlsOptions & {
    /** Whether `close()` removes the file; true by default. */
    unlink?: boolean | undefined
  }

/** A server socket that is bound. */
export interface BoundUnix {
  readonly sock: LowSocket
  /** The path of the file that closing removes; none where it is to stay. */
  readonly path: string | Buffer | undefined
  /** The TLS of its connections. */
  readonly context: Context | undefined
}

/** The names of the properties of {@link UnixServerOptions}. */
export function unixServerOptions(socktype: number): string[] {
  return [...UNIX_ADDRESS, ...SOCKET_FILE, ...PREPARE_OPTIONS, 'unlink', ...tlsOptions(socktype)]
}

/** Checks the options of a server, and binds its socket. */
export function bindUnix(options: UnixServerOptions, socktype: number): BoundUnix {
  const given = validate.options('options', options, unixServerOptions(socktype)) as UnixServerOptions
  const context = contextIn(given, true)
  const ai = namedAddress(given, socktype)
  checkPrepare(given)
  const unlink = optional(given, 'unlink', true)
  const file = new SocketFilePlan(ai, given)
  const sock = closeOnError(createIn(ai, given), (sock) => {
    runPrepareHook(sock, ai, given)
    file.bind(sock[kHandle].fd.use('bind'), () => sock.bind())
  })
  return { sock, path: unlink ? ai.path : undefined, context }
}
