import type { AddrInfo } from '../address/addrinfo.js'
import type { SocketKind } from '../descriptor/kind.js'
import type { NetworkNamespace } from '../llsocket/open.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import type { TlsSession } from '../tls/session.js'

/** How a client finds its peer, and what its connections get. All of it is there, so that nothing of it is inherited. */
export interface ConnectPlan {
  /** Returns the addresses to try, in their order; a promise if a resolver has to be asked. */
  lookup(): AddrInfo[] | Promise<AddrInfo[]>
  /** Is given each new socket before it connects. */
  prepare(sock: LowSocket, ai: AddrInfo): void
  /** Where its sockets belong. */
  readonly netns?: NetworkNamespace | undefined
  /** Makes the TLS session of a connection; undefined in the clear. */
  readonly secure: ((kind: SocketKind) => TlsSession) | undefined
  /** Milliseconds between the starts of two attempts; by default those of RFC 8305. */
  readonly attemptDelay: number | undefined
}

/** What the options of a client come to. */
export interface ClientPlan {
  readonly plan: ConnectPlan
  /** Ends the first attempt: later ones have their own. */
  readonly signal: AbortSignal | undefined
}
