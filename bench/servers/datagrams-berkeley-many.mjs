// berkeley, batches of datagrams.
import { ANSWER, BURST, bursts, PIECE, socket } from './datagrams.mjs'
import { chosen } from './run.mjs'

/** @typedef {import('./datagrams.mjs').Received} Received */

/** Datagrams of a batch, and the room for each: no longer ones come. */
const BATCH = /** @type {const} */ ([64, 2048])

/** @type {import('./datagrams.mjs').Modes} */
const modes = {
  async echo(sock) {
    for (;;) {
      const batch = await sock.recvmany(...BATCH)
      await sock.sendmany(batch)
      batch.close()
    }
  },
  async sink(sock) {
    const complete = bursts()
    for (;;) {
      const batch = await sock.recvmany(...BATCH)
      for (const { addr } of batch) if (addr && complete(1) > 0) await sock.sendto(ANSWER, addr)
      batch.close()
    }
  },
  async source(sock) {
    for (;;) {
      const [, addr] = /** @type {Received} */ (await sock.recvfrom())
      await sock.sendmany(Array.from({ length: BURST }, () => ({ data: PIECE, addr })))
    }
  },
}

const work = chosen(modes)
await work(await socket())
