// berkeley in push mode: a function for each datagram, and no promise.
import { socket } from './datagrams.mjs'
import { chosen } from './run.mjs'

/** @type {import('./datagrams.mjs').Modes} */
const modes = {
  async echo(sock) {
    await sock.forEach((data, from) => (from && !sock.write(data, from) ? sock.drained() : undefined))
  },
}

const work = chosen(modes)
await work(await socket())
