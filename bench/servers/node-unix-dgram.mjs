// The npm package node-unix-socket: datagrams.
import { createRequire } from 'node:module'
import { address, announce, chosen } from './run.mjs'

const { DgramSocket } = createRequire(import.meta.url)('node-unix-socket')

const serve = chosen({
  echo(/** @type {any} */ socket) {
    socket.on('data', (/** @type {Buffer} */ data, /** @type {string} */ path) =>
      socket.sendTo(data, 0, data.length, path),
    )
  },
})

const socket = new DgramSocket()
serve(socket)
socket.bind('path' in address ? address.path : '')
announce()
