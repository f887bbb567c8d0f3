// berkeley, seqpackets in push mode.
import { run } from './seqpackets.mjs'

await run({
  async echo(conn) {
    await conn.forEach((data) => conn.write(data) || conn.drained())
  },
})
