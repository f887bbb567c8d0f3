// What the tests with HTTP share.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import type { Duplex } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { within } from '../../util/index.js'
import { NAME } from './certificates.js'
import { type Conn, type Server, sha256, type Test } from './common.js'

/** Several answers wait at once, which is more than a session may hold by default. */
export const ROOMY = { maxSessionMemory: 100 }

/** Tells what was uploaded, or sends something. */
export const answering = (body: Buffer) => async (request: http.IncomingMessage, response: http.ServerResponse) => {
  if (request.method === 'GET') response.end(body)
  else response.end(sha256(await buffer(request)))
}

/** The same over HTTP/2. */
export const answering2 =
  (body: Buffer) => async (request: http2.Http2ServerRequest, response: http2.Http2ServerResponse) => {
    if (request.method === 'GET') response.end(body)
    else response.end(sha256(await buffer(request)))
  }

/** As a stream, which the connection belongs to from now on. */
export function streamOf(t: Test, conn: Conn): Duplex {
  const made = conn.duplex()
  made.on('error', () => {}) // at the end of the test it is closed whatever it does
  t.after(() => made.destroy())
  return made
}

/** The answer to a request by a connection of ours, which ends with it. */
export async function fetched(t: Test, conn: Conn): Promise<Buffer> {
  const made = streamOf(t, conn)
  const request = http.request({ createConnection: () => made, host: NAME, path: '/' })
  request.end()
  const [response] = (await within(once(request, 'response'), 'an answer')) as [http.IncomingMessage]
  assert.equal(response.statusCode, 200)
  const body = await buffer(response)
  const closed = once(made, 'close')
  made.destroy()
  await closed
  return body
}

/** Gives the connections of a listener to a server that has none of its own, by the protocol that was agreed. */
export function serve(t: Test, listener: Server, body: Buffer): string[] {
  const protocols: string[] = []
  const one = http.createServer(answering(body))
  const two = http2.createServer(ROOMY, answering2(body))
  t.after(() => {
    one.closeAllConnections()
    one.close()
    two.close()
  })
  void (async () => {
    for await (const conn of listener) {
      t.after(() => conn.close())
      try {
        await conn.handshake()
      } catch {
        continue // the client tells
      }
      protocols.push(conn.alpnProtocol ?? 'none')
      const server = conn.alpnProtocol === 'h2' ? two : one
      server.emit('connection', streamOf(t, conn))
    }
  })()
  return protocols
}
