// berkeley/unix-dgram: what npm's unix-dgram promises, and where it promises nothing. The same conversation with both is in original.test.ts.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import unixDgram, { createSocket, type RemoteInfo, type Socket } from 'berkeley/unix-dgram'
import { abstractName, coded, leavesNoFd, runScript, tempFolder, within } from '../util/index.js'

leavesNoFd()

type Test = Parameters<typeof tempFolder>[0]

function make(t: Test): Socket {
  const socket = createSocket('unix_dgram')
  t.after(() => socket.fd >= 0 && socket.close())
  return socket
}

function bound(t: Test, path: string): Socket {
  const socket = make(t)
  socket.bind(path)
  return socket
}

describe('berkeley/unix-dgram', () => {
  test('import and require give one module, with a default export for those who import that', () => {
    assert.equal(unixDgram.createSocket, createSocket)
    assert.equal(createRequire(import.meta.url)('berkeley/unix-dgram').createSocket, createSocket)
  })

  test('a datagram of any length arrives whole, with the path of its sender', async (t) => {
    const folder = tempFolder(t)
    const server = bound(t, join(folder, 'server'))
    const client = bound(t, join(folder, 'client'))
    client.connect(join(folder, 'server'))
    const long = Buffer.alloc(150_000, 'datagram')
    client.send(long)
    const [message, info] = (await within(once(server, 'message'), 'the message')) as [Buffer, RemoteInfo]
    assert.ok(message.equals(long))
    assert.deepEqual(info, { size: 150_000, address: {}, path: join(folder, 'client') })
  })

  test('abstract names can be bound, sent to and seen', async (t) => {
    const [one, two] = [abstractName(), abstractName()]
    const server = bound(t, one)
    const client = bound(t, two)
    client.sendto(Buffer.from('x'), 0, 1, one)
    const [, info] = (await within(once(server, 'message'), 'the message')) as [Buffer, RemoteInfo]
    assert.equal(info.path, two)
  })

  test("'writable' comes once after any number of datagrams that found no room", async (t) => {
    const path = join(tempFolder(t), 'slow')
    const { stdout, stderr } = await runScript(`
      import { createSocket } from 'berkeley/unix-dgram'
      const server = createSocket('unix_dgram')
      server.bind(${JSON.stringify(path)})
      const client = createSocket('unix_dgram')
      client.connect(${JSON.stringify(path)})
      let [congested, writable, received] = [0, 0, 0]
      client.on('congestion', () => congested++)
      client.on('writable', () => {
        writable++
        client.send('last')
      })
      for (let sent = 0; congested < 5; sent++) client.send('flood')
      server.on('message', (message) => {
        received++
        if (String(message) !== 'last') return
        console.log(JSON.stringify({ congested, writable, some: received > 1 }))
        server.close()
        client.close()
      })
    `)
    assert.deepEqual(JSON.parse(stdout), { congested: 5, writable: 1, some: true }, stderr)
  })

  test('a path that is too long is an error, and not another path', async (t) => {
    const folder = join(tempFolder(t), 'x'.repeat(100))
    mkdirSync(folder)
    const socket = make(t)
    const failed = once(socket, 'error')
    socket.bind(join(folder, 'too-long'))
    const [error] = await failed
    assert.deepEqual([error.code, error.errno, error.syscall, error.message], [-36, -36, 'bind', 'bind -36'])
    assert.equal(existsSync(join(folder, 'too-long').slice(0, 107)), false)
  })

  test('without a listener an error is thrown, as every emitter does', async (t) => {
    const socket = make(t)
    assert.throws(() => socket.connect(join(tempFolder(t), 'nobody')), { message: 'connect -2', errno: -2 })
    assert.equal(socket.connected, undefined)
  })

  test('wrong arguments are refused before anything is done', (t) => {
    const socket = make(t)
    for (const wrong of [undefined, null, 5, {}])
      for (const method of ['bind', 'connect'] as const)
        assert.throws(() => socket[method](wrong as never), coded('ERR_INVALID_ARG_TYPE'))
    const data = Buffer.from('data')
    assert.throws(() => socket.send(data, 0, 5, 'x'), coded('ERR_OUT_OF_RANGE'))
    assert.throws(() => socket.send(data, 5, 0, 'x'), coded('ERR_OUT_OF_RANGE'))
    assert.throws(() => socket.send(data, -1, 1, 'x'), coded('ERR_OUT_OF_RANGE'))
    assert.throws(() => socket.send(data, 0, 1, undefined as never), coded('ERR_INVALID_ARG_TYPE'))
    assert.throws(() => socket.send(5 as never, 0, 1, 'x'), coded('ERR_INVALID_ARG_TYPE'))
    assert.throws(() => socket.send(data, 0, 1, 'x', 'y' as never), coded('ERR_INVALID_ARG_TYPE'))
  })

  test('closing in a listener ends it, and a second close is EBADF', async (t) => {
    const path = join(tempFolder(t), 'once')
    const server = bound(t, path)
    const client = make(t)
    client.connect(path)
    let messages = 0
    const first = new Promise<void>((resolve) => {
      server.on('message', () => {
        messages++
        server.close()
        resolve()
      })
    })
    client.send('one')
    client.send('two')
    await within(first, 'the message')
    assert.throws(() => server.close(), { code: -9, errno: -9, syscall: 'close', message: 'close -9' })
    assert.equal(messages, 1)
    assert.equal(server.fd, -1)
  })

  test('what a listener throws is an uncaught exception, and receiving goes on', async (t) => {
    const path = join(tempFolder(t), 'throws')
    const { stdout, stderr } = await runScript(`
      import { createSocket } from 'berkeley/unix-dgram'
      process.on('uncaughtException', (error) => console.log('uncaught', error.message))
      const server = createSocket('unix_dgram', (message) => {
        if (String(message) === 'bad') throw new Error('of the listener')
        console.log(String(message))
        server.close()
      })
      server.bind(${JSON.stringify(path)})
      const client = createSocket('unix_dgram')
      for (const text of ['bad', 'good']) client.send(Buffer.from(text), 0, text.length, ${JSON.stringify(path)})
      client.close()
    `)
    assert.equal(stdout, 'uncaught of the listener\ngood\n', stderr)
  })
})
