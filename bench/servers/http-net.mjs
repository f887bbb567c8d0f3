// node:http over node:net.
import { createServer } from 'node:http'
import { greet } from './http.mjs'
import { address, announce } from './run.mjs'
import { portOf } from './streams.mjs'

const server = createServer(greet)
server.listen(address, () => announce(portOf(server)))
