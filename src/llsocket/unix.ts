import { AddrInfo } from '../address/addrinfo.js'
import * as validate from '../support/validate.js'

/**
 * The address of a path or abstract name, as a list of one: so that both families are used alike. No flag of `AI_*` has a
 * meaning for it.
 *
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
