// One connection: requests come in, answers go out, in their order, until one side has enough.
import type { FileHandle } from 'node:fs/promises'
import { MSG_MORE, type stream, TimeoutError } from 'berkeley'
import { type Found, find, Moved } from './files.js'
import { emptyLines, endOfHead, parse, Refusal, type Request } from './request.js'
import { answer, headOf, type Part, type Response, refusal } from './response.js'

/** How long the peer may take for a head of ours, or for one slice of a file: some read slowly on purpose. */
const SEND_MS = 30_000
const SLICE = 1_048_576
/** How long, and how much, is read from a peer that was told to go. */
const FAREWELL_MS = 2000
const FAREWELL_BYTES = 1_048_576

/** The peer has gone, or was too slow to take what it asked for: there is no client to answer. */
const GONE = new Set(['ECONNRESET', 'ENOTCONN', 'EPIPE', 'ETIMEDOUT'])

/** What all connections of a server have in common. */
export interface Site {
  /** The folder, without links in its path. */
  readonly root: string
  /** Milliseconds that a connection may be idle, and that a head may take from its first byte to its last. */
  readonly patience: number
  /** The server ends: no more requests. */
  readonly stopping: AbortSignal
}

export class Connection {
  readonly #sock: stream.inet.Socket
  readonly #site: Site
  /** What has arrived and belongs to no request yet; pipelined requests wait here. */
  #received: Buffer = Buffer.alloc(0)

  constructor(sock: stream.inet.Socket, site: Site) {
    this.#sock = sock
    this.#site = site
  }

  /** Serves until the end; the socket is the caller's to close. */
  async serve(): Promise<void> {
    try {
      while (await this.#serveOne()) {}
      await this.#farewell()
    } catch (error) {
      if (!GONE.has((error as { code?: string }).code ?? '')) throw error
    }
  }

  /** Answers one request, and says whether there may be another. */
  async #serveOne(): Promise<boolean> {
    let request: Request
    try {
      const head = await this.#head()
      if (head === null) return false
      request = parse(head)
    } catch (error) {
      // After a request that could not be parsed it is unknown where the next one begins.
      if (!(error instanceof Refusal)) throw error
      await this.#send(refusal(error.status, error.message), false, true)
      return false
    }
    const keepAlive = request.keepAlive && !request.hasContent && !this.#site.stopping.aborted
    await this.#answer(request, keepAlive)
    return keepAlive
  }

  /** The next head; `null` when there is none to come. */
  async #head(): Promise<Buffer | null> {
    let end = performance.now() + this.#site.patience
    for (let begun = false; ; ) {
      this.#received = this.#received.subarray(emptyLines(this.#received))
      const length = endOfHead(this.#received)
      if (length >= 0) return this.#take(length)
      if (!begun && this.#received.length > 0) {
        begun = true
        end = performance.now() + this.#site.patience
      }
      if (!(await this.#more(end))) return null
    }
  }

  #take(length: number): Buffer {
    const head = this.#received.subarray(0, length)
    this.#received = this.#received.subarray(length)
    return head
  }

  /** Waits for more; false at the end of the stream, when no request came in time, or when the server ends. */
  async #more(end: number): Promise<boolean> {
    // A head that has begun is waited for also when the server ends: it may be an answer away from its end.
    const isIdle = this.#received.length === 0
    this.#sock.deadlines(Math.max(1, end - performance.now()), SEND_MS)
    try {
      const data = await this.#sock.recv(16384, 0, isIdle ? { signal: this.#site.stopping } : {})
      if (data === null) return false
      this.#received = Buffer.concat([this.#received, data])
      return true
    } catch (error) {
      if (isIdle && (error instanceof TimeoutError || this.#site.stopping.aborted)) return false
      if (error instanceof TimeoutError) throw new Refusal(408, 'Request Timeout')
      throw error
    }
  }

  async #answer(request: Request, keepAlive: boolean): Promise<void> {
    const withContent = request.method !== 'HEAD'
    let found: Found
    try {
      found = await this.#find(request)
    } catch (error) {
      return this.#send(explanation(error), keepAlive, withContent)
    }
    try {
      await this.#send(answer(request, found), keepAlive, withContent, found.file)
    } finally {
      await found.file.close()
    }
  }

  #find({ method, path, hasContent }: Request): Promise<Found> {
    if (method !== 'GET' && method !== 'HEAD') throw new Refusal(405, 'Method Not Allowed')
    if (hasContent) throw new Refusal(413, 'Content Too Large')
    return find(this.#site.root, path)
  }

  async #send(response: Response, keepAlive: boolean, withContent: boolean, file?: FileHandle): Promise<void> {
    const { part, text } = response
    const head = headOf(response, keepAlive)
    if (!withContent || !(part?.bytes || text)) await this.#sock.send(head)
    else if (text !== undefined) await this.#sock.send(head + text)
    else {
      // The flag holds the head back until the first bytes of the file fill its segment.
      await this.#sock.send(head, MSG_MORE)
      await this.#sendPart(file as FileHandle, part as Part)
    }
  }

  /** Sends in slices, each with a deadline of its own: a large file may take its time, but not for ever. */
  async #sendPart({ fd }: FileHandle, { offset, bytes }: Part): Promise<void> {
    for (let sent = 0; sent < bytes; ) {
      const wanted = Math.min(SLICE, bytes - sent)
      const count = await this.#sock.sendfile(fd, wanted, offset + sent)
      sent += count
      // Only closing tells the client that less comes than was promised.
      if (count < wanted) throw new Error('a file became shorter while it was sent')
    }
  }

  /**
   * Ends our side, and reads on until the peer has ended its own: closing with unread data resets the connection, and
   * the peer might lose the last answer.
   */
  async #farewell(): Promise<void> {
    this.#sock.closew()
    const end = performance.now() + FAREWELL_MS
    for (let read = 0; read < FAREWELL_BYTES && performance.now() < end; ) {
      this.#sock.deadlines(Math.max(1, end - performance.now()))
      const data = await this.#sock.recv()
      if (data === null) return
      read += data.length
    }
  }
}

/** What to say of a file that was not found, or could not be opened. */
function explanation(error: unknown): Response {
  if (error instanceof Moved) return refusal(301, error.message, { Location: error.location })
  if (error instanceof Refusal)
    return refusal(error.status, error.message, error.status === 405 ? { Allow: 'GET, HEAD' } : {})
  console.error(error)
  return refusal(500, 'Internal Server Error')
}
