import type { DuplexOptions as NodeDuplexOptions } from 'node:stream'
import * as validate from '../support/validate.js'

/** The options of Node's streams that a socket can have: others would replace its methods, or its bytes. */
const OF_NODE = [
  'allowHalfOpen',
  'defaultEncoding',
  'encoding',
  'highWaterMark',
  'readableHighWaterMark',
  'signal',
  'writableHighWaterMark',
] as const

/** Options of `duplex()`. */
export interface DuplexOptions extends Pick<NodeDuplexOptions, (typeof OF_NODE)[number]> {
  /**
   * Over TLS: whether a connection that ends without a close_notify has ended like any other, as for a `tls.TLSSocket`. For protocols that say
   * by themselves where a message ends, such as HTTP; in others what came may have been cut off by an attacker in between. False by default:
   * it is an error then. Without TLS the two ends cannot be distinguished.
   */
  allowTruncation?: boolean | undefined
}

/** Checks the options of `duplex()`, and returns a copy. */
export function duplexOptions(options: DuplexOptions): DuplexOptions {
  const given = validate.options('options', options, [...OF_NODE, 'allowTruncation']) as DuplexOptions
  if (given.signal !== undefined) validate.abortSignal('options.signal', given.signal)
  if (given.allowTruncation !== undefined) validate.boolean('options.allowTruncation', given.allowTruncation)
  return given
}
