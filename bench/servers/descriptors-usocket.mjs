// The npm package usocket, which receives only: of a write for which the socket has no room it sends the data later, and
// forgets the descriptors.
import { closeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { address, announce, chosen } from './run.mjs'

const { UServer } = createRequire(import.meta.url)('usocket')

const serve = chosen({
  sink(/** @type {any} */ socket) {
    socket.on('readable', () => {
      for (let got = socket.read(1, 1); got; got = socket.read(1, 1)) closeSync(got.fds[0])
    })
  },
})

const server = new UServer()
server.on('connection', (/** @type {any} */ socket) => {
  // The load generator leaves when its time is over.
  socket.on('end', () => socket.end()).on('error', () => undefined)
  serve(socket)
})
server.listen('path' in address ? address.path : '', () => announce())
