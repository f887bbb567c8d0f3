import { BufferedReader, kReadWanted } from '../socket/buffered-reader.js'
import type { ReadAhead } from '../socket/read-ahead.js'
import type { Wanted } from '../socket/read-operation.js'
import type { WaitOptions } from '../socket/settings.js'
import { IncompleteReadError } from '../support/errors.js'
import * as validate from '../support/validate.js'
import { binaryLength, FIXED, PAYLOAD_MOST, parseBinary, SIGNATURE } from './binary.js'
import { type ProxyHeader, ProxyProtocolError } from './header.js'
import { parseText, TEXT_BEGINNING, TEXT_MOST, textLength } from './text.js'

/** Options of {@link readHeader}. */
export interface ReadHeaderOptions extends WaitOptions {
  /** The most bytes of a header, 107 to 65,551; 4096 by default. */
  max?: number | undefined
}

/** A connection that a header is read from: a stream socket. */
export interface HeaderSource {
  /** Returns the reader of the connection. */
  reader(): BufferedReader
}

const DEFAULT_MAX = 4096

/** How many bytes the header has that begins these bytes; -1 if it is not there as a whole. */
function headerLength(bytes: Buffer, most: number): number {
  if (beginsLike(bytes, TEXT_BEGINNING)) return bytes.length < TEXT_BEGINNING.length ? -1 : textLength(bytes)
  if (beginsLike(bytes, SIGNATURE)) return binaryLength(bytes, most)
  throw new ProxyProtocolError('it does not begin with a signature of the protocol')
}

function beginsLike(bytes: Buffer, beginning: Buffer): boolean {
  const count = Math.min(bytes.length, beginning.length)
  return bytes.compare(beginning, 0, count, 0, count) === 0
}

function parse(bytes: Buffer): ProxyHeader {
  return bytes[0] === TEXT_BEGINNING[0] ? parseText(bytes.toString('latin1')) : parseBinary(bytes)
}

/** A header as something that a reader waits for. */
class Header implements Wanted<ProxyHeader> {
  readonly max: number

  constructor(max: number) {
    this.max = max
  }

  lengthIn(ahead: ReadAhead): number {
    return ahead.length === 0 ? -1 : headerLength(ahead.peek(Math.min(ahead.length, this.max)), this.max)
  }

  missing(): undefined {
    return undefined
  }

  take(ahead: ReadAhead, length: number): ProxyHeader {
    const header = parse(ahead.peek(length))
    ahead.drop(length)
    return header
  }

  atEnd(ahead: ReadAhead): never {
    throw new IncompleteReadError(ahead.peek(ahead.length))
  }
}

function readerOf(conn: unknown): BufferedReader {
  const made: unknown = (conn as Partial<HeaderSource> | null | undefined)?.reader
  const reader: unknown = typeof made === 'function' ? made.call(conn) : undefined
  if (reader instanceof BufferedReader) return reader
  throw validate.invalidType('conn', 'a stream socket', conn)
}

/**
 * Reads the header of the PROXY protocol, version 1 or 2, that a proxy sends first on a connection. Not a byte behind it is received, so
 * that the connection may go on with TLS (`tls.wrap()`). Only read it from proxies that you trust, and then always: a client that may
 * choose whether to send one says about itself whatever it likes.
 * @param conn - the connection, of which nothing was received yet.
 * @param options - give a `timeout`: a client may connect and send nothing.
 * @returns the header; `null` when the peer has closed without a byte, as a check whether the port is open does.
 * @throws {@link ProxyProtocolError} at the first byte that is wrong; IncompleteReadError when the stream ends within the header.
 */
export function readHeader(conn: HeaderSource, options?: ReadHeaderOptions): Promise<ProxyHeader | null> {
  try {
    const given = validate.options('options', options ?? {}, ['max', 'timeout', 'signal']) as ReadHeaderOptions
    const { max = DEFAULT_MAX, ...wait } = given
    const most = validate.integer('options.max', max, TEXT_MOST, FIXED + PAYLOAD_MOST)
    return readerOf(conn)[kReadWanted](new Header(most), { ...wait, readAhead: false })
  } catch (error) {
    return Promise.reject(error)
  }
}

/** A header in a message, and how long it is. */
export interface ParsedHeader extends ProxyHeader {
  /** Bytes of the header: the data follow. */
  readonly length: number
}

/**
 * Reads the header that bytes begin with, such as those of a datagram.
 * @param data - the bytes that were received so far.
 * @returns undefined if the header is not there as a whole.
 * @throws {@link ProxyProtocolError} if it is none.
 */
export function parseHeader(data: ArrayBufferView): ParsedHeader | undefined {
  const { buffer, byteOffset, byteLength } = validate.view('data', data)
  const bytes = Buffer.from(buffer, byteOffset, byteLength)
  const length = bytes.length === 0 ? -1 : headerLength(bytes, FIXED + PAYLOAD_MOST)
  return length < 0 ? undefined : { ...parse(bytes.subarray(0, length)), length }
}
