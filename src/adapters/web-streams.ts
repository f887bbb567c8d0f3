import { ReadableStream, WritableStream } from 'node:stream/web'
import type { HalfClosing } from './node-stream.js'

/** A socket as a pair of web streams. */
export interface WebStreams {
  /** The received data, until the peer has closed. Cancelling it ends receiving. */
  readable: ReadableStream<Uint8Array>
  /** The data to send. Closing it ends sending: the peer sees the end. Aborting it closes the socket. */
  writable: WritableStream<Uint8Array>
}

/**
 * Makes web streams of a socket, which they own together: it is closed when both of them have ended, or one fails.
 */
export function webStreams(socket: HalfClosing): WebStreams {
  let open = 2
  const sideIsOver = async (): Promise<void> => {
    if (--open === 0) await socket.close()
  }
  const fail = async (error: unknown): Promise<never> => {
    await socket.close()
    throw error
  }
  const stopReading = async (): Promise<void> => socket.closer()
  const readable = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const data = await socket.recv().catch(fail)
        if (data !== null) return controller.enqueue(data)
        controller.close()
        await sideIsOver()
      },
      async cancel() {
        // TLS has no message for the end of receiving.
        if (socket.fd() >= 0 && !socket.encrypted) await stopReading().catch(fail)
        await sideIsOver()
      },
    },
    { highWaterMark: 0 },
  )
  const writable = new WritableStream<Uint8Array>({
    async write(chunk) {
      await socket.send(chunk).catch(fail)
    },
    async close() {
      await socket.end().catch(fail)
      await sideIsOver()
    },
    async abort() {
      await socket.close()
    },
  })
  return { readable, writable }
}
