// node:tls.
import { createServer } from 'node:tls'
import { address, announce, chosen, pem } from './run.mjs'
import { modes, portOf, tolerate } from './streams.mjs'

const serve = chosen(modes)

const server = createServer({ ...pem, minVersion: 'TLSv1.3', noDelay: true }, (socket) => {
  tolerate(socket)
  serve(socket)
})
server.on('tlsClientError', () => undefined)
server.listen(address, () => announce(portOf(server)))
