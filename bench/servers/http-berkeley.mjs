// node:http over duplex(): connections that this library accepts, and keeps.
import { createServer } from 'node:http'
import { serveHttp } from '../../dist/index.mjs'
import { greet } from './http.mjs'
import { listening } from './sockets.mjs'

await serveHttp(createServer(greet), await listening())
