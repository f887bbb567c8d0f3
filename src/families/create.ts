import { SOCK_SEQPACKET, SOCK_STREAM } from '../constants/exported.generated.js'
import { Socket as AnyDgramSocket } from '../dgram/any.js'
import { Socket as AnySeqpacketSocket } from '../seqpacket/any.js'
import type { AnyOptions } from '../socket/any.js'
import { Socket as AnyStreamSocket } from '../stream/any.js'

/**
 * Makes an asynchronous socket of any kind: with the methods of streams, of seqpackets or of datagrams, by its type. It is neither bound nor
 * connected. Where the type is known, `create()` of {@link stream.any.Socket}, {@link seqpacket.any.Socket} or {@link dgram.any.Socket} has
 * the exact class.
 *
 * @example
 * const sock = await createSocket({ family: AF_INET, type: SOCK_DGRAM, protocol: IPPROTO_UDPLITE })
 * @throws EAFNOSUPPORT, ESOCKTNOSUPPORT, EPROTONOSUPPORT where the kernel does not have it, with its names; EPERM or EACCES with what is needed.
 */
export async function createSocket(
  options: AnyOptions,
): Promise<AnyStreamSocket | AnySeqpacketSocket | AnyDgramSocket> {
  const type = options?.type ?? options?.address?.socktype
  if (type === SOCK_STREAM) return AnyStreamSocket.create({ ...options, type })
  if (type === SOCK_SEQPACKET) return AnySeqpacketSocket.create({ ...options, type })
  return AnyDgramSocket.create(options)
}
