import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { ftruncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { SystemError } from 'berkeley'
import { delaysDuring, leavesNoFd, tempFolder, within } from '../util/index.js'
import { drain, file, opened, pair } from './common.js'

leavesNoFd()

describe('sendfile()', () => {
  test('sendfile() sends a file from an offset up to its end (H40)', async (t) => {
    const [a, b] = await pair(t)
    const content = randomBytes(5 << 20)
    const fd = file(t, content)
    const received = drain(b)
    assert.equal(await a.sendfile(fd, content.length * 2, 1000), content.length - 1000)
    assert.equal(await a.sendfile(fd, 10, 5), 10)
    assert.equal(await a.sendfile(fd, 10, content.length), 0)
    a.closew()
    assert.ok((await received).equals(Buffer.concat([content.subarray(1000), content.subarray(5, 15)])))
  })

  test('sendfile() is exact at offsets beyond 4 GiB (H40)', async (t) => {
    const [a, b] = await pair(t)
    const path = join(tempFolder(t), 'sparse')
    const fd = opened(t, path, 'w+')
    const far = 5 * 2 ** 30
    ftruncateSync(fd, far)
    writeSync(fd, 'far away', far)
    assert.equal(await a.sendfile(fd, 100, far), 8)
    assert.equal(String(await b.recv()), 'far away')
  })

  test('sendfile() rejects a source that is not a file, and a connection whose peer is gone', async (t) => {
    const [a, b] = await pair(t)
    await assert.rejects(a.sendfile(b.fd(), 10), { code: 'ESPIPE', syscall: 'sendfile', bytes: 0 })
    await assert.rejects(a.sendfile(2 ** 30, 10), { code: 'EBADF' })
    await assert.rejects(a.sendfile(0, 0), { code: 'ERR_OUT_OF_RANGE', message: /"bytes"/ })
    await assert.rejects(a.sendfile(0, 1, -1), { code: 'ERR_OUT_OF_RANGE', message: /"offset"/ })
    await b.close()
    await assert.rejects(a.sendfile(file(t, Buffer.from('x')), 1), { code: 'EPIPE', bytes: 0 })
  })
})

describe('sendfile() that ends early', () => {
  test('sendfile() that times out reports how many bytes were sent, and those arrive (H27)', async (t) => {
    const [a, b] = await pair(t)
    a.deadlines(0, 40)
    const error = await a.sendfile(file(t, randomBytes(8 << 20)), 8 << 20).then(
      () => assert.fail('the peer does not read'),
      (reason: SystemError) => reason,
    )
    assert.equal(error.name, 'TimeoutError')
    await a.close()
    assert.equal((await drain(b)).length, error.bytes)
  })

  test('sendfile() ends with ECANCELED when the socket is closed, and writes to no other socket (H02)', async (t) => {
    const [a, b] = await pair(t)
    const sending = a.sendfile(file(t, randomBytes(1 << 20)), 1 << 20)
    await a.close()
    const stranger = await pair(t)
    const error = await sending.then(
      () => undefined,
      (reason: SystemError) => reason,
    )
    // The other thread may have completed before the close.
    assert.equal(error?.code ?? 'ECANCELED', 'ECANCELED')
    assert.equal((await drain(b)).length, error?.bytes ?? 1 << 20)
    stranger[1].deadlines(20)
    await assert.rejects(stranger[1].recv(), { name: 'TimeoutError' })
  })

  test('sendfile() ends with EPIPE when sending is shut down, even though the peer does not read', async (t) => {
    const [a] = await pair(t)
    const fd = opened(t, process.execPath, 'r')
    const waits = new Promise<void>((resolve) => a.onwaitsend(() => resolve()))
    const ended = assert.rejects(a.sendfile(fd, 32 << 20), { code: 'EPIPE' })
    await waits
    a.closew()
    await within(ended, 'the end of sendfile()')
  })

  test('sendfile() ends early when the file shrinks (H40)', async (t) => {
    const [a, b] = await pair(t)
    const size = 32 << 20
    const path = join(tempFolder(t), 'shrinking')
    const fd = opened(t, path, 'w+')
    ftruncateSync(fd, size)
    const sending = a.sendfile(fd, size)
    assert.ok((await b.recv()) !== null)
    ftruncateSync(fd, 4096)
    const received = drain(b)
    const sent = await sending
    a.closew()
    assert.ok(sent < size, `${sent} bytes`)
    await received
  })
})

describe('the event loop', () => {
  test('sendfile() does not block the event loop (H40)', async (t) => {
    const [a, b] = await pair(t)
    const size = 64 << 20
    const path = join(tempFolder(t), 'big')
    const fd = opened(t, path, 'w+')
    ftruncateSync(fd, size)
    const received = drain(b)
    let sent = 0
    const { took, p99 } = await delaysDuring(async () => {
      sent = await a.sendfilesync(fd, size)
    })
    assert.equal(sent, size)
    a.closew()
    assert.equal((await received).length, size)
    assert.ok(p99 < took / 2, `the loop stood still for ${p99} of ${took} ms`)
  })

  test('sendfile() does not block the event loop while the peer does not read (H40)', async (t) => {
    const [a] = await pair(t)
    const fd = opened(t, process.execPath, 'r')
    a.deadlines(0, 300)
    const { took, worst } = await delaysDuring(() => assert.rejects(a.sendfile(fd, 32 << 20), { name: 'TimeoutError' }))
    assert.ok(took >= 300 && worst < took / 2, `the loop stood still for ${worst} of ${took} ms`)
  })
})
