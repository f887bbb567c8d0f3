// A line between a client and a server with an attacker on it: records can be changed, cut, held back, and made up.
import { stream } from 'berkeley'

type Sock = Awaited<ReturnType<typeof stream.unix.pair>>[0]

const HEADER = 5

/** Whom a record is for. */
export type Towards = 'client' | 'server'

/** In the place of a piece: the line is cut here, in both directions. */
export const CUT = Symbol('cut')

/** What becomes of a record: the pieces that are sent in its place, each by a call of its own. */
export type Rewrite = (record: Buffer, towards: Towards, index: number) => readonly (Uint8Array | typeof CUT)[]

/** Cuts bytes into records. What does not look like one comes as it is. */
class Framer {
  #rest = Buffer.alloc(0)

  push(chunk: Uint8Array): Buffer[] {
    this.#rest = Buffer.concat([this.#rest, chunk])
    const records: Buffer[] = []
    while (this.#rest.length >= HEADER) {
      const end = HEADER + this.#rest.readUInt16BE(3)
      if (this.#rest.length < end) break
      records.push(this.#rest.subarray(0, end))
      this.#rest = this.#rest.subarray(end)
    }
    return records
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** The ends are for `tls.wrap`; what is between them is here. */
export class Line {
  readonly #ends: Record<Towards, Sock>
  readonly #pumps: Promise<unknown>
  /** All records that came by, unchanged. */
  readonly seen: Record<Towards, Buffer[]> = { client: [], server: [] }

  private constructor(toClient: Sock, toServer: Sock, rewrite: Rewrite) {
    this.#ends = { client: toClient, server: toServer }
    this.#pumps = Promise.all([this.#pump('server', rewrite), this.#pump('client', rewrite)])
  }

  static async make(rewrite: Rewrite = (record) => [record]): Promise<{ client: Sock; server: Sock; line: Line }> {
    const [client, toClient] = await stream.unix.pair()
    const [toServer, server] = await stream.unix.pair()
    return { client, server, line: new Line(toClient, toServer, rewrite) }
  }

  async #pump(towards: Towards, rewrite: Rewrite): Promise<void> {
    const from = this.#ends[towards === 'server' ? 'client' : 'server']
    const framer = new Framer()
    try {
      for await (const chunk of received(from))
        for (const record of framer.push(chunk)) {
          await this.#deliver(towards, rewrite(record, towards, this.seen[towards].push(record) - 1))
        }
      this.end(towards)
    } catch {
      this.#cut() // as it was wanted; or one of the ends is gone, and so is the other
    }
  }

  async #deliver(towards: Towards, pieces: readonly (Uint8Array | typeof CUT)[]): Promise<void> {
    for (const piece of pieces) {
      if (piece === CUT) throw new Error('cut')
      await this.#ends[towards].send(piece)
      // A turn of the loop for each, so that they do not arrive together.
      if (pieces.length > 1) await turn()
    }
  }

  /** Sends something that neither side has sent. */
  inject(towards: Towards, ...bytes: readonly Uint8Array[]): Promise<number> {
    return this.#ends[towards].send(Buffer.concat(bytes))
  }

  /** Ends the stream, and nothing else: a FIN. */
  end(towards: Towards): void {
    this.#ends[towards].closew()
  }

  #cut(): void {
    for (const end of Object.values(this.#ends)) {
      try {
        end.closew()
      } catch {
        // It is gone already.
      }
    }
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#ends).map((end) => end.close()))
    await this.#pumps
  }
}

async function* received(from: Sock): AsyncGenerator<Uint8Array> {
  for (let chunk = await from.recv(); chunk !== null; chunk = await from.recv()) yield chunk
}
