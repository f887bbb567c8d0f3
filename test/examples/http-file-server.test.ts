import assert from 'node:assert/strict'
import { createHash, randomFillSync } from 'node:crypto'
import { once } from 'node:events'
import {
  createReadStream,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { connect, type stream } from 'berkeley'
import { available, type Child, closing, eventually, leavesNoFd, PATIENCE_MS, run, tempFolder } from '../util/index.js'
import { foreignEnvironment, portOf, program, startExample } from './programs.js'

leavesNoFd()

const MIB = 1_048_576
const BIG = 64 * MIB
const HELLO = 'hello, world\n'
const DATE = new Date('2020-02-02T02:02:02.700Z')

/** A running server, its folder, and its port. */
interface Site {
  readonly server: Child
  readonly folder: string
  readonly port: number
  readonly url: string
}

/** The folder is one of several within another one, so that there is something to break out to. */
async function site(t: TestContext, seconds = '15'): Promise<Site> {
  const outside = tempFolder(t)
  const folder = join(outside, 'www')
  mkdirSync(join(folder, 'sub', 'empty'), { recursive: true })
  mkdirSync(join(outside, 'www-private'))
  writeFileSync(join(outside, 'secret.txt'), 'secret')
  writeFileSync(join(outside, 'www-private', 'secret.txt'), 'secret')
  writeFileSync(join(folder, 'hello.txt'), HELLO)
  utimesSync(join(folder, 'hello.txt'), DATE, DATE)
  writeFileSync(join(folder, 'nothing.bin'), '')
  writeFileSync(join(folder, 'with space & ü.html'), '<p>')
  writeFileSync(join(folder, 'sub', 'index.html'), '<title>index</title>')
  const server = startExample(t, 'http-file-server', '0', folder, seconds)
  const port = await portOf(server)
  return { server, folder, port, url: `http://127.0.0.1:${port}` }
}

/** Ends the server, which must have had nothing to complain about. */
async function stop({ server }: Site): Promise<void> {
  server.process.kill('SIGTERM')
  const { code, stderr } = await server.ended
  assert.deepEqual([code, stderr], [0, ''])
}

/** Writes a large file, and returns its SHA-256. */
function writeBig(path: string): string {
  const content = randomFillSync(Buffer.alloc(BIG))
  writeFileSync(path, content)
  return createHash('sha256').update(content).digest('hex')
}

async function hashOf(readable: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of readable) hash.update(piece)
  return hash.digest('hex')
}

async function curl(...args: string[]): Promise<string> {
  const options = ['--silent', '--show-error', '--noproxy', '*']
  const { code, stdout, stderr } = await run('curl', [...options, ...args], { env: foreignEnvironment() })
  assert.equal(code, 0, stderr)
  return stdout
}

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Which connection it came over: the client's port. */
  readonly over: number | undefined
}

/** A request by node:http. */
async function get(
  { port }: Site,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
  agent?: Agent,
): Promise<Answer> {
  const asked = request({ host: '127.0.0.1', port, path, headers, method, agent: agent ?? false })
  asked.end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  const over = response.socket.localPort
  response.setEncoding('utf8')
  let body = ''
  for await (const piece of response) body += piece
  return { status: response.statusCode, headers: response.headers, body, over }
}

async function connected(t: TestContext, { port }: Site): Promise<stream.inet.Socket> {
  const client = closing(t, await connect({ host: '127.0.0.1', port, timeout: PATIENCE_MS }))
  client.deadlines(PATIENCE_MS, PATIENCE_MS)
  return client
}

async function restOf(client: stream.inet.Socket): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of client) pieces.push(piece)
  return Buffer.concat(pieces).toString('latin1')
}

/** Sends bytes as they are, and returns all that the server says until it closes. */
async function raw(t: TestContext, to: Site, text: string): Promise<string> {
  const client = await connected(t, to)
  await client.send(Buffer.from(text, 'latin1'))
  const said = await restOf(client)
  await client.close()
  return said
}

const statusOf = (said: string): number => Number(/^HTTP\/1\.1 ([0-9]{3}) /.exec(said)?.[1])

