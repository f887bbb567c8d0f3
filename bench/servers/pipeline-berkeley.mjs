// pipeline() through two streams of duplex().
import { pairing } from './pipeline.mjs'
import { listening } from './sockets.mjs'

const take = pairing()
for await (const conn of await listening()) take(conn.duplex())
