// express and fastify over serveHttp(), and over the descriptor of a listener.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import { createConnection, listen, serveHttp } from 'berkeley'
import { sha256 } from '../interop/common.js'
import { hostAuthority, hostConfig } from '../tls/common.js'
import { abstractName, leavesNoFd, tempFolder, within } from '../util/index.js'
import { event, type Test, unavailable } from './common.js'
import { type App, express, fastify } from './frameworks.js'

leavesNoFd()

type Address = Parameters<typeof createConnection>[0]

/** A request over a stream of ours, whose answer is read to its end. */
async function ask(to: Address, path: string, body?: Buffer): Promise<Buffer> {
  const agent = new http.Agent()
  agent.createConnection = () => createConnection(to) as never
  const request = http.request({ agent, path, method: body ? 'POST' : 'GET' })
  request.end(body)
  const [response] = await event<[http.IncomingMessage]>(request, 'response')
  assert.equal(response.statusCode, 200)
  return within(buffer(response), 'the body')
}

/** A request of Node's own, over TLS. */
async function askSecurely(port: number, path: string): Promise<string> {
  const request = https.get({
    host: '127.0.0.1',
    port,
    path,
    ca: hostAuthority.pem,
    servername: 'host.example',
    agent: false,
  })
  const [response] = await event<[http.IncomingMessage]>(request, 'response')
  return within(text(response), 'the body')
}

/** An application, its file, and what ends the request for /slow. */
async function started(t: Test, make: typeof express): Promise<{ app: App; content: Buffer; finish: () => void }> {
  const content = randomBytes(3_000_000)
  const file = join(tempFolder(t), 'file')
  writeFileSync(file, content)
  let finish = (): void => undefined
  const slow = new Promise<string>((resolve) => {
    finish = () => resolve('at last')
  })
  return { app: await make(file, slow), content, finish }
}

for (const [name, make] of Object.entries({ express, fastify }))
  describe(name, { skip: unavailable([name]) }, () => {
    test(`${name} on a unix socket knows the peer, sends a file and takes 100 MB`, { timeout: 60_000 }, async (t) => {
      const { app, content } = await started(t, make)
      const path = abstractName()
      const serving = serveHttp(app.server, await listen({ path }))
      assert.equal(`${await ask({ path }, '/uid')}`, `${process.getuid?.()}`)
      assert.ok(content.equals(await ask({ path }, '/file')))
      const big = randomBytes(100_000_000)
      assert.equal(`${await ask({ path }, '/hash', big)}`, sha256(big))
      await within(app.close(), 'the end of the application')
      await within(serving, 'the end of serveHttp()')
    })

    test(`${name} serves TLS of berkeley, and knows the address of its client`, async (t) => {
      const { app, content } = await started(t, make)
      const listener = await listen({ host: '127.0.0.1', tlscfg: hostConfig })
      const { port } = listener.getsockname()
      const serving = serveHttp(app.server, listener)
      assert.equal(await askSecurely(Number(port), '/ip'), '127.0.0.1')
      assert.equal((await askSecurely(Number(port), '/file')).length, `${content}`.length)
      await within(app.close(), 'the end of the application')
      await within(serving, 'the end of serveHttp()')
    })

    test(`${name} listens by itself on a socket of berkeley`, async (t) => {
      const { app } = await started(t, make)
      const listener = await listen({ host: '127.0.0.1' })
      const to = { host: '127.0.0.1', port: Number(listener.getsockname().port) }
      await app.listen(listener.detach())
      assert.equal(`${await ask(to, '/ip')}`, '127.0.0.1')
      const body = randomBytes(1_000_000)
      assert.equal(`${await ask(to, '/hash', body)}`, sha256(body))
      await within(app.close(), 'the end of the application')
    })

    test(`${name} survives clients that disconnect, and finishes requests in progress when it is closed`, async (t) => {
      const { app, finish } = await started(t, make)
      const path = abstractName()
      const serving = serveHttp(app.server, await listen({ path }))
      const begun = once(app.server, 'request')
      const quitter = createConnection({ path })
      quitter.write('POST /hash HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf')
      const [request] = (await within(begun, 'the request')) as [http.IncomingMessage]
      const gone = event(request, 'close')
      quitter.destroy()
      await gone
      const asked = once(app.server, 'request')
      const slow = ask({ path }, '/slow')
      await within(asked, 'the slow request')
      const closed = app.close()
      finish()
      assert.equal(`${await slow}`, 'at last')
      await within(closed, 'the end of the application')
      await within(serving, 'the end of serveHttp()')
    })
  })