describe('http-file-server and curl', { skip: available('curl') }, () => {
  test('http-file-server serves a file, its head, a range, and two files over one connection', async (t) => {
    const own = await site(t)
    const { url } = own
    assert.equal(await curl(`${url}/hello.txt`), HELLO)
    const head = await curl('--head', `${url}/hello.txt`)
    assert.match(head, /^HTTP\/1\.1 200 OK\r\n/)
    assert.match(head, /\r\nContent-Type: text\/plain; charset=utf-8\r\n/)
    assert.match(head, /\r\nContent-Length: 13\r\n/)
    assert.match(head, /\r\nLast-Modified: Sun, 02 Feb 2020 02:02:02 GMT\r\n/)
    assert.match(head, /\r\nETag: "[0-9a-f]+-d-[0-9a-f]+"\r\n/)
    assert.match(head, /\r\nAccept-Ranges: bytes\r\n/)
    assert.equal(await curl('--range', '7-11', `${url}/hello.txt`), 'world')
    assert.equal(await curl('--range', '-6', `${url}/hello.txt`), 'world\n')
    assert.equal(await curl('--range', '7-', `${url}/hello.txt`), 'world\n')
    const twice = await curl('--write-out', '[%{http_code} %{num_connects}]', `${url}/hello.txt`, `${url}/sub/`)
    assert.equal(twice, `${HELLO}[200 1]<title>index</title>[200 0]`)
    await stop(own)
  })

  test('http-file-server serves a file of 64 MiB, whole and in parts', async (t) => {
    const own = await site(t)
    const hash = writeBig(join(own.folder, 'big.bin'))
    const copy = join(own.folder, 'copy.bin')
    await curl('--output', copy, `${own.url}/big.bin`)
    assert.equal(await hashOf(createReadStream(copy)), hash)
    const parts = [0, 1, 2, 3].map(async (part) => {
      const path = join(own.folder, `part${part}`)
      const range = `${(part * BIG) / 4 + (part ? 1 : 0)}-${((part + 1) * BIG) / 4}`
      await curl('--range', range, '--output', path, `${own.url}/big.bin`)
      return path
    })
    const joined = createHash('sha256')
    for (const path of await Promise.all(parts)) for await (const piece of createReadStream(path)) joined.update(piece)
    assert.equal(joined.digest('hex'), hash)
    await stop(own)
  })

  test('http-file-server serves nothing outside of its folder', async (t) => {
    const own = await site(t)
    const { folder, url } = own
    symlinkSync('../secret.txt', join(folder, 'link'))
    symlinkSync('..', join(folder, 'up'))
    symlinkSync('../www-private', join(folder, 'private'))
    symlinkSync('/etc/passwd', join(folder, 'passwd'))
    symlinkSync('loop', join(folder, 'loop'))
    symlinkSync('hello.txt', join(folder, 'alias.txt'))
    symlinkSync('../www/sub', join(folder, 'way-back'))
    await run('mkfifo', [join(folder, 'pipe')])
    const statusAt = async (path: string): Promise<string> => {
      const said = await curl('--path-as-is', '--write-out', '[%{http_code}]', `${url}${path}`)
      assert.doesNotMatch(said, /secret|root:/, path)
      return said.slice(said.lastIndexOf('['))
    }
    const closed = ['/../secret.txt', '/sub/../../secret.txt', '/%2e%2e/secret.txt', '/.%2E/secret.txt']
    closed.push('/..%2fsecret.txt', '/%2e%2e%2fsecret.txt', '/sub/..', '/.', '/..%5csecret.txt', '/../www-private/')
    closed.push('/link', '/up/secret.txt', '/private/secret.txt', '/passwd', '/loop', '/pipe', '/%2fetc%2fpasswd')
    closed.push('//etc/passwd', '/none', '/hello.txt/', '/hello.txt/x', '/sub/empty/', `/${'x'.repeat(300)}`)
    for (const path of closed) assert.equal(await statusAt(path), '[404]', path)
    for (const path of ['/hello.txt%00', '/%00', '/%', '/%zz', '/%ff', '/%c0%ae%c0%ae/secret.txt'])
      assert.equal(await statusAt(path), '[400]', path)
    assert.equal(await curl(`${url}/alias.txt`), HELLO)
    assert.equal(await curl(`${url}/way-back/`), '<title>index</title>')
    await stop(own)
  })
})

