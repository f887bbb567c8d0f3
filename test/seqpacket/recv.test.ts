import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MSG_EOR, SOCK_SEQPACKET, seqpacket } from 'berkeley'
import { sys } from '#internal/constants/lookup.js'
import { native } from '#internal/native/sockets.js'
import { closingAll, leavesNoFd } from '../util/index.js'

leavesNoFd()

describe('recv()', () => {
  test('recv() keeps the boundaries of records and resolves to null at the end', async (t) => {
    const [a, b] = closingAll(t, await seqpacket.unix.pair())
    assert.equal(a.socktype(), SOCK_SEQPACKET)
    await a.send('one')
    await a.send('two', MSG_EOR)
    assert.equal(String(await b.recv()), 'one')
    assert.equal(String(await b.recv()), 'two')
    await a.close()
    assert.equal(await b.recv(), null)
  })

  test('recv() rejects with EMSGSIZE and the length of a record that does not fit (H33)', async (t) => {
    const [a, b] = closingAll(t, await seqpacket.unix.pair())
    await a.send('0123456789')
    await assert.rejects(b.recv(4), { code: 'EMSGSIZE', bytes: 10 })
  })

  test('recv() tells an empty record from the end (H32)', async (t) => {
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

  test('recv() tells an empty record from the end also when poll(2) is interrupted or fails (H32)', async (t) => {
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
})
