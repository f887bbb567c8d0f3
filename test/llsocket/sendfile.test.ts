// sendfile(2): from an offset, to the end, beyond 4 GiB, out of things that are no file.
import assert from 'node:assert/strict'
import { closeSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import { describe, it, type TestContext } from 'node:test'
import { AGAIN, SOCK_DGRAM, SOCK_STREAM, type SystemError } from 'berkeley/llsocket'
import { coded, ipv4, leavesNoFd, tempFolder } from '../util/index.js'
import { got, pair, received, receivedAll, tcpPair } from './common.js'

leavesNoFd()

function file(t: TestContext, content: string | Uint8Array, at = 0): number {
  const fd = openSync(`${tempFolder(t)}/file`, 'w+')
  t.after(() => closeSync(fd))
  writeSync(fd, Buffer.from(content), 0, null, at)
  return fd
}

describe('sendfile()', () => {
  it('sendfile() sends from an offset and does not move the position of the file', (t) => {
    const [a, b] = tcpPair(t, ipv4)
    const fd = file(t, '0123456789')
    assert.equal(readSync(fd, Buffer.alloc(2), 0, 2, 0), 2)
    assert.equal(a.sendfile(fd, 4, 3), 4)
    assert.equal(received(b), '3456')
    assert.equal(a.sendfile(fd, 2), 2)
    assert.equal(received(b), '01')
    const next = Buffer.alloc(1)
    assert.equal(readSync(fd, next, 0, 1, null), 1)
    assert.equal(String(next), '0', 'the position is still the start')
  })

  it('sendfile() sends what there is, and returns 0 at the end of the file (H40)', (t) => {
    const [a, b] = tcpPair(t, ipv4)
    const fd = file(t, '0123456789')
    assert.equal(a.sendfile(fd, 100, 7), 3)
    assert.equal(received(b), '789')
    assert.equal(a.sendfile(fd, 1, 10), 0)
    assert.equal(a.sendfile(fd, 1, 1000), 0)
    ftruncateSync(fd, 0)
    assert.equal(a.sendfile(fd, 5), 0, 'a file that was cut meanwhile')
  })

  it('sendfile() sends from beyond 4 GiB (H40)', (t) => {
    const [a, b] = tcpPair(t, ipv4)
    const offset = 5 * 2 ** 30 + 7
    const fd = file(t, 'far away', offset)
    assert.equal(a.sendfile(fd, 2 ** 40, offset), 8)
    assert.equal(received(b), 'far away')
    assert.equal(a.sendfile(fd, 4, offset + 4), 4)
    assert.equal(received(b), 'away')
  })

  it('sendfile() takes what fits into a full socket, then returns AGAIN (H40)', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    const fd = file(t, Buffer.alloc(1_000_000, 'x'))
    let sum = got(a.sendfile(fd, 1_000_000))
    assert.ok(sum < 1_000_000)
    for (;;) {
      const sent = a.sendfile(fd, 1_000_000)
      if (sent === AGAIN) break
      sum += sent
    }
    a.shutdown(1)
    assert.equal(receivedAll(b).length, sum)
  })

  it('sendfile() sends a datagram', (t) => {
    const [a, b] = pair(t, SOCK_DGRAM)
    assert.equal(a.sendfile(file(t, 'one datagram'), 12), 12)
    assert.equal(received(b), 'one datagram')
  })

  it('sendfile() throws for what cannot be a source (H40)', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    const folder = openSync('/', 'r')
    t.after(() => closeSync(folder))
    assert.throws(() => a.sendfile(folder, 1), coded('EINVAL', { syscall: 'sendfile' }))
    assert.throws(() => a.sendfile(987654, 1), coded('EBADF'))
    assert.throws(
      () => a.sendfile(b.fd(), 1),
      (error: { code: string }) => ['EINVAL', 'ESPIPE'].includes(error.code),
    )
    const writeOnly = openSync(`${tempFolder(t)}/w`, 'w')
    t.after(() => closeSync(writeOnly))
    assert.throws(() => a.sendfile(writeOnly, 1), coded('EBADF'))
  })

  it('sendfile() accepts exact numbers only (H40)', (t) => {
    const [a] = pair(t, SOCK_STREAM)
    const fd = file(t, 'x')
    for (const bytes of [0, -1, 1.5, Number.NaN, 2 ** 53])
      assert.throws(() => a.sendfile(fd, bytes), coded('ERR_OUT_OF_RANGE'))
    for (const offset of [-1, 0.5, 2 ** 53]) assert.throws(() => a.sendfile(fd, 1, offset), coded('ERR_OUT_OF_RANGE'))
    // Further than files reach on most file systems; on tmpfs they may be that long, and this one ends before.
    let beyond: unknown
    try {
      beyond = a.sendfile(fd, 1, Number.MAX_SAFE_INTEGER - 1)
    } catch (error) {
      beyond = (error as SystemError).code
    }
    assert.ok(beyond === 'EOVERFLOW' || beyond === 0, String(beyond))
    assert.equal(a.sendfile(fd, Number.MAX_SAFE_INTEGER, 0), 1)
  })

  it('sendfile() throws EPIPE after the peer has closed (H28)', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    b.close()
    assert.throws(() => a.sendfile(file(t, 'x'), 1), coded('EPIPE', { syscall: 'sendfile' }))
  })
})
