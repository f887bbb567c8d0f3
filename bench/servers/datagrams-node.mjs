// node:dgram.
import { createSocket } from 'node:dgram'
import { ANSWER, BURST, bursts, PIECE, ROOM } from './datagrams.mjs'
import { announce, chosen } from './run.mjs'

const complete = bursts()

/** @type {Record<string, (socket: import('node:dgram').Socket) => void>} */
const modes = {
  echo(socket) {
    socket.on('message', (data, { port, address }) => socket.send(data, port, address))
  },
  sink(socket) {
    socket.on('message', (_, { port, address }) => {
      if (complete(1) > 0) socket.send(ANSWER, port, address)
    })
  },
  source(socket) {
    socket.on('message', (_, { port, address }) => {
      for (let i = 0; i < BURST; i++) socket.send(PIECE, port, address)
    })
  },
}

const serve = chosen(modes)

const socket = createSocket({ type: 'udp4', recvBufferSize: ROOM })
serve(socket)
socket.bind(0, '127.0.0.1', () => announce(socket.address().port))
