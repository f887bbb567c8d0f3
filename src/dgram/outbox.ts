import { type AddrInfo, addressArgument, adoptSockaddr } from '../address/addrinfo.js'
import type { Gathered } from '../engine/poller.js'
import type { Channel } from '../socket/channel.js'
import * as validate from '../support/validate.js'
import { SendTo } from './operations.js'

/** What leaves with the batch that is being handled has no object of its own: it is copied at once. */
const NOTHING = new Uint8Array(0)

/** Sends datagrams of one socket without a promise for each. */
export class Outbox implements Gathered {
  readonly channel: Channel
  readonly gathersAs: number
  /** The datagram that is being handed over. */
  plainBytes: Uint8Array = NOTHING
  sockaddr: Uint8Array | undefined

  constructor(channel: Channel) {
    this.channel = channel
    this.gathersAs = channel.kind.gathersAs
  }

  /** Sends a datagram at once, with the batch that is being handled, or when there is room; false when so much waits that the caller should. */
  write(data: validate.Data, ai: AddrInfo): boolean {
    const { output, engine } = this.channel
    if (engine.isGathering && this.#gather(validate.bytes('data', data), ai)) return true
    return output.write(new SendTo(this.channel, data, ai, 0))
  }

  #gather(bytes: Uint8Array, ai: AddrInfo): boolean {
    const { kind, output } = this.channel
    this.sockaddr = addressArgument('ai', ai).sockaddr
    if (!kind.checksFamily) kind.requireFamily(ai, 'sendto')
    this.plainBytes = bytes
    const isGathered = output.gather(this, bytes.length)
    this.plainBytes = NOTHING
    return isGathered
  }

  /** Goes on with one that has not left. */
  returned(answer: number, bytes: Buffer, sockaddr: Buffer): void {
    const { output } = this.channel
    const send = new SendTo(this.channel, bytes, adoptSockaddr(sockaddr), 0)
    send.check()
    output.returned(send, answer, bytes)
  }
}
