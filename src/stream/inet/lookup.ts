import { lookupFor } from '../../address/inet.js'
import { IPPROTO_TCP, SOCK_STREAM } from '../../constants/exported.generated.js'

/**
 * The TCP addresses of a host and a port, in the order to try them.
 * @throws SystemError with an `EAI_*` code. See getaddrinfo(3).
 */
export const getaddrinfoin = lookupFor(SOCK_STREAM, IPPROTO_TCP)
