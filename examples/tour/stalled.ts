// What step 9 waits for in vain: a peer that says nothing and reads nothing, a server without clients, a server without
// room. Each of them comes to its senses afterwards, and then everything has to be there.
import { createHash } from 'node:crypto'
import { stream, TimeoutError } from 'berkeley'
import { AddrInfo, AGAIN, type Socket as LowSocket, SOCK_STREAM, socket } from 'berkeley/llsocket'
import { readText } from './echo.js'
import { everyone } from './everyone.js'
import { Random } from './random.js'
import { Mismatch, rejectsWith, same } from './verify.js'

const HOST = '127.0.0.1'
const PATIENCE_MS = 10_000

/** A machine may be busy: a deadline that is served late is shown. Only later than this it counts as not served. */
const LATEST_MS = 1000

/** What a socket buffer is asked to hold, far less than what is sent. */
const BUFFER_BYTES = 256 * 1024
const PAYLOAD = Buffer.alloc(4 * 2 ** 20)
new Random(PAYLOAD.length).fill(PAYLOAD)

/** A call that ended by its deadline, as it should. */
export interface Expiry {
  readonly verb: string
  /** Milliseconds that the call was given. */
  readonly budget: number
  /** Milliseconds from the deadline to the end of the call. */
  readonly late: number
  /** How much of its data a send got rid of. */
  readonly bytes?: number | undefined
}

