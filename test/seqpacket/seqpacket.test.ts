import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { MSG_EOR, SOCK_SEQPACKET, seqpacket } from 'berkeley'
import { socket } from 'berkeley/llsocket'
import { sys } from '#internal/constants/lookup.js'
import { native } from '#internal/native/sockets.js'
import { available, closing, closingAll, leavesNoFd, start, tempFolder } from '../util/index.js'

leavesNoFd()

test('a pair keeps boundaries, and ends', async (t) => {
  const [a, b] = closingAll(t, await seqpacket.unix.pair())
  assert.equal(a.socktype(), SOCK_SEQPACKET)
  await a.send('one')
  await a.send('two', MSG_EOR)
  assert.equal(String(await b.recv()), 'one')
  assert.equal(String(await b.recv()), 'two')
  await a.close()
  assert.equal(await b.recv(), null)
})

test('a record that does not fit is reported (H33)', async (t) => {
  const [a, b] = closingAll(t, await seqpacket.unix.pair())
  await a.send('0123456789')
  await assert.rejects(b.recv(4), { code: 'EMSGSIZE', bytes: 10 })
})

test('an empty record is a record; the end is the end (H32)', async (t) => {
  const [a, b] = closingAll(t, await seqpacket.unix.pair())
  for (const text of ['a', '', 'b']) await a.send(text)
  const got: string[] = []
  for (let i = 0; i < 3; i++) got.push(String(await b.recv()))
  assert.deepEqual(got, ['a', '', 'b'])
  await a.send('')
  await a.send('last')
  await a.close()
  assert.equal(String(await b.recv()), '')
  assert.equal(String(await b.recv()), 'last')
  assert.equal(await b.recv(), null)
})

test('a signal does not make an empty record the end (H32)', async (t) => {
  const [a, b] = closingAll(t, await seqpacket.unix.pair())
  const original = native.poll
  let signals = 1
  t.mock.method(native, 'poll', (...args: Parameters<typeof original>) =>
    signals-- > 0 ? -sys.EINTR : original(...args),
  )
  await a.send('')
  assert.equal(String(await b.recv()), '')
  assert.ok(signals <= 0)
  // Nor does a question that cannot be asked.
  t.mock.method(native, 'poll', () => -sys.ENOMEM)
  await a.send('')
  assert.equal(String(await b.recv()), '')
  t.mock.restoreAll()
  await a.close()
  assert.equal(await b.recv(), null)
})

test('a server, its clients, and its file', async (t) => {
  const path = join(tempFolder(t), 's')
  const server = closing(t, await seqpacket.unix.Server.create({ path }))
  server.listen()
  const client = closing(t, await seqpacket.unix.Client.create({ path }))
  const peer = closing(t, await server.accept())
  assert.ok(peer instanceof seqpacket.unix.Socket)
  assert.equal(peer.peercred().pid, process.pid)
  await client.send('question')
  assert.equal(String(await peer.recv()), 'question')
  await peer.sendfd(peer.fd())
  socket.close((await client.recvfd()) as number)
  await server.close()
  assert.ok(!existsSync(path))
  await assert.rejects(client.connect(), { code: 'ENOENT', path })
})

test('a long queue waits for its reader', async (t) => {
  const [a, b] = closingAll(t, await seqpacket.unix.pair())
  const count = 2000
  const sending = (async () => {
    for (let i = 0; i < count; i++) await a.send(`${i}`.padStart(1000, '.'))
  })()
  for (let i = 0; i < count; i++) assert.equal(String(await b.recv()), `${i}`.padStart(1000, '.'))
  await sending
})

test('socat talks seqpacket', { skip: available('socat') }, async (t) => {
  const path = join(tempFolder(t), 's')
  const socat = start(t, 'socat', ['-ddd', `UNIX-LISTEN:${path},socktype=${SOCK_SEQPACKET}`, 'EXEC:rev'])
  await socat.waitForOutput(/listening on/)
  const client = closing(t, await seqpacket.unix.Client.create({ path }))
  await client.send('stressed\n')
  client.closew()
  assert.equal(String(await client.recv()), 'desserts\n')
})

test('a pair of somebody else is adopted', async (t) => {
  const [one, other] = socket.pair(SOCK_SEQPACKET, true)
  const [a, b] = closingAll(t, [await seqpacket.unix.wrap(one.unwrap()), await seqpacket.unix.wrap(other.unwrap())])
  await a.send('mine now')
  assert.equal(String(await b.recv()), 'mine now')
  await assert.rejects(seqpacket.unix.wrap(a.fd()), { code: 'EBUSY' })
})
