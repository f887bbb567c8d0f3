import { AddrInfo } from '../address/addrinfo.js'
import * as validate from '../support/validate.js'

/**
 * Returns the address of a path or abstract name, as a list of one, so that it is used as that of `inet` is. No `AI_*` flag has a meaning
 * for it.
 * @param path - a path; or an abstract name, which begins with a NUL; or the empty string for an unused abstract name.
 * @param socktype - `SOCK_*`, 0 for any.
 * @param protocol - 0, the only one of unix sockets.
 * @param flags - 0.
 * @throws ENAMETOOLONG for a path over 107 bytes or an abstract name over 108. See unix(7).
 */
export function getaddrinfo(
  path: string | Uint8Array,
  socktype?: number,
  protocol?: number,
  ...flags: number[]
): AddrInfo[] {
  validate.flags('flags', flags)
  return [AddrInfo.unix(path, { socktype: socktype ?? 0, protocol: protocol ?? 0 })]
}
