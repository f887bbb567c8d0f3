import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MSG_DONTWAIT, MSG_OOB, MSG_PEEK, MSG_WAITALL, stream } from 'berkeley'
import { available, closing, leavesNoFd, run, script, within } from '../util/index.js'
import { conversation, pair } from './common.js'

leavesNoFd()

const STARVED = `
  import { closeSync, openSync } from 'node:fs'
  import { stream } from 'berkeley'
  const [a, b] = await stream.unix.pair()
  const taken = []
  try { for (;;) taken.push(openSync('/dev/null')) } catch (error) { console.log(error.code) }
  a.deadlines(20)
  for (let i = 0; i < 2; i++) await a.recv().catch(({ code, syscall }) => console.log(code, syscall))
  a.deadlines(0)
  for (const fd of taken) closeSync(fd)
  const waiting = a.recv()
  await b.send('after all')
  console.log(String(await waiting))
  await Promise.all([a.close(), b.close()])
`

/** Lets the event loop turn, so that what the kernel has to say is said. */
const turns = async (): Promise<void> => {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
}

describe('recv()', () => {
  test('recv() returns no more than was asked for, and MSG_PEEK leaves the data in the queue', async (t) => {
    const [client, peer] = await conversation(t)
    await client.send('0123456789')
    assert.equal((await peer.recv(4, MSG_PEEK))?.toString(), '0123')
    assert.equal((await peer.recv(4))?.toString(), '0123')
    const own = Buffer.alloc(3)
    assert.equal(await peer.recvinto(own), 3)
    assert.equal(own.toString(), '456')
    await client.close()
    assert.equal(await peer.recvinto(Buffer.alloc(100)), 3)
    assert.equal(await peer.recvinto(Buffer.alloc(100)), 0)
  })

  test('recv() and send() reject wrong arguments before any system call', async (t) => {
    const [client] = await conversation(t)
    await assert.rejects(client.recv(0), { name: 'RangeError', code: 'ERR_OUT_OF_RANGE', message: /"bufsize"/ })
    await assert.rejects(client.recv('9' as never), { code: 'ERR_INVALID_ARG_TYPE', message: /"bufsize"/ })
    await assert.rejects(client.recv(1, 1.5), { code: 'ERR_OUT_OF_RANGE', message: /"flags"/ })
    await assert.rejects(client.recv(1, 0, { signal: {} as never }), {
      code: 'ERR_INVALID_ARG_TYPE',
      message: /signal/,
    })
    await assert.rejects(client.recvinto(new Uint8Array(0)), { code: 'ERR_OUT_OF_RANGE', message: /"buffer"/ })
    await assert.rejects(client.send(5 as never), { code: 'ERR_INVALID_ARG_TYPE', message: /"data"/ })
  })

  test('recvinto() rejects with a TypeError when its memory is transferred while it waits (H37)', async (t) => {
    const [client, peer] = await conversation(t)
    const memory = new Uint8Array(100)
    const waiting = peer.recvinto(memory)
    structuredClone(memory.buffer, { transfer: [memory.buffer] })
    await client.send('x')
    await assert.rejects(waiting, TypeError)
    assert.equal((await peer.recv())?.toString(), 'x')
  })

  test('recv() with MSG_DONTWAIT rejects with EAGAIN instead of waiting, and MSG_WAITALL is refused', async (t) => {
    const [a, b] = await pair(t)
    await assert.rejects(b.recv(10, MSG_DONTWAIT), { code: 'EAGAIN', syscall: 'recv' })
    await a.send('x')
    assert.equal(String(await b.recv(10, MSG_DONTWAIT)), 'x')
    await assert.rejects(b.recv(10, MSG_WAITALL), { code: 'ERR_INVALID_ARG_VALUE', message: /MSG_WAITALL/ })
    await assert.rejects(b.recv(10, 0, AbortSignal.abort() as never), { name: 'TypeError' })
    await assert.rejects(b.recv(10, 0, { signals: 1 } as never), { code: 'ERR_INVALID_ARG_VALUE' })
  })

  test('recv() with MSG_DONTWAIT rejects with EAGAIN while another recv() waits', async (t) => {
    const [a, b] = await pair(t)
    const waiting = b.recv()
    await assert.rejects(b.recv(1, MSG_DONTWAIT), { code: 'EAGAIN' })
    await a.send('for the first')
    assert.equal(String(await waiting), 'for the first')
  })

  test('recv() below the low-water mark keeps to its deadline and loses no data (H15)', async (t) => {
    const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
    server.listen()
    const { port } = server.getsockname()
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port }))
    const peer = closing(t, await server.accept())
    peer.rcvlowat(10)
    peer.deadlines(40)
    const waiting = peer.recv()
    await client.send('abc')
    await assert.rejects(waiting, { name: 'TimeoutError' })
    peer.deadlines(0)
    assert.equal(String(await peer.recv()), 'abc')
  })

  test('recv() waits in pauses while no descriptor is free for the poller, within its deadline', {
    skip: available('prlimit'),
  }, async () => {
    const { stdout, stderr, code } = await run('prlimit', ['--nofile=100:100', process.execPath, ...script(STARVED)])
    assert.deepEqual([stdout, code], ['EMFILE\nETIMEDOUT recv\nETIMEDOUT recv\nafter all\n', 0], stderr)
  })
})

describe('the end of the stream', () => {
  for (const [what, between] of [
    ['with the data', async () => {}],
    ['a turn after the data', turns],
  ] as const)
    for (const pause of [async () => {}, turns])
      test(`recv() finds the end that came ${what}, when it is called ${pause === turns ? 'later' : 'at once'}`, async (t) => {
        const [client, peer] = await conversation(t)
        for (let round = 0; round < 3; round++) {
          const waiting = peer.recv()
          await turns()
          await client.send('warm')
          assert.equal(String(await waiting), 'warm')
        }
        const waiting = peer.recv()
        await client.send('x')
        await between()
        client.closew()
        assert.equal(String(await waiting), 'x')
        await pause()
        assert.equal(await within(peer.recv(), 'the end'), null)
        assert.equal(await within(peer.recv(), 'the end again'), null)
      })

  test('recv() rejects with ECONNRESET when a reset follows a short read', async (t) => {
    const [client, peer] = await conversation(t)
    const waiting = peer.recv()
    await turns()
    await client.send('x')
    assert.equal(String(await waiting), 'x')
    client.linger(0)
    await client.close()
    await assert.rejects(within(peer.recv(), 'the reset'), { code: 'ECONNRESET' })
  })

  test('recv() returns what follows urgent data (H41)', async (t) => {
    const [client, peer] = await conversation(t)
    const waiting = peer.recv()
    await turns()
    await client.send('before')
    await client.send('!', MSG_OOB)
    await client.send('after')
    let text = String(await waiting)
    while (!text.endsWith('after')) text += await within(peer.recv(), 'what follows')
    assert.equal(text, 'beforeafter')
  })
})
