// ssh2: its client with sshd, and its server with its client, over our streams.
import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import type { Duplex } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import { createConnection, listen } from 'berkeley'
import { missing } from '../interop/common.js'
import { SSHD } from '../interop/sshd.js'
import { abstractName, leavesNoFd, within } from '../util/index.js'
import { called, event, library, type Test, unavailable } from './common.js'
import { beforeAll, sshd } from './servers.js'

leavesNoFd()

const { Client, Server: SshServer } = library('ssh2')
const withoutSshd = missing('unshare', SSHD, 'ssh-keygen') || (process.getuid?.() !== 0 && 'sshd needs root here')

type Channel = Duplex & { stderr: Duplex }

describe('ssh2 client', { skip: unavailable(['ssh2']) || withoutSshd }, () => {
  const server = beforeAll(sshd)

  /** A client that is logged in, and gone when the test is over. */
  async function login(t: Test, options: object = {}) {
    const client = new Client()
    const sock = createConnection(server().address)
    t.after(async () => {
      const closed = sock.destroyed || event(sock, 'close')
      client.end()
      await closed
    })
    const ready = event(client, 'ready')
    const { username } = userInfo()
    client.connect({ sock, username, privateKey: readFileSync(server().path('user')), ...options })
    await ready
    return { client, sock }
  }

  test('commands run, and 20 MB go each way', async (t) => {
    const { client } = await login(t)
    const hello = await called<Channel>((done) => client.exec('echo hello; exit 7', done))
    const exited = event<[number]>(hello, 'exit')
    assert.equal(await within(text(hello), 'the end'), 'hello\n')
    assert.equal((await exited)[0], 7)
    const cat = await called<Channel>((done) => client.exec('cat', done))
    const big = randomBytes(20_000_000)
    cat.end(big)
    assert.ok(big.equals(await within(buffer(cat), 'the end')))
  })

  test('files are written and read by SFTP', async (t) => {
    const { client } = await login(t)
    const sftp = await called<Record<'fastPut' | 'fastGet', (...args: unknown[]) => void>>((done) => client.sftp(done))
    const [from, to, back] = ['from', 'to', 'back'].map((name) => server().path(name)) as [string, string, string]
    writeFileSync(from, randomBytes(10_000_000))
    await called((done) => sftp.fastPut(from, to, done))
    await called((done) => sftp.fastGet(to, back, done))
    assert.ok(readFileSync(from).equals(readFileSync(back)))
  })

  test('a client whose session is killed notices, and another one logs in', async (t) => {
    const { client, sock } = await login(t)
    client.on('error', () => undefined)
    const closed = [event(client, 'close'), event(sock, 'close')]
    client.exec('kill -9 $PPID', () => undefined)
    await Promise.all(closed)
    const again = await login(t)
    const channel = await called<Channel>((done) => again.client.exec('echo again', done))
    assert.equal(await within(text(channel), 'the end'), 'again\n')
  })

  test('end() says goodbye and closes the stream', async (t) => {
    const { client, sock } = await login(t)
    const closed = [event(client, 'close'), event(sock, 'close')]
    client.end()
    await Promise.all(closed)
  })

  test('a server that says nothing is given up', async (t) => {
    const silent = await listen({ host: '127.0.0.1' })
    t.after(() => silent.close())
    const client = new Client()
    const sock = createConnection({ host: '127.0.0.1', port: silent.getsockname().port })
    const [failed, closed] = [event<[Error]>(client, 'error'), event(sock, 'close')]
    client.on('error', () => undefined) // there are two: the second one tells of the end
    client.connect({ sock, username: 'nobody', password: 'none', readyTimeout: 50 })
    assert.match((await failed)[0].message, /Timed out/)
    await closed
  })
})

describe('ssh2 server', { skip: unavailable(['ssh2']) }, () => {
  test('a server takes its connections from a listener of berkeley, and notices when a client goes', async (t) => {
    // not by ssh2's own generator, of whose ed25519 keys it cannot parse one in two hundred
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const hostKeys = [privateKey.export({ type: 'sec1', format: 'pem' })]
    const sessions: Promise<unknown>[] = []
    const server = new SshServer({ hostKeys }, (peer: NodeJS.EventEmitter) => {
      sessions.push(event(peer, 'close'))
      peer.on('error', () => undefined)
      peer.on('authentication', (attempt: { accept(): void }) => attempt.accept())
      peer.on('session', (accept: () => NodeJS.EventEmitter) => {
        accept().on('exec', (take: () => Channel) => {
          const channel = take()
          channel.pipe(channel)
        })
      })
    })
    const path = abstractName()
    const listener = await listen({ path })
    const serving = listener.serve(async (conn) => {
      const duplex = conn.duplex()
      const closed = new Promise((resolve) => duplex.once('close', resolve))
      server.injectSocket(duplex)
      await closed
    })
    t.after(() => listener.close())
    const client = new Client()
    const sock = createConnection({ path })
    const ready = event(client, 'ready')
    client.connect({ sock, username: 'somebody', password: 'anything' })
    await ready
    const channel = await called<Channel>((done) => client.exec('whatever', done))
    const big = randomBytes(20_000_000)
    channel.write(big)
    let length = 0
    for await (const part of channel) {
      length += (part as Buffer).length
      if (length === big.length) break
    }
    const closed = event(sock, 'close')
    client.destroy()
    await closed
    await within(Promise.all(sessions), 'the end of the session')
    await listener.close()
    await within(serving, 'the end')
  })
})
