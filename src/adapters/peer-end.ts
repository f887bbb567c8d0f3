import type { Duplex } from 'node:stream'
import { nextTick } from '../support/globals.js'
import { endedByPeer } from './node-errors.js'

/**
 * What Node puts between TLS or HTTP/2 and a stream that is no `net.Socket` listens for its end with a function of this kind. There is no
 * other way to know of it, and it exists since Node 8.
 */
const NODES_WRAPPER = /\bemitEOF\b/

/**
 * Whether TLS or HTTP/2 of Node writes to the stream, and will end it. As with a `net.Socket`, whose handle they take over, they have their own
 * a close_notify when the peer has ended, and those who read from them may not have read everything.
 */
export function isWrapped(stream: Duplex): boolean {
  return stream.listeners('end').some((listener) => NODES_WRAPPER.test(String(listener)))
}

/**
 * As in `net.Socket`: when the peer has ended, and this side was therefore ended by itself, a later write is EPIPE, which destroys the
 * stream. Node's streams would say "write after end", as if the writer had ended it.
 */
export function refuseWrites(stream: Duplex): void {
  const { write } = stream
  const refuse = (chunk: unknown, ...rest: unknown[]): boolean => {
    if (!stream.writableEnded) return Reflect.apply(write, stream, [chunk, ...rest])
    const error = endedByPeer()
    const callback = rest.find((one) => typeof one === 'function') as ((error: Error) => void) | undefined
    if (callback) nextTick(() => callback(error))
    stream.destroy(error)
    return false
  }
  stream.write = refuse
}
