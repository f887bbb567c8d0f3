// What a server of node:net or node:tls does with a connection: the code that one would write.
import { asksToCollect, collect, PIECE } from './run.mjs'

/** @typedef {import('node:net').Socket} Socket */

/** @type {Record<string, (socket: Socket) => void>} */
export const modes = {
  echo(socket) {
    socket.on('data', (data) => socket.write(data))
  },
  answer(socket) {
    socket.on('data', (data) => socket.end(data))
  },
  idle(socket) {
    socket.on('data', async (data) => {
      if (asksToCollect(data)) await collect()
      socket.write(data)
    })
  },
  sink(socket) {
    socket.on('data', () => undefined)
  },
  source(socket) {
    const fill = () => {
      while (socket.write(PIECE));
    }
    socket.on('drain', fill)
    fill()
  },
}

/** The load generator leaves when its time is over: what that interrupts is no failure. */
export const tolerate = (/** @type {Socket} */ socket) => socket.on('error', () => socket.destroy())

/** The port that it listens at, if it is one of TCP. @param {import('node:net').Server} server */
export function portOf(server) {
  const bound = server.address()
  return typeof bound === 'object' ? bound?.port : undefined
}