describe('http-file-server and node:http', () => {
  test('http-file-server handles names, types, folders and an empty file over one connection', async (t) => {
    const own = await site(t)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    t.after(() => agent.destroy())
    const connections = new Set<number | undefined>()
    const ask = async (path: string): Promise<Answer> => {
      const answer = await get(own, path, {}, 'GET', agent)
      connections.add(answer.over)
      return answer
    }
    const html = await ask('/with%20space%20%26%20%C3%BC.html?query=/../x')
    assert.deepEqual([html.status, html.body], [200, '<p>'])
    assert.equal(html.headers['content-type'], 'text/html; charset=utf-8')
    const empty = await ask('/nothing.bin')
    assert.deepEqual([empty.status, empty.headers['content-length'], empty.body], [200, '0', ''])
    assert.equal(empty.headers['content-type'], 'application/octet-stream')
    const moved = await ask('/sub')
    assert.deepEqual([moved.status, moved.headers.location], [301, '/sub/'])
    assert.equal((await ask('//sub')).headers.location, '/sub/', 'no way to another host')
    assert.equal((await ask('/sub/')).body, '<title>index</title>')
    assert.equal((await ask('/')).status, 404)
    assert.equal((await ask('/sub/empty/')).status, 404)
    assert.equal(connections.size, 1)
    agent.destroy()
    await stop(own)
  })

  test('http-file-server does not send again what the client has', async (t) => {
    const own = await site(t)
    const { etag = '', 'last-modified': date = '' } = (await get(own, '/hello.txt')).headers
    const status = async (headers: Record<string, string>): Promise<number | undefined> =>
      (await get(own, '/hello.txt', headers)).status
    for (const tags of [etag, `W/${etag}`, `"x", ${etag}`, '*'])
      assert.equal(await status({ 'If-None-Match': tags }), 304, tags)
    assert.equal(await status({ 'If-None-Match': '"x"' }), 200)
    assert.equal(await status({ 'If-Modified-Since': date }), 304)
    assert.equal(await status({ 'If-Modified-Since': new Date().toUTCString() }), 304)
    assert.equal(await status({ 'If-Modified-Since': 'Sun, 02 Feb 2020 02:02:01 GMT' }), 200)
    assert.equal(await status({ 'If-Modified-Since': 'yesterday' }), 200)
    assert.equal(await status({ 'If-None-Match': '"x"', 'If-Modified-Since': date }), 200, 'the tag decides')
    const known = await get(own, '/hello.txt', { 'If-None-Match': etag })
    assert.deepEqual([known.headers.etag, known.body], [etag, ''])

    writeFileSync(join(own.folder, 'hello.txt'), 'HELLO, WORLD\n')
    utimesSync(join(own.folder, 'hello.txt'), DATE, new Date(DATE.getTime() + 1))
    assert.equal(await status({ 'If-None-Match': etag }), 200, 'same length, same second, another version')
    await stop(own)
  })

  test('http-file-server serves one range, or the whole file', async (t) => {
    const own = await site(t)
    const { etag = '', 'last-modified': date = '' } = (await get(own, '/hello.txt')).headers
    const ask = (range: string, more: Record<string, string> = {}, method = 'GET'): Promise<Answer> =>
      get(own, '/hello.txt', { Range: range, ...more }, method)
    for (const [range, content, body] of [
      ['bytes=0-0', 'bytes 0-0/13', 'h'],
      ['bytes=12-', 'bytes 12-12/13', '\n'],
      ['bytes=5-1000000000000000000000', 'bytes 5-12/13', HELLO.slice(5)],
      ['bytes=-1000', 'bytes 0-12/13', HELLO],
      ['Bytes= 1-2 ', 'bytes 1-2/13', 'el'],
    ] as const) {
      const part = await ask(range)
      assert.deepEqual([part.status, part.headers['content-range'], part.body], [206, content, body], range)
      assert.equal(part.headers['content-length'], `${body.length}`)
    }
    for (const range of ['bytes=13-', 'bytes=100-200', 'bytes=-0']) {
      const none = await ask(range)
      assert.deepEqual([none.status, none.headers['content-range']], [416, 'bytes */13'], range)
    }
    assert.equal((await get(own, '/nothing.bin', { Range: 'bytes=0-' })).status, 416)
    for (const range of ['bytes=-', 'bytes=3-1', 'bytes=0-1,3-4', 'lines=1-2', 'bytes=a-b', 'bytes 1-2']) {
      const { status, body } = await ask(range)
      assert.deepEqual([status, body], [200, HELLO], range)
    }
    assert.equal((await ask('bytes=0-1', {}, 'HEAD')).status, 200)
    assert.equal((await ask('bytes=0-1', { 'If-Range': etag })).status, 206)
    assert.equal((await ask('bytes=0-1', { 'If-Range': date })).status, 206)
    assert.equal((await ask('bytes=0-1', { 'If-Range': '"x"' })).status, 200)
    assert.equal((await ask('bytes=0-1', { 'If-Range': `W/${etag}` })).status, 200, 'a weak tag is no promise')
    await stop(own)
  })
})

