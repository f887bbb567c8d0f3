import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { SOCK_SEQPACKET, seqpacket } from 'berkeley'
import { available, closing, leavesNoFd, start, tempFolder } from '../util/index.js'

leavesNoFd()

test('socat exchanges records with a seqpacket client', { skip: available('socat') }, async (t) => {
  const path = join(tempFolder(t), 's')
  const socat = start(t, 'socat', ['-ddd', `UNIX-LISTEN:${path},socktype=${SOCK_SEQPACKET}`, 'EXEC:rev'])
  await socat.waitForOutput(/listening on/)
  const client = closing(t, await seqpacket.unix.Client.create({ path }))
  await client.send('stressed\n')
  client.closew()
  assert.equal(String(await client.recv()), 'desserts\n')
})
