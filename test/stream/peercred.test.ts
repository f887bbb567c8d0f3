import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { stream } from 'berkeley'
import { closing, closingAll, leavesNoFd, run, tempFolder, within } from '../util/index.js'

leavesNoFd()

const NOBODY = 65534

/** What another user gets who connects to that path: `connected`, or the code of the error. */
async function asNobody(path: string): Promise<string> {
  const code = `require('net').connect(process.argv[1], () => { console.log('connected'); process.exit() })
    .on('error', (error) => console.log(error.code))`
  const { stdout } = await run(process.execPath, ['-e', code, path], { cwd: '/', uid: NOBODY, gid: NOBODY })
  return stdout.trim()
}

/** For tests with two users: whether this one may become another, and that one may run Node. */
const oneUser =
  process.getuid?.() !== 0
    ? 'only root can become another user'
    : spawnSync(process.execPath, ['-e', ''], { cwd: '/', uid: NOBODY, gid: NOBODY }).status !== 0 &&
      'the user nobody may not run this Node'

describe('peercred()', () => {
  test('peercred() of a pair gives the credentials of the process that made it (H67)', async (t) => {
    const [a] = closingAll(t, await stream.unix.pair())
    assert.deepEqual(a.peercred(), { pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.() })
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
