// node:net, as a client.
import { connect } from 'node:net'
import { BYTE, run } from './connector.mjs'

run(
  (port) =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, noDelay: true })
      socket.write(BYTE)
      socket.on('data', () => socket.destroy())
      socket.on('close', () => resolve())
      socket.on('error', reject)
    }),
)
