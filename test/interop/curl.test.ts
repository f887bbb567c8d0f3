// curl is the client of Node's own HTTP servers, whose connections are sockets of ours.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import http2 from 'node:http2'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import { listen, type stream } from 'berkeley'
import { abstractName, available, closing, leavesNoFd, run, tempFolder } from '../util/index.js'
import { plainEnvironment, sha256, type Test } from './common.js'

leavesNoFd()

const BULK = 8 << 20

type Served = stream.inet.Server | stream.unix.Server

/** Gives the connections of a listener to a server that has none of its own. Returns how many there were. */
function serve(t: Test, listener: Served, server: http.Server | http2.Http2Server): () => number {
  let count = 0
  closing(t, listener)
  t.after(() => server.close())
  void (async () => {
    for await (const conn of listener) {
      count++
      server.emit('connection', conn.duplex())
    }
  })()
  return () => count
}

/** Tells what was uploaded, or sends something. */
const answering =
  (body: Buffer) =>
  async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    if (request.method === 'GET') response.end(body)
    else response.end(sha256(await buffer(request)))
  }

async function curl(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run('curl', ['-sS', '-q', '--noproxy', '*', ...args], {
    env: plainEnvironment(),
    patience: 30_000,
  })
  assert.equal(code, 0, stderr)
  return stdout
}

const ways = {
  TCP: async () => {
    const listener = await listen({ host: '127.0.0.1', port: 0 })
    return { listener, url: `http://127.0.0.1:${listener.getsockname().port}`, args: [] }
  },
  'a unix socket': async (t: Test) => {
    const path = join(tempFolder(t), 's')
    return { listener: await listen({ path }), url: 'http://localhost', args: ['--unix-socket', path] }
  },
  'an abstract unix socket': async () => {
    const path = abstractName()
    const args = ['--abstract-unix-socket', path.slice(1)]
    return { listener: await listen({ path }), url: 'http://localhost', args }
  },
}

describe('curl', { skip: available('curl') }, () => {
  for (const [name, make] of Object.entries(ways))
    test(`curl downloads and uploads 8 MiB over ${name}`, async (t) => {
      const { listener, url, args } = await make(t)
      const [down, up] = [randomBytes(BULK), randomBytes(BULK)]
      const [from, to] = [join(tempFolder(t), 'up'), join(tempFolder(t), 'down')]
      writeFileSync(from, up)
      const connections = serve(t, listener, http.createServer(answering(down)))
      const said = await curl(...args, '-o', to, `${url}/down`, '--next', ...args, '-sS', '-T', from, `${url}/up`)
      assert.equal(said, sha256(up))
      assert.equal(sha256(readFileSync(to)), sha256(down))
      // Not every curl knows an abstract name again.
      if (!name.includes('abstract')) assert.equal(connections(), 1)
    })

  test('curl downloads 8 MiB by HTTP/2 without TLS over a unix socket', async (t) => {
    const path = join(tempFolder(t), 's')
    const to = join(tempFolder(t), 'down')
    const down = randomBytes(BULK)
    const connections = serve(
      t,
      await listen({ path }),
      http2.createServer((_, response) => void response.end(down)),
    )
    const said = await curl(
      '--http2-prior-knowledge',
      '--unix-socket',
      path,
      '-w',
      '%{http_version}',
      '-o',
      to,
      'http://localhost',
    )
    assert.equal(said, '2')
    assert.equal(sha256(readFileSync(to)), sha256(down))
    assert.equal(connections(), 1)
  })
})
