// Passes on what the first of two connections sends to the second one, by pipeline().
import { pipeline } from 'node:stream'

/** @typedef {import('node:stream').Duplex} Duplex */

/** @returns {(stream: Duplex) => void} takes connections in pairs */
export function pairing() {
  /** @type {Duplex | undefined} */
  let from
  return (stream) => {
    // The load generator leaves when its time is over: what that interrupts is no failure.
    stream.on('error', () => undefined)
    if (from === undefined) {
      from = stream
      return
    }
    pipeline(from, stream, () => undefined)
    from = undefined
  }
}
