import type { AddrInfo } from '../address/addrinfo.js'
import { sys } from '../constants/lookup.js'
import { create } from '../llsocket/create.js'
import type { Socket } from '../llsocket/socket.js'
import { SystemError, systemError } from '../support/errors.js'
import { orClosed, type PrepareOptions, prepared } from './prepare.js'

/**
 * A socket that is bound to the first address that can be bound, in their order. What `prepare` throws ends it, unless it is
 * a SystemError of one address.
 * @throws the failure of the last address.
 */
export function bindFirst(list: readonly AddrInfo[], options: PrepareOptions): Socket {
  let failure: SystemError = systemError(sys.EADDRNOTAVAIL, 'bind', { detail: 'no address to bind to' })
  for (const ai of list) {
    try {
      return bound(ai, options)
    } catch (error) {
      if (!(error instanceof SystemError)) throw error
      failure = error
    }
  }
  throw failure
}

function bound(ai: AddrInfo, options: PrepareOptions): Socket {
  return orClosed(prepared(create(ai, true), ai, options), (sock) => sock.bind())
}
