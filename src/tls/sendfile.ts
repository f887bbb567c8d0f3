import { read } from 'node:fs'
import { descriptorOf, type OpenFile } from '../descriptor/open-file.js'
import { AGAIN_NOW, type Operation } from '../engine/operation.js'
import type { ErrorContext } from '../support/errors.js'
import { isolate } from '../support/record.js'
import type { TlsSession } from './session.js'

/** Bytes of one read: several records, so that a read is worth the round trip to a thread of the pool. */
const PIECE = 128 * 1024

/** Sends a file through TLS: its pieces are read on libuv's pool, and written as records by the thread of the socket. */
export class SendFileRecords implements Operation<number> {
  readonly syscall = 'sendfile'
  readonly wakeOnEither = true
  readonly #tls: TlsSession
  readonly #file: OpenFile
  readonly #from: number
  /** Undefined for all up to the end. */
  readonly #total: number | undefined
  #number = -1
  readonly #piece: Buffer
  /** The part of the piece that is not sent yet. */
  #start = 0
  #end = 0
  #sent = 0
  /** Whether everything has been read: the total, or up to the end of the file. */
  #isComplete = false

  constructor(tls: TlsSession, file: OpenFile, from: number, total: number | undefined) {
    this.#tls = tls
    this.#file = file
    this.#from = from
    this.#total = total
    this.#piece = Buffer.allocUnsafeSlow(Math.min(PIECE, total ?? PIECE))
  }

  /** Bytes of the file that have yet to be sent. */
  get unsentBytes(): number {
    return this.#total === undefined ? 0 : this.#total - this.#sent
  }

  /** A record that has not left waits for room; without one the peer is waited for. */
  get needsRoom(): boolean {
    return this.#tls.pendingBytes > 0
  }

  /** Asks for the descriptor, because a FileHandle may be closed meanwhile. */
  prepare(): void {
    this.#number = descriptorOf('fd', this.#file, 'sendfile')
  }

  /** Sends what is left of the piece. */
  attempt(fd: number): number {
    return this.#tls.write(fd, this.#piece, this.#start, this.#end - this.#start)
  }

  /** Reads the next piece if the former is sent, and sends from it. If the socket was closed meanwhile, the session refuses the write. */
  async offload(fd: number): Promise<number> {
    if (this.#start === this.#end && !this.#isComplete) {
      const length = Math.min(this.#piece.length, (this.#total ?? Number.MAX_SAFE_INTEGER) - this.#sent)
      const count = await this.#read(length, this.#from + this.#sent)
      this.#start = 0
      this.#end = count
      this.#isComplete = count === 0
    }
    return this.attempt(fd)
  }

  #read(length: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      read(this.#number, this.#piece, 0, length, position, (error, count) => (error ? reject(error) : resolve(count)))
    })
  }

  /** Counts what was sent. The result is there when nothing is left to read, to send, or in records that wait for room. */
  finish(count: number): number | typeof AGAIN_NOW {
    this.#start += count
    this.#sent += count
    if (this.#sent === this.#total) this.#isComplete = true
    return this.#isComplete && this.#start === this.#end && this.#tls.pendingBytes === 0 ? this.#sent : AGAIN_NOW
  }

  /** Adds the number of bytes sent to an error. */
  context(): ErrorContext {
    return { bytes: this.#sent }
  }
}

isolate(SendFileRecords)
