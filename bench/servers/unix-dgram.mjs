// The npm package unix-dgram.
import { createRequire } from 'node:module'
import { address, announce, chosen } from './run.mjs'

const unix = createRequire(import.meta.url)('unix-dgram')

const serve = chosen({
  echo(/** @type {any} */ socket) {
    socket.on('message', (/** @type {Buffer} */ data, /** @type {{ path: string }} */ { path }) =>
      socket.send(data, 0, data.length, path),
    )
  },
})

const socket = unix.createSocket('unix_dgram')
serve(socket)
socket.on('listening', () => announce())
socket.bind('path' in address ? address.path : '')
