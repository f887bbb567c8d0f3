import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { seqpacket } from 'berkeley'
import { closingAll, leavesNoFd } from '../util/index.js'

leavesNoFd()

describe('send()', () => {
  test('send() waits for the reader while the queue is full', async (t) => {
    const [a, b] = closingAll(t, await seqpacket.unix.pair())
    const count = 2000
    const sending = (async () => {
      for (let i = 0; i < count; i++) await a.send(`${i}`.padStart(1000, '.'))
    })()
    for (let i = 0; i < count; i++) assert.equal(String(await b.recv()), `${i}`.padStart(1000, '.'))
    await sending
  })
})
