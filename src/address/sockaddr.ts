import { AF_UNSPEC } from '../constants/exported.generated.js'
import { native, registers } from '../native/sockets.js'
import { check, type ErrorContext } from '../support/errors.js'

/** The fields of a `struct sockaddr`; those that its family does not have are 0 or empty. */
export interface SockaddrParts {
  /** `AF_*`. */
  readonly family: number
  /** The port, as a plain number; of a packet address the protocol of the link layer. */
  readonly port: number
  /** Flow label and traffic class of an IPv6 address. */
  readonly flowinfo: number
  /** The interface index of an IPv6, packet or CAN address. */
  readonly scopeid: number
  /** The path of a unix address, or the bytes of a hardware address. */
  readonly name: Buffer
  /** The context id of a vsock address. */
  readonly cid: number
  /** `hatype` of a packet address, `pid` of netlink, `rx_id` of CAN. */
  readonly first: number
  /** `pkttype` of a packet address, `groups` of netlink, `tx_id` of CAN. */
  readonly second: number
  /** Whether there are enough bytes for an address of the family, so that what is here was read and not made up. */
  readonly isWhole: boolean
}

/** Lets the addon lay out a `struct sockaddr`, and returns its bytes. */
export function encodeSockaddr(encode: (room: Buffer) => number, syscall: string, context?: ErrorContext): Buffer {
  const room = Buffer.alloc(native.limits.sockaddr_max)
  return room.subarray(0, check(encode(room), syscall, context))
}

/** Reads the fields of a `struct sockaddr`. */
export function decodeSockaddr(sockaddr: Buffer): SockaddrParts {
  const family = native.addressParts(sockaddr)
  const [port = 0, flowinfo = 0, scopeid = 0, at = 0, length = 0, cid = 0, first = 0, second = 0, whole = 0] = registers
  const name = sockaddr.subarray(at, at + length)
  const isWhole = whole !== 0
  return { family: Math.max(family, AF_UNSPEC), port, flowinfo, scopeid, name, cid, first, second, isWhole }
}
