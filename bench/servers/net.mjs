// node:net.
import { createServer } from 'node:net'
import { announce, chosen } from './run.mjs'
import { modes, tolerate } from './streams.mjs'

const serve = chosen(modes)

const server = createServer({ noDelay: true }, (socket) => serve(tolerate(socket)))
server.listen(0, '127.0.0.1', () => announce(/** @type {import('node:net').AddressInfo} */ (server.address()).port))
