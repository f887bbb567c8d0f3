// The child process of step 8. It gets the address of a server, receives from it until the end, and answers what came.
import { createHash } from 'node:crypto'
import { AddrInfo, SOCK_STREAM, socket } from 'berkeley/llsocket'
import type { Receipt } from './send-file.js'

const [host = '', port] = process.argv.slice(2)

// The socket blocks: this process has nothing else to do.
const conn = socket.create(AddrInfo.inet(host, Number(port), { socktype: SOCK_STREAM }))
conn.connect()

const hash = createHash('sha256')
const room = Buffer.alloc(2 ** 18)
let bytes = 0
for (;;) {
  const count = conn.recvinto(room)
  if (typeof count !== 'number') throw new Error('a socket that blocks did not wait')
  if (count === 0) break
  hash.update(room.subarray(0, count))
  bytes += count
}

const receipt: Receipt = { bytes, sha256: hash.digest('hex') }
conn.send(JSON.stringify(receipt))
conn.close()
