// berkeley, as one would write it for bulk: what arrives goes into one buffer, again and again.
import { PIECE } from './run.mjs'
import { modes, run } from './sockets.mjs'

await run({
  ...modes,
  async sink(conn) {
    const buffer = Buffer.alloc(PIECE.length)
    while ((await conn.recvinto(buffer)) > 0);
  },
})
