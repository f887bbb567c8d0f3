// Step 1: a TCP server that echoes, and many clients at once, each of which checks that its own bytes come back.
import { createHash } from 'node:crypto'
import { stream } from 'berkeley'
import { serveEcho } from './echo.js'
import { everyone } from './everyone.js'
import { count, megabytes, seconds } from './figures.js'
import { Random } from './random.js'
import type { Screen } from './screen.js'
import { same } from './verify.js'

const HOST = '127.0.0.1'
const CLIENTS = 200
const PIECE_MAX = 65_536

/** What one client sends: so many bytes, in pieces of every size. The same seed gives the same bytes. */
export class Load {
  readonly bytes: number
  readonly #random: Random

  constructor(seed: number) {
    this.#random = new Random(seed)
    this.bytes = this.#random.between(200_000, 800_000)
  }

  /** A piece is good until the next one is asked for: they share their memory. */
  *pieces(): Generator<Buffer> {
    const room = Buffer.alloc(PIECE_MAX)
    for (let left = this.bytes; left > 0; ) {
      const piece = room.subarray(0, Math.min(left, this.#random.between(1, PIECE_MAX)))
      this.#random.fill(piece)
      yield piece
      left -= piece.length
    }
  }
}

/** Sends it all, says that this was all, and tells what was sent. */
async function send(client: stream.inet.Socket, load: Load): Promise<string> {
  const hash = createHash('sha256')
  for (const piece of load.pieces()) {
    hash.update(piece)
    await client.send(piece)
  }
  client.closew()
  return `${load.bytes} bytes with SHA-256 ${hash.digest('hex')}`
}

/** Receives until the server has no more to say, and tells what came. */
async function receive(client: stream.inet.Socket, arrived: (bytes: number) => void): Promise<string> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const data of client) {
    hash.update(data)
    bytes += data.length
    arrived(data.length)
  }
  return `${bytes} bytes with SHA-256 ${hash.digest('hex')}`
}

/** One client: sends and receives at the same time, for neither side could hold all of it in its buffers. */
export async function runClient(port: number, seed: number, arrived: (bytes: number) => void): Promise<void> {
  await using client = await stream.inet.Client.create({ host: HOST, port })
  const [sent, came] = await Promise.all([send(client, new Load(seed)), receive(client, arrived)])
  same(`what came back to client ${seed}`, came, sent)
}

export const title = `TCP: an echo server and ${CLIENTS} clients at once`

export async function run(screen: Screen): Promise<string> {
  await using server = await stream.inet.Server.create({ host: HOST })
  server.listen()
  const { port = 0 } = server.getsockname()
  screen.line(`listening on ${server.getsockname()}`)

  const seeds = Array.from({ length: CLIENTS }, (_, i) => i + 1)
  const total = seeds.reduce((bytes, seed) => bytes + new Load(seed).bytes, 0)
  let back = 0
  const arrived = (bytes: number): void => {
    back += bytes
    screen.progress(back / total, `${megabytes(back)} of ${megabytes(total)}`)
  }

  arrived(0)
  const begin = performance.now()
  // While the clients are at work the server ends only by failing; then there is no point in waiting for them.
  await Promise.race([serveEcho(server), everyone(seeds.map((seed) => runClient(port, seed, arrived)))])
  const took = performance.now() - begin
  same('bytes that came back to all clients', back, total)

  const rate = megabytes((total / took) * 1000)
  return `${count(CLIENTS, 'client')}, ${megabytes(total)} there and back in ${seconds(took)}: ${rate}/s each way`
}
