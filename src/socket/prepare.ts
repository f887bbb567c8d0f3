import type { AddrInfo } from '../address/addrinfo.js'
import type { Socket } from '../llsocket/socket.js'
import * as validate from '../support/validate.js'

/** Options of whatever makes a socket that is bound or connected at once. */
export interface PrepareOptions {
  /**
   * Is called with each new socket before it is bound or connected, and the address that it is meant for: to set options
   * that must be set before, or to bind a client to an address of its own.
   */
  prepare?: ((sock: Socket, ai: AddrInfo) => void) | undefined
}

/** Does something with a new socket, which is closed when that fails. */
export function orClosed(sock: Socket, act: (sock: Socket) => void): Socket {
  try {
    act(sock)
    return sock
  } catch (error) {
    sock.close()
    throw error
  }
}

/** Runs what the caller wants done before; the socket is closed when that fails. */
export function prepared(sock: Socket, ai: AddrInfo, { prepare }: PrepareOptions): Socket {
  if (prepare === undefined) return sock
  return orClosed(sock, () => validate.func('options.prepare', prepare)(sock, ai))
}
