import { native } from '../native/sockets.js'
import { type AddrInfo, adoptSockaddr } from './addrinfo.js'

/** Where the kernel puts an address before it is copied out. */
const nameRoom = Buffer.alloc(native.limits.sockaddr_max)

/** A name call such as getsockname(2): `-errno`, or the address. */
export function readName(call: (room: Buffer) => number): number | AddrInfo {
  const length = call(nameRoom)
  if (length < 0) return length
  return adoptSockaddr(Buffer.from(nameRoom.subarray(0, Math.min(length, nameRoom.length))))
}
