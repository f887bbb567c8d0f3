// berkeley, a call for each datagram.
import { ANSWER, BURST, bursts, PIECE, socket } from './datagrams.mjs'
import { chosen } from './run.mjs'

/** @typedef {import('./datagrams.mjs').Received} Received */

/** @type {import('./datagrams.mjs').Modes} */
const modes = {
  async echo(sock) {
    for (;;) {
      const [data, from] = /** @type {Received} */ (await sock.recvfrom())
      await sock.sendto(data, from)
    }
  },
  async sink(sock) {
    const complete = bursts()
    for (;;) {
      const [, from] = /** @type {Received} */ (await sock.recvfrom())
      if (complete(1) > 0) await sock.sendto(ANSWER, from)
    }
  },
  async source(sock) {
    for (;;) {
      const [, from] = /** @type {Received} */ (await sock.recvfrom())
      for (let i = 0; i < BURST; i++) await sock.sendto(PIECE, from)
    }
  },
}

const work = chosen(modes)
await work(await socket())
