// node:http on a socket that this library has made and handed over: Node accepts, and moves the bytes.
import { createServer } from 'node:http'
import { greet } from './http.mjs'
import { listening } from './sockets.mjs'

const listener = await listening()
listener.toNode(createServer(greet))
