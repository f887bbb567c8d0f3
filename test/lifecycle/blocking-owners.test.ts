// Owners of an open socket that make it blocking: programs with it as their standard input, programs that it was passed to, workers.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { connect, listen, type Socket, stream } from 'berkeley'
import { python } from '../interop/common.js'
import { conversation, pair } from '../stream/common.js'
import { ends } from '../tls/common.js'
import { abstractName, available, type Child, closing, foreignDuplicate, leavesNoFd, start } from '../util/index.js'
import { type Test, timesOut, waitsFor } from './blocking.js'

leavesNoFd()

type Pair = readonly [Socket, Socket]

const pairs: Record<string, (t: Test) => Promise<Pair>> = { TCP: conversation, 'a unix stream': pair, TLS: ends }

/** A program that has the socket as its standard input, which libuv makes blocking for it. */
async function withStdin(t: Test, fd: number): Promise<void> {
  const child = start(t, process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: [fd, 'ignore', 'inherit'] })
  await once(child.process, 'spawn')
}

/** A Python program that gets the socket over another one, as fd 0, and wants it blocking. */
async function withPython(t: Test, fd: number): Promise<void> {
  const server = closing(t, await listen({ path: abstractName() }))
  const name = (server.getsockname().path as string).slice(1)
  const child: Child = python(
    t,
    `
line = socket.socket(socket.AF_UNIX)
line.connect(chr(0) + sys.argv[1])
_, fds, _, _ = socket.recv_fds(line, 1, 1)
sock = socket.socket(fileno=fds[0])
sock.setblocking(True)
say('blocking')
line.recv(1)
`,
    name,
  )
  const line = closing(t, await server.accept())
  await line.sendfd(fd)
  await child.waitForOutput(/blocking/)
}

/** A worker that makes a duplicate blocking by the synchronous API. */
async function withWorker(t: Test, fd: number): Promise<void> {
  const body = `
    const { parentPort, workerData: { module, fd } } = require('node:worker_threads')
    const { socket } = require(module)
    socket.wrap(fd).nonblock(false)
    parentPort.postMessage('blocking')
    parentPort.once('message', () => {})
  `
  const module = new URL(import.meta.resolve('berkeley/llsocket')).pathname.replace(/\.mjs$/, '.js')
  const worker = new Worker(body, { eval: true, workerData: { module, fd: foreignDuplicate(fd) }, execArgv: [] })
  t.after(() => worker.terminate())
  await once(worker, 'message')
}

const owners: [who: string, own: (t: Test, fd: number) => Promise<void>, skip: string | false][] = [
  ['a child with it as its standard input', withStdin, false],
  ['a Python program that received it', withPython, available('python3')],
  ['a worker with a duplicate', withWorker, false],
]

for (const [who, own, skip] of owners)
  describe(`a socket that ${who} makes blocking (H96)`, { skip }, () => {
    for (const [name, make] of Object.entries(pairs))
      test(`recv() and send() over ${name} wait without the thread: ${who}`, async (t) => {
        const [sock, peer] = await make(t)
        await own(t, sock.fd())
        assert.equal(sock.isnonblock(), false)
        await timesOut(sock, () => sock.recv())
        assert.equal(
          await waitsFor(
            async () => String(await sock.recv()),
            () => peer.send('late'),
          ),
          'late',
        )
        await timesOut(sock, () => sock.send(Buffer.alloc(16 << 20)))
        await peer.close()
      })

    test(`accept() waits without the thread: ${who}`, async (t) => {
      const path = abstractName()
      const server = closing(t, await stream.unix.Server.create({ path }))
      server.listen()
      await own(t, server.fd())
      assert.equal(server.isnonblock(), false)
      await timesOut(server, () => server.accept())
      const conn = await waitsFor(
        () => server.accept(),
        async () => closing(t, await connect({ path })),
      )
      closing(t, conn)
    })
  })
