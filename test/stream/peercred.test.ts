import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { dgram, listen, options, stream } from 'berkeley'
import { abstractName, closing, closingAll, leavesNoFd, tempFolder, within } from '../util/index.js'
import { asNobody, NOBODY, oneUser } from './common.js'

leavesNoFd()

describe('peercred()', () => {
  test('peercred() of a pair gives the credentials of the process that made it (H67)', async (t) => {
    const [a] = closingAll(t, await stream.unix.pair())
    assert.deepEqual(a.peercred(), { pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.() })
  })

  test('peercred() of a socket without a peer that has credentials is ENODATA, as other questions about the peer are (H153)', async (t) => {
    const tcp = closing(t, await listen({ host: '127.0.0.1' }))
    const client = net.connect(tcp.getsockname().port, '127.0.0.1')
    t.after(() => client.destroy())
    await once(client, 'connect')
    for (const sock of [
      closing(t, await stream.unix.Server.create({ path: abstractName() })), // which does not listen
      closing(t, await dgram.unix.Socket.create()),
      options(client),
    ]) {
      assert.throws(() => sock.peercred(), { code: 'ENODATA', syscall: 'getsockopt' })
      assert.throws(() => sock.peergroups(), { code: 'ENODATA', syscall: 'getsockopt' })
    }
  })

  test('peercred() gives the credentials of the client at the time when it connected (H67)', {
    skip: oneUser,
  }, async (t) => {
    const folder = tempFolder(t)
    chmodSync(folder, 0o755)
    const path = join(folder, 's')
    const server = closing(t, await stream.unix.Server.create({ path }))
    server.listen()
    chmodSync(path, 0o777)
    const other = asNobody(path)
    const peer = closing(t, await within(server.accept(), 'the connection'))
    assert.equal(await other, 'connected')
    // Its process is gone by now.
    const { uid, gid } = peer.peercred()
    assert.deepEqual([uid, gid], [NOBODY, NOBODY])
  })
})
