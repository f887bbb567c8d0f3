// node:fs and node:net.
import { createReadStream } from 'node:fs'
import { createServer } from 'node:net'
import { path } from './files.mjs'
import { address, announce, chosen } from './run.mjs'
import { portOf, tolerate } from './streams.mjs'

const serve = chosen({
  source(/** @type {import('node:net').Socket} */ socket) {
    let stream = createReadStream(path)
    const send = () => stream.on('end', again).pipe(socket, { end: false })
    const again = () => {
      stream = createReadStream(path)
      send()
    }
    // The load generator leaves when its time is over.
    socket.on('close', () => stream.destroy())
    send()
  },
})

const server = createServer((socket) => serve(tolerate(socket)))
server.listen(address, () => announce(portOf(server)))
