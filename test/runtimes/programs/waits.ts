// How waits end: by a deadline, an abort, a close, and in their order.
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { connect, listen, stream } from 'berkeley'
import { codeOf, step, tcp } from './steps.js'

await step('a deadline of a call, and of a socket', async () => {
  const [a, b] = await stream.unix.pair()
  assert.equal(await codeOf(a.recv({ timeout: 20 })), 'ETIMEDOUT')
  a.deadlines(20, 20)
  assert.equal(await codeOf(a.recv()), 'ETIMEDOUT')
  assert.equal(await codeOf(a.send(Buffer.alloc(1 << 24))), 'ETIMEDOUT')
  await Promise.all([a.close(), b.close()])
})

await step('a deadline of accept()', async () => {
  await using server = await listen(tcp)
  assert.equal(await codeOf(server.accept({ timeout: 20 })), 'ETIMEDOUT')
})

await step('an abort takes nothing', async () => {
  const [a, b] = await stream.unix.pair()
  const controller = new AbortController()
  const waiting = codeOf(a.recv({ signal: controller.signal }))
  setTimeout(() => controller.abort(), 10)
  assert.equal(await waiting, 'ABORT_ERR')
  await b.send('later')
  assert.equal(String(await a.recv()), 'later')
  await Promise.all([a.close(), b.close()])
})

await step('close() ends what waits', async () => {
  const [a, b] = await stream.unix.pair()
  const waiting = [codeOf(a.recv()), codeOf(a.recv())]
  await a.close()
  assert.deepEqual(await Promise.all(waiting), ['ECANCELED', 'ECANCELED'])
  assert.equal(await codeOf(a.recv()), 'EBADF')
  assert.equal(await b.recv(), null)
  await b.close()
})

await step('calls take their turn', async () => {
  const [a, b] = await stream.unix.pair()
  const received = [1, 2, 3].map(() => a.recv(1))
  await b.send('xyz')
  assert.equal((await Promise.all(received)).join(''), 'xyz')
  await Promise.all([a.close(), b.close()])
})

await step('what a listener throws leaves the others alone', async () => {
  const [a, b] = await stream.unix.pair()
  const [c, d] = await stream.unix.pair()
  const failing = codeOf(
    a.forEach(() => {
      throw Object.assign(new Error('ours'), { code: 'OURS' })
    }),
  )
  const waiting = c.recv()
  await Promise.all([b.send('x'), d.send('y')])
  assert.equal(await failing, 'OURS')
  assert.equal(String(await waiting), 'y')
  await Promise.all([a, b, c, d].map((sock) => sock.close()))
})

await step('the event loop turns while sockets are busy', async () => {
  const [a, b] = await stream.unix.pair()
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  const echo = (async () => {
    for await (const data of b) await b.send(data)
  })()
  while (turns < 5) {
    await a.send('x')
    await a.recv()
  }
  clearInterval(timer)
  await a.close()
  await echo
  await b.close()
})

await step('the asynchronous context is that of the call', async () => {
  const store = new AsyncLocalStorage<string>()
  const [a, b] = await stream.unix.pair()
  const first = store.run('first', async () => {
    await a.recv()
    return store.getStore()
  })
  const second = store.run('second', async () => {
    await b.recv()
    return store.getStore()
  })
  setTimeout(() => {
    a.write('x')
    b.write('y')
  }, 10)
  assert.deepEqual(await Promise.all([first, second]), ['first', 'second'])
  await Promise.all([a.close(), b.close()])
})

await step('a connection that is reset', async () => {
  await using server = await listen(tcp)
  const client = await connect({ ...tcp, port: (server.getsockname() as { port: number }).port })
  const peer = await server.accept()
  const waiting = codeOf(client.recv())
  peer.linger(0)
  await peer.close()
  assert.equal(await waiting, 'ECONNRESET')
  await client.close()
})

await step('a close that lingers waits on a thread', async () => {
  await using server = await listen(tcp)
  const client = await connect({ ...tcp, port: (server.getsockname() as { port: number }).port })
  const peer = await server.accept()
  client.linger(5)
  await client.send('last words')
  const closing = client.close()
  assert.equal(String(await peer.recv()), 'last words')
  await peer.close()
  await closing
})