describe('http-file-server byte by byte', () => {
  const GET = 'GET /hello.txt HTTP/1.1\r\nHost: x\r\n'
  const CLOSE = 'Connection: close\r\n\r\n'

  test('http-file-server answers pipelined requests in order, also when they arrive in two pieces', async (t) => {
    const own = await site(t)
    const paths = Array.from({ length: 30 }, (_, i) => ['/hello.txt', '/sub/', '/none', '/nothing.bin'][i % 4])
    const all = paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join('')
    const client = await connected(t, own)
    await client.send(`\r\n\r\n${all.slice(0, 101)}`)
    const first = await client.recv()
    await client.send(`${all.slice(101)}HEAD /hello.txt HTTP/1.1\r\nHost: x\r\n${CLOSE}`)
    const said = `${first}${await restOf(client)}`
    const expected = [HELLO, '<title>index</title>', '404 Not Found\n', '']
    const answers = said.split(/(?=HTTP\/1\.1 )/)
    assert.deepEqual(
      answers.map((answer) => answer.slice(answer.indexOf('\r\n\r\n') + 4)),
      [...paths.map((_, i) => expected[i % 4]), ''],
    )
    await client.close()
    await stop(own)
  })

  test('http-file-server closes connections as HTTP/1.0, keep-alive and close demand', async (t) => {
    const own = await site(t)
    assert.match(await raw(t, own, 'GET /hello.txt HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 .*hello, world\n$/s)
    const kept = 'GET /hello.txt HTTP/1.0\r\nConnection: Foo, Keep-Alive\r\n\r\n'
    assert.equal((await raw(t, own, `${kept}${GET}${CLOSE}`)).split(HELLO).length, 3)
    assert.equal((await raw(t, own, `${GET}${CLOSE}${GET}${CLOSE}`)).split(HELLO).length, 2, 'no word after close')
    const client = await connected(t, own)
    await client.send(`${GET}\r\n${GET}\r\n`)
    client.closew()
    assert.equal((await restOf(client)).split(HELLO).length, 3, 'a client that has ended its side is still answered')
    await client.close()
    assert.match(await raw(t, own, `GET http://x:80/hello.txt HTTP/1.1\r\nHost: x\r\n${CLOSE}`), /^HTTP\/1\.1 200 /)
    assert.match(await raw(t, own, `GET http://x HTTP/1.1\r\nHost: x\r\n${CLOSE}`), /^HTTP\/1\.1 404 /)
    await stop(own)
  })

  test('http-file-server refuses malformed requests and ends the connection', async (t) => {
    const own = await site(t)
    const host = 'Host: x\r\n\r\n'
    const wrong: [text: string, status: number][] = [
      ['\0\n', 400],
      ['\x16\x03\x01\x02\x00\x01\x00\r\n\r\n', 400],
      [`GET /hello.txt HTTP/1.1\n${host}`, 400],
      ['GET /hello.txt HTTP/1.1\r\nHost: x\nX: y\r\n\r\n', 400],
      ['GET /hello.txt HTTP/1.1\r\nHost: x\rX: y\r\n\r\n', 400],
      [`GET  /hello.txt HTTP/1.1\r\n${host}`, 400],
      [`GET /hello.txt  HTTP/1.1\r\n${host}`, 400],
      [`GET /hello.txt\r\n${host}`, 400],
      [`GET /hello.txt HTTP/1\r\n${host}`, 400],
      [`GET /hello.txt HTTP/2.0\r\n${host}`, 505],
      [`GET hello.txt HTTP/1.1\r\n${host}`, 400],
      [`GET * HTTP/1.1\r\n${host}`, 400],
      [`GET /hello.txt#x HTTP/1.1\r\n${host}`, 400],
      [`GET /h\xe9llo.txt HTTP/1.1\r\n${host}`, 400],
      [`G@T /hello.txt HTTP/1.1\r\n${host}`, 400],
      ['GET /hello.txt HTTP/1.1\r\n\r\n', 400],
      ['GET /hello.txt HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n', 400],
      ['GET /hello.txt HTTP/1.1\r\nHost: x y\r\n\r\n', 400],
      [`GET /hello.txt HTTP/1.1\r\nX : y\r\n${host}`, 400],
      [`GET /hello.txt HTTP/1.1\r\n: y\r\n${host}`, 400],
      [`GET /hello.txt HTTP/1.1\r\nno colon\r\n${host}`, 400],
      [`GET /hello.txt HTTP/1.1\r\nX: a\r\n b\r\n${host}`, 400],
      [`GET /hello.txt HTTP/1.1\r\nX: \0\r\n${host}`, 400],
      [`GET /hello.txt HTTP/1.1\r\nContent-Length: -1\r\n${host}`, 400],
      [`GET /hello.txt HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 5\r\n${host}`, 400],
      [`GET /${'x'.repeat(9000)} HTTP/1.1\r\n${host}`, 414],
      [`GET /${'x'.repeat(20_000)}`, 414],
      [`GET /hello.txt HTTP/1.1\r\nX: ${'y'.repeat(17_000)}\r\n${host}`, 431],
      [`GET /hello.txt HTTP/1.1\r\n${'X: y\r\n'.repeat(4000)}${host}`, 431],
    ]
    // Whatever follows must not be taken for a request.
    const answers = await Promise.all(wrong.map(([text]) => raw(t, own, `${text}${GET}\r\n`)))
    for (const [i, [text, status]] of wrong.entries()) {
      assert.equal(statusOf(answers[i] as string), status, JSON.stringify(text.slice(0, 80)))
      assert.equal(answers[i]?.match(/^HTTP/gm)?.length, 1)
      assert.match(answers[i] as string, /\r\nConnection: close\r\n/)
    }
    assert.equal((await get(own, '/hello.txt')).body, HELLO)
    await stop(own)
  })

  test('http-file-server answers 405 and 413, and never takes content for a request', async (t) => {
    const own = await site(t)
    const refusedMethod = await get(own, '/hello.txt', {}, 'DELETE')
    assert.deepEqual([refusedMethod.status, refusedMethod.headers.allow], [405, 'GET, HEAD'])
    const smuggled = `${GET}${CLOSE}`
    const length = `Content-Length: ${smuggled.length}\r\n\r\n${smuggled}`
    for (const [text, status] of [
      [`POST /hello.txt HTTP/1.1\r\nHost: x\r\n${length}`, 405],
      [`GET /hello.txt HTTP/1.1\r\nHost: x\r\n${length}`, 413],
      [`GET /hello.txt HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${smuggled}`, 413],
    ] as const) {
      const said = await raw(t, own, text)
      assert.equal(statusOf(said), status)
      assert.equal(said.match(/^HTTP/gm)?.length, 1)
    }
    const none = await get(own, '/hello.txt', { 'Content-Length': '0' })
    assert.equal(none.status, 200)
    await stop(own)
  })

  test('http-file-server ends connections of silent and slow clients (H39)', async (t) => {
    const own = await site(t, '0.3')
    assert.equal(await raw(t, own, ''), '', 'who says nothing hears nothing')
    assert.match(await raw(t, own, GET), /^HTTP\/1\.1 408 /)
    const trickling = await connected(t, own)
    const answer = restOf(trickling)
    let over = false
    answer.finally(() => {
      over = true
    })
    // Each byte comes well within the time, the head does not.
    const slow = (async (): Promise<void> => {
      for (const letter of `${GET}X: ${'y'.repeat(1000)}`) {
        if (over) return
        await trickling.send(letter)
        await new Promise((next) => setTimeout(next, 20))
      }
    })()
    slow.catch(() => {}) // the server may close first
    assert.match(await answer, /^HTTP\/1\.1 408 /)
    await slow.catch(() => {})
    await stop(own)
  })
})

describe('failures of http-file-server', () => {
  /** The files below the folder that the server has open. */
  function openFiles({ server, folder }: Site): string[] {
    const own = `/proc/${server.process.pid}/fd`
    return readdirSync(own).flatMap((fd) => {
      try {
        const path = readlinkSync(join(own, fd))
        return path.startsWith(folder) ? [path] : []
      } catch {
        return [] // closed meanwhile
      }
    })
  }

  test('http-file-server logs nothing and leaves no file open when clients go away midway (H29)', async (t) => {
    const own = await site(t)
    const hash = writeBig(join(own.folder, 'big.bin'))
    const deserters = Array.from({ length: 10 }, async () => {
      const client = await connected(t, own)
      await client.send('GET /big.bin HTTP/1.1\r\nHost: x\r\n\r\n')
      assert.match(`${await client.recv(15)}`, /^HTTP\/1\.1 200 OK$/)
      await client.close()
    })
    await Promise.all(deserters)
    await eventually(() => openFiles(own).length === 0, 'closing the files')
    const client = await connected(t, own)
    await client.send('GET /big.bin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    const head = (await client.recv(4096)) as Buffer
    const begin = head.subarray(head.indexOf('\r\n\r\n') + 4)
    const whole = createHash('sha256').update(begin)
    for await (const piece of client) whole.update(piece)
    assert.equal(whole.digest('hex'), hash)
    await client.close()
    await stop(own)
  })

  test('http-file-server ends the connection when a file becomes shorter while it is sent (H40)', async (t) => {
    const own = await site(t)
    writeBig(join(own.folder, 'big.bin'))
    const client = await connected(t, own)
    await client.send('GET /big.bin HTTP/1.1\r\nHost: x\r\n\r\n')
    let received = ((await client.recv(4096)) as Buffer).length
    truncateSync(join(own.folder, 'big.bin'), MIB)
    for await (const piece of client) received += piece.length
    assert.ok(received < BIG, `${received} bytes`)
    await own.server.waitForOutput(/a file became shorter while it was sent/)
    assert.equal((await get(own, '/hello.txt')).body, HELLO)
  })

  test('http-file-server ends idle connections on SIGTERM and completes a download', async (t) => {
    const own = await site(t)
    const hash = writeBig(join(own.folder, 'big.bin'))
    const idle = await connected(t, own)
    await idle.send('GET /hello.txt HTTP/1.1\r\nHost: x\r\n\r\n')
    assert.match(`${await idle.recv()}`, /^HTTP\/1\.1 200 OK/)
    const client = await connected(t, own)
    await client.send('GET /big.bin HTTP/1.1\r\nHost: x\r\n\r\n')
    const head = (await client.recv(4096)) as Buffer

    own.server.process.kill('SIGTERM')
    assert.match(`${await restOf(idle)}`, /^(hello, world\n)?$/)
    await idle.close()
    const whole = createHash('sha256').update(head.subarray(head.indexOf('\r\n\r\n') + 4))
    for await (const piece of client) whole.update(piece)
    assert.equal(whole.digest('hex'), hash)
    await client.close()
    const { code, stderr } = await own.server.ended
    assert.deepEqual([code, stderr], [0, ''])
  })

  test('http-file-server ends with status 1 and an error for a wrong folder, port or time', async (t) => {
    const own = await site(t)
    const fails = async (args: string[], saying: RegExp): Promise<void> => {
      const { code, stderr } = await run(process.execPath, [program('http-file-server'), ...args])
      assert.equal(code, 1)
      assert.match(stderr, saying)
    }
    await fails(['0', '/nonexistent'], /ENOENT.*\/nonexistent/)
    await fails([`${own.port}`, own.folder], /SystemError: bind EADDRINUSE 127\.0\.0\.1/)
    await fails(['0', own.folder, 'soon'], /seconds must be a number above 0, not soon/)
    await stop(own)
  })
})
