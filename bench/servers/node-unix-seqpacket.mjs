// The npm package node-unix-socket: seqpackets.
import { createRequire } from 'node:module'
import { address, announce, chosen } from './run.mjs'

const { SeqpacketServer } = createRequire(import.meta.url)('node-unix-socket')

const serve = chosen({
  echo(/** @type {any} */ socket) {
    socket.on('data', (/** @type {Buffer} */ data) => socket.write(data))
  },
})

const server = new SeqpacketServer()
server.on('connection', (/** @type {any} */ socket) => {
  // The load generator leaves when its time is over.
  socket.on('end', () => socket.end()).on('error', () => undefined)
  serve(socket)
})
server.listen('path' in address ? address.path : '')
announce()
