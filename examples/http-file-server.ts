// An HTTP/1.1 server for the files below a folder. What is sent of a file goes from the kernel's page cache to the
// socket, by sendfile(2), and never through this process.
//
//   node build/examples/http-file-server.js [port] [folder] [seconds]      and then: curl http://127.0.0.1:5000/
//
// A connection on which no whole request comes within so many seconds (15) is ended.
//
// GET and HEAD, connections that stay open, pipelined requests, ranges, and conditions (ETag, Last-Modified). Its
// parts: http-file-server/request.ts reads what clients say, files.ts finds files, response.ts decides, connection.ts
// sends. Ctrl-C ends it when the answers that are under way have been sent.
import { setMaxListeners } from 'node:events'
import { realpath } from 'node:fs/promises'
import { listen, type stream } from 'berkeley'
import { Connection } from './http-file-server/connection.js'

const [port = '5000', folder = '.', seconds = '15'] = process.argv.slice(2)
const patience = Number(seconds) * 1000
if (!(patience > 0)) throw new RangeError(`seconds must be a number above 0, not ${seconds}`)
const root = await realpath(folder)
const server = await listen({ host: '127.0.0.1', port })

// Every connection that waits for a request listens to this.
const stopping = new AbortController()
setMaxListeners(0, stopping.signal)
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    stopping.abort()
    server.close()
  })

async function serve(conn: stream.inet.Socket): Promise<void> {
  await using sock = conn
  await new Connection(sock, { root, patience, stopping: stopping.signal }).serve()
}

console.log(`listening on ${server.getsockname()}`)
for await (const conn of server) serve(conn).catch((error: Error) => console.error(error))
