import { sys } from '../constants/lookup.js'
import { kHandle } from '../descriptor/handle.js'
import { systemError } from '../support/errors.js'
import { without } from '../support/record.js'
import * as validate from '../support/validate.js'
import type { Channel } from './channel.js'
import { SocketIterator } from './iterator.js'
import { ReadAhead } from './read-ahead.js'
import { ReadAheadTransport } from './read-ahead-transport.js'
import { Exactly, Line, Read, Until, type Wanted } from './read-operation.js'
import { IterationOptions, type WaitOptions, waitOptions } from './settings.js'
import { kRead, type Socket } from './socket.js'

/** Options of a call of a {@link BufferedReader}. */
export interface ReadOptions extends WaitOptions {
  /**
   * False receives not a byte more than the call returns, for a connection that goes to other code afterwards: to TLS, or to another process.
   * It costs two system calls for each piece up to a delimiter. True by default.
   */
  readAhead?: boolean | undefined
}

/** Options of {@link BufferedReader.until}. */
export interface UntilOptions extends ReadOptions {
  /** The most bytes, the delimiter included; 64 KiB by default. */
  max?: number | undefined
}

/** Options of {@link BufferedReader.lines}. */
export interface LinesOptions extends WaitOptions {
  /** The most bytes of a line, its end included; 64 KiB by default. */
  max?: number | undefined
  /** How bytes become text, UTF-8 by default; `'buffer'` leaves them as they are. */
  encoding?: BufferEncoding | 'buffer' | undefined
  /** Whether what comes after the last line's end is a line, too; false by default, when it is an {@link IncompleteReadError}. */
  allowPartial?: boolean | undefined
}

const LINES_OPTIONS = ['max', 'encoding', 'allowPartial', 'timeout', 'signal']

/** Reads what its caller says how to find. */
export const kReadWanted: unique symbol = Symbol('berkeley.readWanted')

/** Takes over what other code had received. */
const kPrepend: unique symbol = Symbol('berkeley.prepend')

const DEFAULT_MAX = 64 * 1024
const COUNT_MAX = 0x7fffffff
const LINE_END = Buffer.from('\n')

/**
 * Reads a connection by counts and delimiters. It receives what is there, and keeps what a call does not return; nothing is lost by a call that
 * is aborted, late, or fails. A connection has one reader: `conn.reader()` returns the same each time.
 *
 * Its calls take their turn with every other that receives on the connection. What it has read ahead is received first by whatever
 * receives next, be it `recv()`, `recvinto()`, iteration, `duplex()` or `relay()`, so that a reader may begin and they may go on.
 * `recvmsg()`, `recvfd()` and `detach()` cannot give it, and are EBUSY until {@link BufferedReader.rest} has.
 */
export class BufferedReader {
  readonly #socket: Socket
  readonly #channel: Channel
  readonly #ahead = new ReadAhead()
  readonly #transport: ReadAheadTransport

  /** @internal */
  constructor(socket: Socket) {
    this.#socket = socket
    this.#channel = socket[kHandle]
    this.#transport = new ReadAheadTransport(this.#channel, this.#ahead)
  }

  /** How many bytes were read ahead. */
  get buffered(): number {
    return this.#ahead.length
  }

