// berkeley in push mode: a function for what arrives, and no promise for each piece.
import { run } from './sockets.mjs'

await run({
  async echo(conn) {
    await conn.forEach((data) => conn.write(data) || conn.drained())
  },
})
