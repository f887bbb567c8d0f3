// A close that lingers waits on a thread of its own: what else the process does, and its end, do not wait for it.
import assert from 'node:assert/strict'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { describe, type TestContext, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { CmsgHdr, MsgHdr, stream } from 'berkeley'
import { MSG_DONTWAIT, SOCK_STREAM, socket } from 'berkeley/llsocket'
import { closingAll, delaysDuring, eventually, leavesNoFd, openFds, runScript, within } from '../util/index.js'
import { conversation, drain, file, listening, pair, portOf } from './common.js'

leavesNoFd()

type Conversation = [client: stream.inet.Client, peer: stream.inet.Socket, sent: number]

/** A connection that is full, because its peer does not read, and whose close lingers. */
async function full(t: TestContext, seconds: number): Promise<Conversation> {
  const [client, peer] = await conversation(t)
  client.sndbuf(1 << 16)
  client.deadlines(0, 20)
  const failure = await client.send(Buffer.alloc(64 << 20)).catch((error) => error)
  client.linger(seconds)
  return [client, peer, failure.bytes]
}

const severalFull = (t: TestContext, count: number, seconds: number): Promise<Conversation[]> =>
  Promise.all(Array.from({ length: count }, () => full(t, seconds)))

/** The peers let go: what lingers is over. */
async function letGo(peers: readonly stream.inet.Socket[]): Promise<void> {
  for (const peer of peers) peer.linger(0)
  await Promise.all(peers.map((peer) => peer.close()))
}

const threads = (): number => readdirSync('/proc/self/task').length

/** What the scripts below begin with: `full(seconds)` is the same as above. */
const scripted = `
  import { stream } from 'berkeley'
  const kept = []
  globalThis.full = async (seconds) => {
    const server = await stream.inet.Server.create({ host: '127.0.0.1' })
    server.listen()
    const client = await stream.inet.Client.create({ host: '127.0.0.1', port: server.getsockname().port })
    kept.push(server, await server.accept())
    client.deadlines(0, 20)
    await client.send(Buffer.alloc(64 << 20)).catch(() => {})
    client.linger(seconds)
    return client
  }
`

describe('closes that linger (H97)', () => {
  test('eight closes that linger hold up neither files nor lookups', async (t) => {
    const all = await severalFull(t, 8, 30)
    let isOver = false
    const closed = Promise.all(all.map(([client]) => client.close())).then(() => {
      isOver = true
    })
    await within(Promise.all([readFile('/etc/hostname'), lookup('localhost')]), 'a file and a lookup', 5000)
    assert.equal(isOver, false)
    await letGo(all.map(([, peer]) => peer))
    await within(closed, 'the end of the closes')
  })

  test('close() during sendfile() holds up no thread of the pool, and lingers', async (t) => {
    const all = await Promise.all(Array.from({ length: 5 }, () => conversation(t)))
    const content = file(t, Buffer.alloc(16 << 20))
    let isOver = false
    const closed = Promise.all(
      all.map(async ([client]) => {
        client.linger(30)
        const sending = assert.rejects(client.sendfile(content, 16 << 20), { code: 'ECANCELED' })
        await client.close()
        await sending
      }),
    ).then(() => {
      isOver = true
    })
    await within(readFile('/etc/hostname'), 'a file', 5000)
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.equal(isOver, false)
    await letGo(all.map(([, peer]) => peer))
    await within(closed, 'the end of the closes')
  })

  test('close() that lingers resolves when the peer has received everything', async (t) => {
    const [client, peer, sent] = await full(t, 60)
    const closed = client.close()
    assert.equal((await drain(peer)).length, sent)
    await within(closed, 'the end of the close')
  })

  test('fifty closes that linger leave no thread and no descriptor', async (t) => {
    await readFile('/etc/hostname') // starts the pool
    const before = threads()
    const all = await severalFull(t, 50, 60)
    const open = openFds().size
    const closed = Promise.all(all.map(([client]) => client.close()))
    assert.ok(threads() > before + 40)
    await letGo(all.map(([, peer]) => peer))
    await within(closed, 'the end of the closes')
    await eventually(() => threads() <= before, 'the end of the threads')
    await eventually(() => openFds().size <= open - 100, 'the end of the descriptors')
  })

  test('close() of one of two duplicates neither waits nor takes SO_LINGER from the other', async (t) => {
    const [client, peer] = await full(t, 60)
    const twin = client.dup()
    t.after(() => twin.close())
    await within(client.close(), 'the end of the close', 1000)
    assert.equal(twin.linger(), 60)
    await letGo([peer])
  })

  test('close() of a unix socket does not linger, whatever the option says', async (t) => {
    const [a, b] = await pair(t)
    await a.send('unread')
    a.linger(60)
    const fd = a.fd()
    const target = openFds().get(fd)
    const closed = a.close()
    assert.notEqual(openFds().get(fd), target)
    await closed
    assert.equal(String(await b.recv()), 'unread')
  })
})

describe('descriptors that were received', () => {
  for (const [name, drop] of [
    ['clear() of control messages', (msg: MsgHdr) => msg.control().clear()],
    ['close() of a control message', (msg: MsgHdr) => msg.control().shift()?.close()],
  ] as const)
    test(`${name} does not block the thread when a received socket lingers`, async (t) => {
      const [client, peer] = await full(t, 2)
      const [a, b] = closingAll(t, socket.pair(SOCK_STREAM, true))
      const msg = new MsgHdr()
      msg.add('x')
      msg.control().push(CmsgHdr.rights(client.fd()))
      a.sendmsg(msg, MSG_DONTWAIT)
      const got = new MsgHdr()
      got.addn(1)
      b.recvmsg(got, MSG_DONTWAIT)
      await client.close() // what was received is the last one now
      const start = performance.now()
      drop(got)
      assert.ok(performance.now() - start < 1000)
      await letGo([peer])
    })

  test("descriptors without a listener for 'fds' do not block the event loop when they linger", async (t) => {
    const [client, peer] = await full(t, 2)
    const [a, b] = await pair(t)
    const duplex = b.duplex()
    await a.sendfd(client.fd())
    await client.close()
    const start = performance.now()
    await once(duplex, 'data')
    assert.ok(performance.now() - start < 1000)
    duplex.destroy()
    await letGo([peer])
  })
})

describe('a connection that is given up', () => {
  test('a connection whose object cannot be made does not block the event loop when it lingers', async (t) => {
    class Picky extends stream.inet.Server {
      override createConnection(): never {
        throw new Error('no')
      }
    }
    const server = await Picky.create({ host: '127.0.0.1', prepare: (sock) => void sock.linger(5) })
    t.after(() => server.close())
    server.listen()
    const client = await stream.inet.Client.create({ host: '127.0.0.1', port: portOf(server) })
    t.after(() => client.close())
    const { worst } = await delaysDuring(() => assert.rejects(server.accept(), /no/))
    assert.ok(worst < 1000)
    assert.equal(await client.recv(), null)
  })
})

describe('the end of a process or of a worker (H97)', () => {
  const ways: [name: string, code: string, quick: boolean][] = [
    ['process.exit() does not wait for a close that lingers', 'client.close(); process.exit(0)', true],
    ['a process that ends by itself waits for a close that lingers', 'client.close()', false],
    ['a process does not wait for the close of a socket that was unreferenced', 'client.unref().close()', true],
  ]
  for (const [name, code, quick] of ways)
    test(name, async () => {
      const start = `const client = await full(${quick ? 60 : 2}); const start = performance.now(); `
      const end = "process.on('exit', () => console.log(performance.now() - start >= 1900)); "
      const ending = await runScript(scripted + start + end + code)
      assert.deepEqual([ending.code, ending.stdout], [0, `${!quick}\n`], ending.stderr)
    })

  test('terminate() does not wait for closes of the worker that linger, and the data still arrive', async (t) => {
    const server = await listening(t)
    const worker = new Worker(
      `
      const { parentPort } = require('node:worker_threads')
      const { stream } = require('berkeley')
      const open = async () => {
        const client = await stream.inet.Client.create({ host: '127.0.0.1', port: ${portOf(server)} })
        client.deadlines(0, 20)
        const { bytes } = await client.send(Buffer.alloc(64 << 20)).catch((error) => error)
        client.linger(60)
        return [client, bytes]
      }
      Promise.all([1, 2, 3, 4, 5].map(open)).then((all) => {
        globalThis.kept = all[0]
        for (const [client] of all.slice(1)) client.close()
        parentPort.postMessage(all.map(([, bytes]) => bytes))
      })
      setInterval(() => {}, 1000)
    `,
      { eval: true },
    )
    t.after(() => worker.terminate())
    const peers = await Promise.all([1, 2, 3, 4, 5].map(() => server.accept()))
    closingAll(t, peers)
    const [sent] = (await within(once(worker, 'message'), 'the closes')) as [number[]]
    await within(worker.terminate(), 'the end of the worker', 5000)
    const arrived = await Promise.all(peers.map(async (peer) => (await drain(peer)).length))
    assert.deepEqual(arrived.sort(), sent.sort())
  })
})