  /**
   * Reads so many bytes.
   * @param count - how many bytes, 1 or more.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns the bytes; `null` when the stream has ended before the first of them.
   * @throws {@link IncompleteReadError} when it ends later.
   */
  exactly(count: number, options?: ReadOptions): Promise<Buffer | null> {
    try {
      const given = readOptions(options)
      return this.#read(new Exactly(validate.integer('count', count, 0, COUNT_MAX)), given)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Reads up to the first such bytes.
   * @param delimiter - a string stands for its UTF-8.
   * @param options - `max`, the most bytes to read; `timeout` in milliseconds, and `signal`.
   * @returns what came, the delimiter included; `null` when the stream has ended before.
   * @throws {@link IncompleteReadError} when it ends without the delimiter; EMSGSIZE when there is none within `max` bytes. What came
   *   then stays to be read.
   */
  until(delimiter: validate.Data, options?: UntilOptions): Promise<Buffer | null> {
    try {
      const bytes = Buffer.from(validate.bytes('delimiter', delimiter))
      if (bytes.length === 0) throw validate.invalidValue('delimiter', 'must not be empty', delimiter)
      const given = readOptions<UntilOptions>(options, 'max')
      return this.#read(new Until(bytes, mostOf(given.max, bytes.length)), given)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Reads line by line, as bytes without their ends, until the stream has ended or the socket is closed here.
   * @param options - `encoding: 'buffer'`; `max`, the most bytes of a line; `timeout` in milliseconds of each line, and `signal`.
   * @returns an iterator of the lines.
   * @throws EMSGSIZE for a line longer than `max`; {@link IncompleteReadError} when the stream ends within a line.
   */
  lines(options: LinesOptions & { encoding: 'buffer' }): AsyncIterableIterator<Buffer>
  /**
   * Reads line by line, without their ends, `\n` or `\r\n`, until the stream has ended or the socket is closed here. Leaving the loop
   * leaves the connection as it is, for the next call.
   * @param options - `max`, the most bytes of a line; `encoding`; `timeout` in milliseconds of each line, and `signal`.
   * @returns an iterator of the lines.
   * @throws EMSGSIZE for a line longer than `max`; {@link IncompleteReadError} when the stream ends within a line.
   * @example
   * for await (const line of conn.reader().lines({ max: 4096 })) console.log(line)
   */
  lines(options?: LinesOptions): AsyncIterableIterator<string>
  lines(options?: LinesOptions): AsyncIterableIterator<string | Buffer> {
    const given = validate.options('options', options ?? {}, LINES_OPTIONS) as LinesOptions
    const { max, encoding = 'utf8', allowPartial = false } = given
    const most = mostOf(max, LINE_END.length)
    const as = encoding === 'buffer' ? undefined : encodingOf(encoding)
    validate.boolean('options.allowPartial', allowPartial)
    const wait = new IterationOptions(without(given, 'max', 'encoding', 'allowPartial'))
    const next = () => this.#run(new Line(LINE_END, most, as, allowPartial), true, wait)
    return new SocketIterator(this.#socket, wait, next)
  }

  /**
   * Takes what was read ahead, and returns it; the reader, and what receives otherwise, continue after it.
   * @returns the bytes, none if nothing was read ahead.
   * @throws EBUSY while a call waits for more than was read ahead.
   */
  rest(): Buffer {
    if (this.#ahead.length > 0 && this.#channel.engine.reader.isWaiting)
      throw systemError(sys.EBUSY, 'rest', { detail: 'a call waits for more' })
    return this.#ahead.length === 0 ? Buffer.alloc(0) : this.#ahead.take(this.#ahead.length)
  }

  /**
   * Reads what other parts of the package know the length of.
   * @internal
   */
  [kReadWanted]<T>(wanted: Wanted<T>, options: ReadOptions): Promise<T | null> {
    return this.#read(wanted, options)
  }

  /** @internal */
  [kPrepend](bytes: Buffer): void {
    this.#ahead.append(bytes)
    this.#transport.update()
  }

  #read<T>(wanted: Wanted<T>, options: UntilOptions): Promise<T | null> {
    const { readAhead = true } = options
    validate.boolean('options.readAhead', readAhead)
    return this.#run(wanted, readAhead, waitOptions(without(options, 'readAhead', 'max')))
  }

  /** The options are checked already: reading them may run code of the user, who may connect the socket anew. */
  #run<T>(wanted: Wanted<T>, readsAhead: boolean, options: WaitOptions): Promise<T | null> {
    // What was another connection is closed: this is EBADF.
    if (this.#socket[kHandle] !== this.#channel) this.#channel.fd.number('recv')
    return this.#socket[kRead](new Read(this.#transport, this.#ahead, wanted, readsAhead), options)
  }
}

function readOptions<O extends ReadOptions>(options: O | undefined, ...names: string[]): O {
  return validate.options('options', options ?? {}, [...names, 'readAhead', 'timeout', 'signal']) as O
}

function mostOf(max: number | undefined, least: number): number {
  return max === undefined ? Math.max(DEFAULT_MAX, least) : validate.integer('options.max', max, least, COUNT_MAX)
}

function encodingOf(encoding: unknown): BufferEncoding {
  if (typeof encoding === 'string' && Buffer.isEncoding(encoding)) return encoding
  throw validate.invalidValue('options.encoding', "must be an encoding of Buffer, or 'buffer'", encoding)
}

const readers = new WeakMap<Channel, BufferedReader>()

/** Whether a reader has read something ahead. */
export function hasReadAhead(socket: Socket): boolean {
  return (readers.get(socket[kHandle])?.buffered ?? 0) > 0
}

/** Takes what a reader has read ahead, for the code that receives from now on. */
export function takeReadAhead(socket: Socket): Buffer {
  return readers.get(socket[kHandle])?.rest() ?? Buffer.alloc(0)
}

/** Lets a connection receive that first, as if a reader had read it ahead. */
export function prepend(socket: Socket, bytes: Buffer): void {
  if (bytes.length > 0) readerOf(socket)[kPrepend](bytes)
}

/** Returns the reader of a connection; it is made when it is asked for first. */
export function readerOf(socket: Socket): BufferedReader {
  const channel = socket[kHandle]
  channel.fd.use('reader')
  const known = readers.get(channel)
  if (known !== undefined) return known
  const reader = new BufferedReader(socket)
  readers.set(channel, reader)
  return reader
}
