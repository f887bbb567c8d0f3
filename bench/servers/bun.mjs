// Bun.listen, with the handlers that one would write. What a write did not take is kept until there is room again.
import { address, announce, chosen } from './run.mjs'

/**
 * As much of Bun's API as is used here; its types are no dependency of this project.
 * @typedef {object} Conn
 * @property {Uint8Array | undefined} data what is still to be written
 * @property {(data: Uint8Array) => number} write
 * @property {() => void} end
 * @typedef {(conn: Conn, data: Uint8Array) => void} OnData
 * @typedef {{ data: OnData, drain: (conn: Conn) => void }} Handlers
 * @typedef {{ hostname: string, port: number, socket: Handlers }} ListenOptions
 */
const { Bun } = /** @type {{ Bun: { listen: (options: ListenOptions) => { port: number } } }} */ (
  /** @type {unknown} */ (globalThis)
)

/** @param {Conn} conn @param {Uint8Array} data */
function send(conn, data) {
  const sent = conn.write(data)
  // The memory of `data` is Bun's again when the handler is over.
  conn.data = sent < data.length ? data.slice(Math.max(sent, 0)) : undefined
}

/** @type {Record<string, OnData>} */
const modes = {
  echo(conn, data) {
    send(conn, conn.data === undefined ? data : Buffer.concat([conn.data, data]))
  },
}

if ('path' in address) throw new Error('this server is measured with TCP only')
const { host: hostname, port } = address
const server = Bun.listen({
  hostname,
  port,
  socket: {
    data: chosen(modes),
    drain(conn) {
      if (conn.data !== undefined) send(conn, conn.data)
    },
  },
})
announce(server.port)
