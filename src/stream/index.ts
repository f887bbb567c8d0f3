/** Streams: bytes in order, without boundaries, until the end. */

import { lookupUnixFor } from '../address/unix.js'
import { SOCK_STREAM } from '../constants/exported.generated.js'

export * as inet from './inet/index.js'
export { getaddrinfoin } from './inet/lookup.js'
export { StreamServer as Server } from './server.js'
export { StreamSocket as Socket } from './socket.js'
export * as unix from './unix/index.js'
export { wrap } from './wrap.js'

/** The address of a unix stream's path or abstract name, as a list of one. */
export const getaddrinfoun = lookupUnixFor(SOCK_STREAM)
