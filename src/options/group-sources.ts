import { type AddrInfo, adoptSockaddr } from '../address/addrinfo.js'
import { AF_INET, AF_INET6, IPPROTO_IP, IPPROTO_IPV6, MCAST_MSFILTER } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { native, registers } from '../native/sockets.js'
import { copyOf } from '../support/copy.js'
import { check, systemError } from '../support/errors.js'
import { interfaceFor, peerFamilyAddress } from './kinds/address.js'
import { type OptionTarget, optionTarget } from './option.js'

/** The sources of a membership in a multicast group. */
export interface GroupSources {
  /** `MCAST_INCLUDE`: these are wanted; `MCAST_EXCLUDE`: all but these. */
  mode: number
  /** The addresses, without a port. */
  sources: AddrInfo[]
}

/** So many sources can be read: as many as can be set. */
const SOURCES = 64

/**
 * Reads the sources of a membership in a multicast group, which `mcastmsfilter` and the similar options set.
 * @throws EADDRNOTAVAIL when the socket is not a member; EAFNOSUPPORT for a group of another family; EMSGSIZE for more than 64 sources.
 */
export function groupSources(target: OptionTarget, mcaddr: string | AddrInfo, ifname?: string | number): GroupSources {
  const { family } = target[optionTarget]('getsockopt')
  const group = peerFamilyAddress('getsockopt', family, 'mcaddr', mcaddr)
  const level = group.family === AF_INET ? IPPROTO_IP : IPPROTO_IPV6
  const index = interfaceFor(ifname, group)
  const { sockaddr } = group
  const size = native.limits.sockaddr_max
  const room = Buffer.alloc(SOURCES * size)
  const fd = target[optionTarget]('getsockopt').owner.use('getsockopt')
  const count = check(native.groupFilter(fd, level, MCAST_MSFILTER, index, sockaddr, room), 'getsockopt', {
    ...group.context(),
    detail: 'MCAST_MSFILTER',
  })
  const mode = registers[0] as number
  if (count > SOURCES)
    throw systemError(sys.EMSGSIZE, 'getsockopt', { ...group.context(), detail: `there are ${count} sources` })
  const bytes = group.family === AF_INET6 ? 28 : 16
  return { mode, sources: Array.from({ length: count }, (_, i) => adoptSockaddr(copyOf(room, i * size, bytes))) }
}
