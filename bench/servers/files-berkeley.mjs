// berkeley, sendfile(2).
import { openSync } from 'node:fs'
import { path, size } from './files.mjs'
import { run } from './sockets.mjs'

const file = openSync(path, 'r')

await run({
  async source(conn) {
    for (;;) await conn.sendfile(file, size)
  },
})
