// berkeley in push mode: a function for each datagram, and no promise.
import { ANSWER, BURST, bursts, PIECE, socket } from './datagrams.mjs'
import { chosen } from './run.mjs'

/** @type {import('./datagrams.mjs').Modes} */
const modes = {
  async echo(sock) {
    await sock.forEach((data, from) => (from && !sock.write(data, from) ? sock.drained() : undefined))
  },
  async sink(sock) {
    const complete = bursts()
    await sock.forEach((_, from) => (from && complete(1) > 0 && !sock.write(ANSWER, from) ? sock.drained() : undefined))
  },
  async source(sock) {
    await sock.forEach((_, from) => {
      let hasRoom = true
      for (let i = 0; i < BURST && from; i++) hasRoom = sock.write(PIECE, from)
      return hasRoom ? undefined : sock.drained()
    })
  },
}

const work = chosen(modes)
await work(await socket())
