// berkeley, with TLS or without.
import { modes, run } from './sockets.mjs'

await run(modes)
