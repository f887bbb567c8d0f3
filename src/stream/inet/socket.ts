import { Chunks } from '../../chunks.js'
import { ipOptions, ipv6Options } from '../../options/index.js'
import { defineOptions, type OptionMethods } from '../../options/option.js'
import { StreamSocket } from '../socket.js'

/** A TCP connection over IPv4 or IPv6. See tcp(7). */
export class InetStreamSocket extends StreamSocket {
  /** What arrives, piece by piece, until the peer has closed. Leaving the loop leaves the socket open. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Buffer> {
    return new Chunks(this)
  }
}

export interface InetStreamSocket extends OptionMethods<typeof ipOptions>, OptionMethods<typeof ipv6Options> {}
defineOptions(InetStreamSocket, ipOptions, ipv6Options)
