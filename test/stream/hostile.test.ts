// Options that change between two looks at them, and objects that only look like what is wanted.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { dgram, stream, tls } from 'berkeley'
import { socket as low, SOCK_STREAM } from 'berkeley/llsocket'
import { root } from '../tls/pki.js'
import { abstractName, closing, coded, leavesNoFd } from '../util/index.js'

leavesNoFd()

const { pem: cert, keyPem: key } = root()

/** A property that is good once. */
function changing(name: string, good: unknown, ...later: unknown[]): object {
  const answers = [good, ...later]
  return Object.defineProperty({}, name, {
    enumerable: true,
    get: () => (answers.length > 1 ? answers.shift() : answers[0]),
  })
}

describe('what is read once', () => {
  test('a tlscfg that is gone at the second look does not make a server without TLS', async (t) => {
    const options = Object.defineProperties(
      { path: abstractName() },
      Object.getOwnPropertyDescriptors(changing('tlscfg', { cert, key }, undefined)),
    )
    const server = closing(t, await tls.unix.Server.create(options as never))
    server.listen()
    const client = closing(t, await stream.unix.Client.create({ path: server.getsockname().path as string }))
    const peer = closing(t, await server.accept())
    assert.deepEqual([peer.encrypted, client.encrypted], [true, false])
  })

  test('a version of TLS', () => {
    for (const field of ['minVersion', 'maxVersion', 'verifyDepth', 'sessionTimeout'])
      assert.throws(
        () => tls.Context.client(changing(field, Symbol('wrong')) as never),
        (error: Error & { code?: string }) => /^ERR_(INVALID_ARG|OUT_OF)/.test(String(error.code)),
      )
    assert.ok(tls.Context.client(changing('minVersion', 'TLSv1.2', 'wrong') as never))
  })

  test('a datagram of a batch', async (t) => {
    const [a, b] = await dgram.unix.pair()
    for (const sock of [a, b]) closing(t, sock)
    assert.equal(await a.sendmany([changing('data', 'text', 7) as never]), 1)
    assert.equal(String(await b.recv()), 'text')
    await a.sendmany([{ data: 'x', ...changing('control', undefined, 7) }])
  })
})

describe('what is no session of TLS', () => {
  for (const wrong of [7, 'x', {}, Object.create(null), Symbol('s'), null] as never[])
    test(`${String(typeof wrong)} is refused, and the socket stays its owner's`, (t) => {
      const [a, b] = low.pair(SOCK_STREAM, true)
      for (const sock of [a, b]) closing(t, sock)
      assert.throws(() => new stream.unix.Socket(a, wrong), coded('ERR_INVALID_ARG_TYPE'))
      assert.ok(a.fd() >= 0)
    })
})

test('updateKeys() takes nothing but a boolean', async (t) => {
  const [a, b] = await stream.unix.pair()
  for (const sock of [a, b]) closing(t, sock)
  for (const wrong of [Symbol('s'), 1n, {}, null] as never[])
    assert.throws(() => a.updateKeys(wrong), coded('ERR_INVALID_ARG_TYPE'))
})

test('memory of a received Buffer takes no length from others, whose receives share it', async (t) => {
  const [a, b] = await dgram.unix.pair()
  for (const sock of [a, b]) closing(t, sock)
  await a.send('one')
  const { buffer } = (await b.recv()) as Buffer<ArrayBuffer>
  assert.throws(() => Object.defineProperty(buffer, 'byteLength', { value: 0 }), TypeError)
  await a.send('two')
  assert.equal(String(await b.recv()), 'two')
  await a.send('three')
  using batch = await b.recvmany()
  const memory = batch.at(0)?.data.buffer as ArrayBuffer
  assert.throws(() => Object.defineProperty(memory, 'byteLength', { get: () => 0 }), TypeError)
})
