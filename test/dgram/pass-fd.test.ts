import assert from 'node:assert/strict'
import { closeSync, fstatSync, openSync } from 'node:fs'
import { describe, test } from 'node:test'
import { CmsgHdr, CmsgHdrs, dgram, MSG_CTRUNC } from 'berkeley'
import { socket } from 'berkeley/llsocket'
import { abstractName, closing, leavesNoFd, runScript } from '../util/index.js'
import { unixPair } from './common.js'

leavesNoFd()

describe('sendfd() and recvfd()', () => {
  test('sendfd() passes descriptors to an address and to the connected peer', async (t) => {
    const path = abstractName()
    const server = closing(t, await dgram.unix.Socket.create({ path }))
    await server.bind()
    const client = closing(t, await dgram.unix.Socket.create({ path }))
    await client.sendfd(client.fd(), server.getsockname())
    const copy = closing(t, await dgram.unix.wrap((await server.recvfd()) as number))
    assert.equal(copy.family(), client.family())
    await client.connect()
    await client.sendfd(client.fd())
    socket.close((await server.recvfd()) as number)
  })
})

describe('descriptors in batches', () => {
  test('recvmany() receives descriptors, and close() of the batch closes those that were not taken (H70)', async (t) => {
    const [one, other] = await unixPair(t)
    const file = openSync('/dev/null', 'r')
    const control = new CmsgHdrs()
    control.push(CmsgHdr.rights(file, file))
    await one.sendmany([{ data: 'first', control }, { data: 'none' }, { data: 'second', control }])
    closeSync(file)
    const batch = await other.recvmany()
    const fds = [...batch].map((datagram) => [...datagram.control].flatMap((cmsg) => cmsg.fds()))
    assert.deepEqual(
      fds.map((list) => list.length),
      [2, 0, 2],
    )
    const taken = batch.at(0)?.control.shift()?.take() ?? []
    assert.deepEqual(taken, fds[0])
    batch.close()
    for (const fd of taken) {
      assert.ok(fstatSync(fd).isCharacterDevice())
      closeSync(fd)
    }
    for (const fd of fds[2] ?? []) assert.throws(() => fstatSync(fd), { code: 'EBADF' })
  })

  test('recvmany() has room for the most descriptors that a message can carry (H71)', async (t) => {
    const [one, other] = await unixPair(t)
    const control = new CmsgHdrs()
    control.push(CmsgHdr.rights(...Array.from({ length: 253 }, () => 0)))
    await one.sendmany([{ data: 'all', control }])
    using batch = await other.recvmany()
    assert.equal(batch.at(0)?.flags, 0)
    assert.equal((batch.at(0)?.flags ?? 0) & MSG_CTRUNC, 0)
    assert.equal([...(batch.at(0)?.control ?? [])].flatMap((cmsg) => cmsg.fds()).length, 253)
  })

  test('a batch that is garbage-collected closes its descriptors with a warning that names them (H18)', async () => {
    const { stderr, stdout, code } = await runScript(
      `import { dgram, CmsgHdr, CmsgHdrs } from 'berkeley'
import { existsSync } from 'node:fs'
const [one, other] = await dgram.unix.pair()
const control = new CmsgHdrs()
control.push(CmsgHdr.rights(0))
await one.sendmany([{ data: 'x', control }])
const fd = await (async () => [...(await other.recvmany()).at(0).control][0].fds()[0])()
const file = '/proc/self/fd/' + fd
console.log(existsSync(file))
const end = performance.now() + 8000
while (existsSync(file) && performance.now() < end) {
  globalThis.gc()
  await new Promise((go) => setTimeout(go, 5))
}
console.log(existsSync(file))
await one.close()
await other.close()`,
      '--expose-gc',
    )
    assert.equal(stdout, 'true\nfalse\n', stderr)
    assert.match(stderr, /ResourceWarning: a received descriptor/)
    assert.equal(code, 0)
  })
})
