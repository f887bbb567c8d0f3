// What a server of berkeley does with a connection, over TCP, TLS or unix sockets: the code is the same.
import { stream } from '../../dist/index.mjs'
import { address, announce, asksToCollect, chosen, collect, PIECE, pem } from './run.mjs'

/** @typedef {stream.inet.Socket | stream.unix.Socket} Socket */
/** @typedef {Record<string, (conn: Socket) => Promise<void>>} Modes */

/** @type {Modes} */
export const modes = {
  async echo(conn) {
    for (let data = await conn.recv(); data !== null; data = await conn.recv()) await conn.send(data)
  },
  async answer(conn) {
    const data = await conn.recv()
    if (data !== null) await conn.send(data)
  },
  async idle(conn) {
    for (let data = await conn.recv(); data !== null; data = await conn.recv()) {
      if (asksToCollect(data)) await collect()
      await conn.send(data)
    }
  },
  async sink(conn) {
    while ((await conn.recv()) !== null);
  },
  async source(conn) {
    for (;;) await conn.send(PIECE)
  },
}

const tlscfg = pem && /** @type {const} */ ({ ...pem, minVersion: 'TLSv1.3' })

/** Makes the server that was asked for. Connections over TCP send small segments at once without being told. */
export async function listening() {
  if ('path' in address) {
    const server = await stream.unix.Server.create(address)
    server.listen()
    announce()
    return server
  }
  const server = await stream.inet.Server.create({ ...address, tlscfg })
  server.listen()
  announce(server.getsockname().port)
  return server
}

/** @param {Modes} known */
export async function run(known) {
  const work = chosen(known)
  /** The load generator leaves when its time is over: what that interrupts is no failure. */
  const serve = async (/** @type {Socket} */ conn) => {
    try {
      await work(conn)
    } catch {
      // Whatever it was, this connection is over.
    }
    await conn.close()
  }
  for await (const conn of await listening()) serve(conn)
}
