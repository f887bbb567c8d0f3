// Deno.listen, with the loops that one would write: one buffer for each connection.
import { address, announce, chosen, PIECE } from './run.mjs'

/**
 * As much of Deno's API as is used here; its types are no dependency of this project.
 * @typedef {object} Conn
 * @property {(buffer: Uint8Array) => Promise<number | null>} read
 * @property {(data: Uint8Array) => Promise<number>} write
 * @property {(noDelay: boolean) => void} setNoDelay
 * @property {() => void} close
 * @typedef {AsyncIterable<Conn> & { addr: { port: number } }} Listener
 * @typedef {{ hostname: string, port: number }} ListenOptions
 */
const { Deno } = /** @type {{ Deno: { listen: (options: ListenOptions) => Listener } }} */ (
  /** @type {unknown} */ (globalThis)
)

/** @type {Record<string, (conn: Conn) => Promise<void>>} */
const modes = {
  async echo(conn) {
    const buffer = new Uint8Array(PIECE.length)
    for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer))
      for (let sent = 0; sent < count; ) sent += await conn.write(buffer.subarray(sent, count))
  },
}

const work = chosen(modes)

/** The load generator leaves when its time is over: what that interrupts is no failure. */
async function serve(/** @type {Conn} */ conn) {
  conn.setNoDelay(true)
  try {
    await work(conn)
  } catch {
    // Whatever it was, this connection is over.
  }
  conn.close()
}

if ('path' in address) throw new Error('this server is measured with TCP only')
const { host: hostname, port } = address
const listener = Deno.listen({ hostname, port })
announce(listener.addr.port)
for await (const conn of listener) serve(conn)
