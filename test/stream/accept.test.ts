import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { stream } from 'berkeley'
import { type Socket as LowSocket, socket } from 'berkeley/llsocket'
import { sys } from '#internal/constants/lookup.js'
import { native } from '#internal/native/sockets.js'
import { available, closing, closingAll, foreignDuplicate, leavesNoFd, script, start, within } from '../util/index.js'
import { listening, portOf } from './common.js'

leavesNoFd()

/** Uses up its descriptors, accepts all the same, measures what that costs, and frees them when it is told to. */
const EXHAUSTED = `
  import { closeSync, openSync } from 'node:fs'
  import { createInterface } from 'node:readline'
  import { stream } from 'berkeley'
  const say = (...words) => console.log(...words)
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
  const server = await stream.inet.Server.create({ host: '127.0.0.1' })
  server.listen()
  // The reactor has its descriptors from here on.
  server.deadlines(1)
  await server.accept().catch(() => {})
  server.deadlines(0)
  const taken = []
  try { for (;;) taken.push(openSync('/dev/null')) } catch (error) { say(error.code) }
  let accepted = 0
  const serving = (async () => {
    for (;;) {
      const peer = await server.accept()
      accepted++
      await peer.send('served')
      await peer.close()
    }
  })()
  serving.catch((error) => say('rejected', error.code))
  say('port', server.getsockname().port)
  await lines.next()
  const before = process.cpuUsage()
  const start = performance.now()
  await lines.next()
  const { user, system } = process.cpuUsage(before)
  say('accepted', accepted, 'share', (user + system) / 1000 / (performance.now() - start))
  for (const fd of taken) closeSync(fd)
  await lines.next()
  server.close()
`

async function waiting(t: TestContext): Promise<[stream.inet.Server, Promise<stream.inet.Socket>]> {
  const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
  server.listen()
  return [server, server.accept()]
}

describe('accept()', () => {
  test('accept() keeps to the receive deadline, and close() ends it with ECANCELED', async (t) => {
    const server = await listening(t)
    server.deadlines(20)
    await assert.rejects(server.accept(), { name: 'TimeoutError', syscall: 'accept' })
    server.deadlines(0)
    const waiting = server.accept()
    await server.close()
    await assert.rejects(waiting, { code: 'ECANCELED', syscall: 'accept' })
  })

  test('acceptfd() resolves to a bare descriptor that is non-blocking and close-on-exec', async (t) => {
    const server = await listening(t)
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port: portOf(server) }))
    const peer = closing(t, socket.wrap(await server.acceptfd()))
    assert.equal(peer.nonblock(), true)
    assert.equal(peer.cloexec(), true)
    assert.equal(peer.getpeername().port, client.getsockname().port)
  })
})

describe('createConnection()', () => {
  test('createConnection() decides the class of accepted connections', async (t) => {
    class Greeting extends stream.inet.Socket {
      greet(): Promise<number> {
        return this.send('welcome')
      }
    }
    class GreetingServer extends stream.inet.Server {
      override createConnection(sock: LowSocket): Greeting {
        return new Greeting(sock)
      }
    }
    const server = closing(t, await GreetingServer.create({ host: '127.0.0.1' }))
    assert.ok(server instanceof GreetingServer)
    server.listen()
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port: portOf(server) }))
    const peer = closing(t, await server.accept())
    await peer.greet()
    assert.equal((await client.recv())?.toString(), 'welcome')
  })

  test('accept() closes the connection and rejects when createConnection() throws', async (t) => {
    const boom = new Error('boom')
    class Refusing extends stream.inet.Server {
      override createConnection(): never {
        throw boom
      }
    }
    const server = closing(t, await Refusing.create({ host: '127.0.0.1' }))
    server.listen()
    const { port } = server.getsockname()
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port }))
    await assert.rejects(server.accept(), boom)
    assert.equal(await client.recv(), null)
  })
})

describe('errors of accept()', () => {
  test('accept() uses almost no processor time while no descriptor is free, and continues when one is (H46)', {
    skip: available('prlimit'),
  }, async (t) => {
    const child = start(t, 'prlimit', ['--nofile=100:100', process.execPath, ...script(EXHAUSTED)])
    await child.waitForOutput(/EMFILE/)
    const [, port] = await child.waitForOutput(/port (\d+)/)
    const clients = await Promise.all(
      Array.from({ length: 20 }, () => stream.inet.Client.create({ host: '127.0.0.1', port: Number(port) })),
    )
    closingAll(t, clients)
    child.write('measure\n')
    // As long as it takes to see a spin: nothing happens in that time, so there is no event to wait for.
    await new Promise((resolve) => setTimeout(resolve, 600))
    child.write('free\n')
    const [, accepted, share] = await child.waitForOutput(/accepted (\d+) share ([\d.]+)/)
    assert.equal(accepted, '0')
    assert.ok(Number(share) < 0.25, `${share} of a processor`)
    const answers = await within(Promise.all(clients.map((client) => client.recv())), 'service')
    assert.deepEqual(answers.map(String), Array(clients.length).fill('served'))
    child.write('end\n')
    child.endInput()
    const { stdout, code } = await within(child.ended, 'the end')
    assert.match(stdout, /rejected ECANCELED\n$/)
    assert.equal(code, 0)
  })

  for (const name of [
    'ECONNABORTED',
    'EPROTO',
    'EPERM',
    'ENETDOWN',
    'ENOPROTOOPT',
    'EHOSTDOWN',
    'ENONET',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'EINTR',
    'EMFILE',
    'ENFILE',
    'ENOBUFS',
    'ENOMEM',
  ] as const)
    test(`accept() continues after ${name} (H47)`, async (t) => {
      const [server, accepting] = await waiting(t)
      let answers = 0
      t.mock.method(native, 'acceptNonblocking', (fd: number, flags: number) => {
        if (answers++ === 0) return -sys[name]
        t.mock.restoreAll()
        return native.acceptNonblocking(fd, flags)
      })
      const { port = 0 } = server.getsockname()
      const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port }))
      const peer = closing(t, await within(accepting, 'the connection'))
      await peer.send('still here')
      assert.equal(String(await client.recv()), 'still here')
      assert.equal(answers, 2)
    })

  test('accept() rejects with an error that is not temporary (H47)', async (t) => {
    const [server, accepting] = await waiting(t)
    t.mock.method(native, 'acceptNonblocking', () => -sys.EINVAL)
    const { port = 0 } = server.getsockname()
    closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port }))
    await assert.rejects(within(accepting, 'the refusal'), { code: 'EINVAL', syscall: 'accept' })
  })
})

describe('two owners of one listener', () => {
  test('both owners of a listener are notified, one accepts the connection, and the other waits again (H11, H43)', async (t) => {
    const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
    server.listen()
    const twin = closing(t, await stream.inet.Server.wrap(foreignDuplicate(server.fd())))
    const { port = 0 } = server.getsockname()
    const count = 100
    let served = 0
    const serve = async (from: stream.inet.Server): Promise<void> => {
      for await (const peer of from) {
        served++
        await peer.send('once')
        await peer.close()
      }
    }
    const serving = [serve(server), serve(twin)]
    for (let i = 0; i < count; i++) {
      const client = await stream.inet.Client.create({ host: '127.0.0.1', port })
      assert.equal(String(await client.recv()), 'once')
      await client.close()
    }
    assert.equal(served, count)
    // One of them goes, and the other one serves on.
    await server.close()
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port }))
    assert.equal(String(await client.recv()), 'once')
    await twin.close()
    await Promise.all(serving)
  })
})
