// What the servers in JavaScript share: their command line, how they announce themselves, and when they end.
//   node SERVER.mjs WORK ADDRESS [CERTIFICATE KEY]
import { readFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'

/** What one write hands over. */
export const PIECE = Buffer.alloc(65_536)

const [mode = '', place = '', cert, key] = process.argv.slice(2)

/**
 * Where to listen: what has a slash is the path of a unix socket.
 * @type {{ path: string } | { host: string, port: number }}
 */
export const address = place.includes('/') ? { path: place } : { host: '127.0.0.1', port: Number(place) }

/** Certificate and key as PEM, if this is to be a server with TLS. */
export const pem = cert && key ? { cert: readFileSync(cert), key: readFileSync(key) } : undefined

/**
 * What is to be done with a connection.
 * @template T
 * @param {Record<string, T>} modes
 * @returns {T}
 */
export function chosen(modes) {
  const found = modes[mode]
  if (found === undefined) throw new Error(`this server does ${Object.keys(modes).join(', ')}`)
  return found
}

/** Has garbage been asked for? @param {Uint8Array} message */
export const asksToCollect = (message) => String.fromCharCode(message[0] ?? 0) === 'c'

/** Gives back what is no longer used; twice, because finalizers leave garbage too. Needs --expose-gc. */
export async function collect() {
  const { gc } = globalThis
  if (gc === undefined) throw new Error('this server needs --expose-gc')
  for (let i = 0; i < 2; i++) {
    gc()
    await setImmediate()
  }
}

/** @param {number | undefined} [port] of TCP */
export const announce = (port) => process.stdout.write(`${JSON.stringify('path' in address ? address : { port })}\n`)

process.stdin.on('end', () => process.exit()).resume()
