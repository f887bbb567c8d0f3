// pipeline() through two sockets of node:net.
import { createServer } from 'node:net'
import { pairing } from './pipeline.mjs'
import { address, announce } from './run.mjs'
import { portOf } from './streams.mjs'

const server = createServer(pairing())
server.listen(address, () => announce(portOf(server)))
