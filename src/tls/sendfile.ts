import { read } from 'node:fs'
import { AGAIN_NOW, type Operation } from '../engine/operation.js'
import type { ErrorContext } from '../support/errors.js'
import type { TlsSession } from './session.js'

/** Several records, so that a read is worth its way to another thread. */
const PIECE = 128 * 1024

/** A file on its way through TLS: pieces of it are read on libuv's pool, and written as records from there. */
export class FileSending implements Operation<number> {
  readonly syscall = 'sendfile'
  readonly wakeOnEither = true
  readonly #tls: TlsSession
  readonly #file: number
  readonly #from: number
  readonly #total: number
  readonly #piece: Buffer
  /** What is in the piece and not sent. */
  #at = 0
  #end = 0
  #sent = 0
  #isOver = false

  constructor(tls: TlsSession, file: number, from: number, total: number) {
    this.#tls = tls
    this.#file = file
    this.#from = from
    this.#total = total
    this.#piece = Buffer.allocUnsafeSlow(Math.min(PIECE, total))
  }

  /** Sends from the piece. */
  attempt(fd: number): number {
    return this.#tls.write(fd, this.#piece, this.#at, this.#end - this.#at)
  }

  /** The next piece when there is none left; the session refuses to be written to when the socket was closed meanwhile. */
  async offload(fd: number): Promise<number> {
    if (this.#at === this.#end && !this.#isOver) {
      const length = Math.min(this.#piece.length, this.#total - this.#sent)
      const count = await this.#read(length, this.#from + this.#sent)
      this.#at = 0
      this.#end = count
      this.#isOver = count === 0
    }
    return this.attempt(fd)
  }

  #read(length: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      read(this.#file, this.#piece, 0, length, position, (error, count) => (error ? reject(error) : resolve(count)))
    })
  }

  /** Notes what was sent. */
  finish(count: number): number | typeof AGAIN_NOW {
    this.#at += count
    this.#sent += count
    if (this.#sent === this.#total) this.#isOver = true
    return this.#isOver && this.#at === this.#end && this.#tls.held === 0 ? this.#sent : AGAIN_NOW
  }

  /** How far it came. */
  context(): ErrorContext {
    return { bytes: this.#sent }
  }
}
