import { native } from '../native/sockets.js'
import { copyOf } from '../support/copy.js'
import { type AddrInfo, adoptSockaddr } from './addrinfo.js'

/** Memory for the address of one call, which is copied out right after it. */
const nameRoom = Buffer.alloc(native.limits.sockaddr_max)

/** Makes a call such as getsockname(2), and returns the address or `-errno`. */
export function readName(call: (room: Buffer) => number): number | AddrInfo {
  const length = call(nameRoom)
  if (length < 0) return length
  return adoptSockaddr(copyOf(nameRoom, 0, Math.min(length, nameRoom.length)))
}
