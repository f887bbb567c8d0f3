import type { AddrInfo } from './address.js'
import { sys } from './constants.js'
import { SystemError, systemError } from './errors.js'
import { create } from './llsocket/factory.js'
import type { Socket as LowSocket } from './llsocket/socket.js'

/**
 * A socket that is bound to the first address that can be bound, in their order.
 * @param prepare - sets options on each new socket before it is bound.
 * @throws the failure of the last address.
 */
export function bindFirst(list: readonly AddrInfo[], prepare?: (sock: LowSocket) => void): LowSocket {
  let failure: SystemError = systemError(sys.EADDRNOTAVAIL, 'bind', { detail: 'no address to bind to' })
  for (const ai of list) {
    try {
      return bound(ai, prepare)
    } catch (error) {
      if (!(error instanceof SystemError)) throw error
      failure = error
    }
  }
  throw failure
}

function bound(ai: AddrInfo, prepare: ((sock: LowSocket) => void) | undefined): LowSocket {
  const sock = create(ai, true)
  try {
    prepare?.(sock)
    sock.bind()
    return sock
  } catch (error) {
    sock.close()
    throw error
  }
}
