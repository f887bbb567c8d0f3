// berkeley, seqpackets.
import { run } from './seqpackets.mjs'

await run({
  async echo(conn) {
    for (let data = await conn.recv(); data !== null; data = await conn.recv()) await conn.send(data)
  },
})
