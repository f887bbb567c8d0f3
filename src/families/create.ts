import { isAddrInfo } from '../address/addrinfo.js'
import { SOCK_SEQPACKET, SOCK_STREAM } from '../constants/exported.generated.js'
import { Socket as AnyDgramSocket } from '../dgram/any.js'
import { Socket as AnySeqpacketSocket } from '../seqpacket/any.js'
import { ANY_OPTIONS, type AnyOptions } from '../socket/any.js'
import { Socket as AnyStreamSocket } from '../stream/any.js'
import * as validate from '../support/validate.js'

/**
 * Makes an asynchronous socket of any kind: with the methods of streams, of seqpackets or of datagrams, by its type. It is neither bound
 * nor connected. Where the type is known, `create()` of {@link stream.any.Socket}, {@link seqpacket.any.Socket} or
 * {@link dgram.any.Socket} has the exact class.
 * @param options - `family`, `type`, `protocol`, and `address`, which `bind()` and `connect()` use by default.
 * @throws EAFNOSUPPORT, ESOCKTNOSUPPORT, EPROTONOSUPPORT where the kernel does not have it, with its names; EPERM or EACCES with what is
 *   needed.
 * @example
 * const sock = await createSocket({ family: AF_INET, type: SOCK_DGRAM, protocol: IPPROTO_UDPLITE })
 */
export async function createSocket(
  options: AnyOptions,
): Promise<AnyStreamSocket | AnySeqpacketSocket | AnyDgramSocket> {
  const given = validate.options('options', options, ANY_OPTIONS) as AnyOptions
  const type = given.type ?? (isAddrInfo(given.address) ? given.address.socktype : undefined)
  if (type === SOCK_STREAM) return AnyStreamSocket.create(given)
  if (type === SOCK_SEQPACKET) return AnySeqpacketSocket.create(given)
  return AnyDgramSocket.create(given)
}
