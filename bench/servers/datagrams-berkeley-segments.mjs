// berkeley, batches of datagrams that the kernel joins (GRO) and cuts (GSO).
import { dgram } from '../../dist/index.mjs'
import { ANSWER, BURST, bursts, PIECE, socket } from './datagrams.mjs'
import { chosen } from './run.mjs'

/** @typedef {import('./datagrams.mjs').Received} Received */

const burst = Buffer.concat(Array.from({ length: BURST }, () => PIECE))

/** @type {import('./datagrams.mjs').Modes} */
const modes = {
  async sink(sock) {
    const complete = bursts()
    if (sock instanceof dgram.inet.Socket) sock.udpgro(true)
    for (;;) {
      const batch = await sock.recvmany()
      for (const { addr, size, segmentSize } of batch)
        for (let left = complete(Math.ceil(size / segmentSize)); addr && left > 0; left--)
          await sock.sendto(ANSWER, addr)
      batch.close()
    }
  },
  async source(sock) {
    for (;;) {
      const [, addr] = /** @type {Received} */ (await sock.recvfrom())
      await sock.sendmany([{ data: burst, addr, segmentSize: PIECE.length }])
    }
  },
}

const work = chosen(modes)
await work(await socket())
