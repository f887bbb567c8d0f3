// node:net.
import { createServer } from 'node:net'
import { address, announce, chosen } from './run.mjs'
import { modes, portOf, tolerate } from './streams.mjs'

const serve = chosen(modes)

const server = createServer({ noDelay: true }, (socket) => serve(tolerate(socket)))
server.listen(address, () => announce(portOf(server)))