/** Something that keeps calls waiting. */
export interface Stalled {
  /** Makes the calls, with deadlines, and tells how they ended. */
  expire(): Promise<Expiry[]>
  /** Ends the stall, and verifies that nothing was lost by the calls that were given up. */
  recover(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Makes a call with a deadline, which has to end it: not before its time, and not much later. */
export async function expiry(verb: string, budget: number, call: () => Promise<unknown>): Promise<Expiry> {
  const what = `${verb} with a deadline of ${budget} ms`
  const begin = performance.now()
  const error = await rejectsWith(what, 'ETIMEDOUT', call())
  const took = performance.now() - begin
  // The kernel has an error of the same code, for a peer that is not to be reached.
  same(`whether ${what} ends with a TimeoutError`, error instanceof TimeoutError, true)
  if (took < budget || took > budget + LATEST_MS)
    throw new Mismatch(what, `${budget} to ${budget + LATEST_MS} ms`, `${took.toFixed(2)} ms`)
  return { verb, budget, late: took - budget, bytes: error['bytes'] as number | undefined }
}

const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex')

/** Receives until the end, and tells the hash of what came. */
async function hashOf(conn: stream.inet.Socket): Promise<string> {
  const hash = createHash('sha256')
  for await (const data of conn) hash.update(data)
  return hash.digest('hex')
}

/** A connection whose other end neither sends nor receives: recv and send wait, at the same time. */
export class SilentPeer implements Stalled {
  readonly #client: stream.inet.Socket
  readonly #peer: stream.inet.Socket
  readonly #budget: number
  /** How much of the payload the send says that it got rid of. */
  #sent = 0

  private constructor(client: stream.inet.Socket, peer: stream.inet.Socket, budget: number) {
    this.#client = client
    this.#peer = peer
    this.#budget = budget
  }

  static async create(budget: number): Promise<Stalled> {
    await using server = await stream.inet.Server.create({ host: HOST })
    server.rcvbuf(BUFFER_BYTES) // Its connections inherit that.
    server.listen()
    const client = await stream.inet.Client.create({ host: HOST, port: server.getsockname().port ?? 0 })
    client.sndbuf(BUFFER_BYTES)
    return new SilentPeer(client, await server.accept(), budget)
  }

  async expire(): Promise<Expiry[]> {
    const [client, budget] = [this.#client, this.#budget]
    client.deadlines(budget, budget)
    const expiries = await everyone([
      expiry('recv', budget, () => client.recv()),
      expiry('send', budget, () => client.send(PAYLOAD)),
    ])
    this.#sent = expiries.at(-1)?.bytes ?? Number.NaN
    if (!(this.#sent > 0 && this.#sent < PAYLOAD.length))
      throw new Mismatch('what a send into full buffers got rid of', 'a part of it', `${this.#sent} bytes`)
    return expiries
  }

  async recover(): Promise<void> {
    const text = `later than ${this.#budget} ms`
    for (const conn of [this.#client, this.#peer]) conn.deadlines(PATIENCE_MS, PATIENCE_MS)
    const [answer, came] = await everyone([this.#converse(), hashOf(this.#peer), this.#answer(text)])
    same('what came after a recv that was given up', answer, text)
    same('the SHA-256 of what was sent in two parts', came, sha256(PAYLOAD))
  }

  /** Sends what is left by the account of the send that was given up, and hears what there is to hear. */
  async #converse(): Promise<string> {
    await this.#client.send(PAYLOAD.subarray(this.#sent))
    this.#client.closew()
    return await readText(this.#client)
  }

  async #answer(text: string): Promise<string> {
    await this.#peer.send(text)
    this.#peer.closew()
    return text
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#client.close(), this.#peer.close()])
  }
}

/** A server that no client connects to: accept waits. */
export class IdleServer implements Stalled {
  readonly #server: stream.inet.Server
  readonly #budget: number

  private constructor(server: stream.inet.Server, budget: number) {
    this.#server = server
    this.#budget = budget
  }

  static async create(budget: number): Promise<Stalled> {
    const server = await stream.inet.Server.create({ host: HOST })
    server.listen()
    return new IdleServer(server, budget)
  }

  async expire(): Promise<Expiry[]> {
    this.#server.deadlines(this.#budget)
    return [await expiry('accept', this.#budget, () => this.#server.accept())]
  }

  async recover(): Promise<void> {
    this.#server.deadlines(PATIENCE_MS)
    await using client = await stream.inet.Client.create({ host: HOST, port: this.#server.getsockname().port ?? 0 })
    await using conn = await this.#server.accept()
    same('who was accepted at last', `${conn.getpeername()}`, `${client.getsockname()}`)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.close()
  }
}

/** A unix server with as many connections in its backlog as it has room for: connect waits. */
export class FullServer implements Stalled {
  readonly #server: stream.unix.Server
  readonly #client: stream.unix.Client
  /** Those who came first. */
  readonly #queue: readonly LowSocket[]
  readonly #budget: number

  private constructor(server: stream.unix.Server, client: stream.unix.Client, path: string, budget: number) {
    this.#server = server
    this.#client = client
    this.#queue = fill(path)
    this.#budget = budget
  }

  static async create(budget: number): Promise<Stalled> {
    const path = `\0berkeley-tour-full-${process.pid}-${budget}`
    const server = await stream.unix.Server.create({ path })
    server.listen(1)
    return new FullServer(server, await stream.unix.Client.create({ path }, false), path, budget)
  }

  async expire(): Promise<Expiry[]> {
    return [await expiry('connect', this.#budget, () => this.#client.connect(this.#budget))]
  }

  /** There is room as soon as the first ones are accepted; then the last one gets in, and says something. */
  async recover(): Promise<void> {
    this.#server.deadlines(PATIENCE_MS)
    const [came, said] = await everyone([this.#acceptAll(), this.#enter()])
    same('what the one said that had no room before', came, said)
  }

  async #acceptAll(): Promise<string> {
    for (const _ of this.#queue) await (await this.#server.accept()).close()
    await using conn = await this.#server.accept()
    return await readText(conn)
  }

  async #enter(): Promise<string> {
    await this.#client.connect(PATIENCE_MS)
    await this.#client.send(`after ${this.#budget} ms`)
    this.#client.closew()
    return `after ${this.#budget} ms`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const sock of this.#queue) sock.close()
    await Promise.all([this.#client.close(), this.#server.close()])
  }
}

/** Connects to a server that does not accept, until one more would have to wait. */
function fill(path: string): LowSocket[] {
  const ai = AddrInfo.unix(path, { socktype: SOCK_STREAM })
  const queue: LowSocket[] = []
  for (;;) {
    const sock = socket.create(ai, true)
    if (sock.connect() !== AGAIN) queue.push(sock)
    else {
      sock.close()
      return queue
    }
  }
}
