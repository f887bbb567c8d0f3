// node:tls.
import { createServer } from 'node:tls'
import { announce, chosen, pem } from './run.mjs'
import { modes, tolerate } from './streams.mjs'

const serve = chosen(modes)

const server = createServer({ ...pem, minVersion: 'TLSv1.3', noDelay: true }, (socket) => {
  tolerate(socket)
  serve(socket)
})
server.on('tlsClientError', () => undefined)
server.listen(0, '127.0.0.1', () => announce(/** @type {import('node:net').AddressInfo} */ (server.address()).port))
