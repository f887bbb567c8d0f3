// The same application in frameworks: /ip, /uid, /file, /slow, and /hash of what is posted there.
import { createReadStream } from 'node:fs'
import http from 'node:http'
import { buffer } from 'node:stream/consumers'
import { options } from 'berkeley'
import { sha256 } from '../interop/common.js'
import { library } from './common.js'

/** An application that has served no request yet. */
export interface App {
  readonly server: http.Server
  /** Lets it listen by itself, on the socket of that number. */
  listen(fd: number): unknown
  close(): Promise<unknown>
}

/** The process at the other end of a unix socket. */
const uid = ({ socket }: http.IncomingMessage): string => `${options(socket).peercred().uid}`

type Answering = http.ServerResponse & { sendFile(path: string): void }
type Asked = http.IncomingMessage & { readonly ip: string }

export async function express(file: string, slow: Promise<string>): Promise<App> {
  const app = library('express')()
  app.set('env', 'test') // it would print each error
  app.get('/ip', (request: Asked, response: Answering) => response.end(`${request.ip}`))
  app.get('/uid', (request: Asked, response: Answering) => response.end(uid(request)))
  app.get('/file', (_: Asked, response: Answering) => response.sendFile(file))
  app.get('/slow', async (_: Asked, response: Answering) => response.end(await slow))
  app.post('/hash', async (request: Asked, response: Answering) => response.end(sha256(await buffer(request))))
  let server = http.createServer(app)
  return {
    get server() {
      return server
    },
    listen: (fd) => {
      server = app.listen({ fd })
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}

interface FastifyRequest {
  readonly ip: string
  readonly raw: http.IncomingMessage
  readonly body: NodeJS.ReadableStream
}

export async function fastify(file: string, slow: Promise<string>): Promise<App> {
  // Without a `serverFactory`, whose servers fastify closes only where it has let them listen itself.
  const app = library('fastify')({ bodyLimit: 200_000_000 })
  const pass = (_: unknown, body: unknown, done: (error: null, body: unknown) => void): void => done(null, body)
  app.addContentTypeParser('*', pass)
  app.get('/ip', async (request: FastifyRequest) => request.ip)
  app.get('/uid', async (request: FastifyRequest) => uid(request.raw))
  app.get('/file', async () => createReadStream(file))
  app.get('/slow', () => slow)
  app.post('/hash', async (request: FastifyRequest) => sha256(await buffer(request.body)))
  await app.ready()
  return { server: app.server, listen: (fd) => app.listen({ fd }), close: () => app.close() }
}
