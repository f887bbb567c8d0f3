import { once } from 'node:events'
import type { Peer } from './peer.js'
import type { Traffic } from './traffic.js'

/** How to hold a conversation between a peer and the standard streams. */
export interface ConversationOptions {
  /** Whether standard input goes to the peer. */
  readonly hasInput: boolean
  /** Whether each line is a message. */
  readonly byLines: boolean
  /** Milliseconds to wait for data once the input has ended; undefined for as long as the peer goes on. */
  readonly wait: number | undefined
}

/** The most that goes into one datagram: of UDP over IPv4. */
const DATAGRAM_MAX = 65_507

/** Writes to standard output, and waits while that is full. */
async function print(data: string | Uint8Array): Promise<void> {
  if (!process.stdout.write(data)) await once(process.stdout, 'drain')
}

/** The lines of a stream without their ends; the last one need not have any. */
async function* linesOf(input: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of input) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      yield rest.subarray(0, end)
      rest = rest.subarray(end + 1)
    }
  }
  if (rest.length > 0) yield rest
}

/** What is sent at once. */
async function* piecesOf(input: AsyncIterable<Buffer>, most: number): AsyncGenerator<Buffer> {
  for await (const chunk of input) for (let at = 0; at < chunk.length; at += most) yield chunk.subarray(at, at + most)
}

/** Sends standard input to the peer, and says that nothing follows. Returns whether that could be said. */
async function sendInput(
  peer: Peer,
  { byLines }: ConversationOptions,
  traffic: Traffic,
  signal: AbortSignal,
  onData: () => void,
): Promise<boolean> {
  const isMessages = peer.keepsBoundaries && byLines
  const most = peer.keepsBoundaries ? DATAGRAM_MAX : Number.POSITIVE_INFINITY
  for await (const piece of isMessages ? linesOf(process.stdin) : piecesOf(process.stdin, most)) {
    await peer.send(piece, signal)
    traffic.sent += piece.length
    onData()
  }
  return peer.end()
}

/** Writes what the peer sends to standard output, until its end. */
async function printOutput(
  peer: Peer,
  { byLines }: ConversationOptions,
  traffic: Traffic,
  signal: AbortSignal,
  onData: () => void,
): Promise<void> {
  for (;;) {
    const data = await peer.receive(signal)
    if (data === null) return
    traffic.received += data.length
    onData()
    await print(peer.keepsBoundaries && byLines ? Buffer.concat([data, Buffer.from('\n')]) : data)
  }
}

/** Calls a function when nothing has happened for a while. */
class Silence {
  readonly #over: () => void
  #timer: NodeJS.Timeout | undefined

  constructor(over: () => void) {
    this.#over = over
  }

  begin(milliseconds: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#over, milliseconds)
  }

  interrupt(): void {
    this.#timer?.refresh()
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}

/** A datagram socket is never told of the end: it waits this long for answers. */
const DATAGRAM_WAIT_MS = 1000
/** When the peer has ended, its input may go on as long as some comes: it may still take that. */
const INPUT_WAIT_MS = 500

/**
 * Connects the standard streams with a peer until it has ended, or nothing more comes once the input has ended. The peer is closed then.
 * @throws what sending or receiving reported, and an AbortError.
 */
export async function converse(
  peer: Peer,
  options: ConversationOptions,
  traffic: Traffic,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController()
  const stop = (): void => over.abort()
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  let isSilent = false
  const silence = new Silence(() => {
    isSilent = true
    stop()
    process.stdin.destroy()
  })
  const interrupt = (): void => silence.interrupt()
  const sendAll = async (): Promise<void> => {
    if (!options.hasInput) return
    const endIsSaid = await sendInput(peer, options, traffic, over.signal, interrupt)
    if (options.wait !== undefined || !endIsSaid) silence.begin(options.wait ?? DATAGRAM_WAIT_MS)
  }
  try {
    const sending = sendAll()
    await firstFailureOr(sending, printOutput(peer, options, traffic, over.signal, interrupt))
    silence.begin(INPUT_WAIT_MS)
    await sending
  } catch (error) {
    if (!isSilent) throw error
  } finally {
    signal.removeEventListener('abort', stop)
    silence.end()
    stop()
    if (options.hasInput) process.stdin.destroy()
    await peer.close()
  }
}

/** Waits for the second promise, unless the first one rejects before. */
function firstFailureOr(first: Promise<void>, second: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    first.catch(reject)
    second.then(resolve, reject)
  })
}
