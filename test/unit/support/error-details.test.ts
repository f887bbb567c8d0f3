// What messages say beside the code, so that a mistake is found where it was made.
import assert from 'node:assert/strict'
import { closeSync } from 'node:fs'
import { describe, test } from 'node:test'
import { AddrInfo, dgram, SOCK_DGRAM, SOCK_STREAM, SystemError, seqpacket, stream, TimeoutError } from 'berkeley'
import { socket } from 'berkeley/llsocket'
import { sys } from '#internal/constants/lookup.js'
import { systemError, timeoutError } from '#internal/support/errors.js'
import { closing, closingAll, coded, leavesNoFd, thrownBy } from '../../util/index.js'

leavesNoFd()

/** A number that no descriptor of this process has. */
const UNUSED_FD = 999

describe('a timeout', () => {
  test('of a deadline is a TimeoutError, one of the kernel is not', () => {
    const [ours, kernels] = [timeoutError('recv'), systemError(sys.ETIMEDOUT, 'recv')]
    assert.deepEqual([ours.code, kernels.code], ['ETIMEDOUT', 'ETIMEDOUT'])
    assert.deepEqual([ours.name, kernels.name], ['TimeoutError', 'SystemError'])
    assert.deepEqual([ours instanceof TimeoutError, kernels instanceof TimeoutError], [true, false])
    assert.ok(ours instanceof SystemError)
  })
})

describe('accept() on a socket that does not listen', () => {
  test('says that listen() was forgotten', async (t) => {
    const low = closing(t, socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_STREAM })))
    low.bind()
    const message = /accept EINVAL: the socket does not listen: listen\(\) comes first/
    assert.throws(() => low.accept(), coded('EINVAL', { message }))
    assert.throws(() => low.acceptfd(), coded('EINVAL', { message }))
    const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
    await assert.rejects(server.accept(), coded('EINVAL', { message }))
    await assert.rejects(server.acceptfd(), coded('EINVAL', { message }))
  })
})

describe('EPROTOTYPE of wrap()', () => {
  test('says what the socket is, and what was expected', async (t) => {
    const [udp] = [closing(t, socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_DGRAM })))]
    const [unix] = closingAll(t, socket.pair(SOCK_STREAM))
    const wraps: [wrap: (fd: number) => unknown, fd: number, message: RegExp][] = [
      [stream.inet.Server.wrap, udp.fd(), /is AF_INET with SOCK_DGRAM, and not AF_INET or AF_INET6 with SOCK_STREAM/],
      [dgram.inet.wrap, unix.fd(), /is AF_UNIX with SOCK_STREAM, and not AF_INET or AF_INET6 with SOCK_DGRAM/],
      [seqpacket.unix.wrap, unix.fd(), /is AF_UNIX with SOCK_STREAM, and not AF_UNIX with SOCK_SEQPACKET/],
    ]
    for (const [wrap, fd, message] of wraps) await assert.rejects(async () => wrap(fd), { code: 'EPROTOTYPE', message })
  })
})

describe('EBADF and EBUSY', () => {
  test('of a closed socket name the number that it had', async (t) => {
    const [low] = closingAll(t, socket.pair(SOCK_STREAM))
    const fd = low.fd()
    low.close()
    assert.match(thrownBy(() => low.recv()).message, new RegExp(`EBADF: the socket is closed \\(it was fd ${fd}\\)`))
    const [a] = closingAll(t, await stream.unix.pair())
    const number = a.fd()
    await a.close()
    await assert.rejects(a.recv(), { code: 'EBADF', message: new RegExp(`it was fd ${number}\\)`) })
  })

  test('of a number that other code has closed name it', async (t) => {
    const [a] = closingAll(t, await stream.unix.pair())
    const [low] = closingAll(t, socket.pair(SOCK_STREAM))
    for (const [sock, call] of [
      [a, () => a.send('x')],
      [low, async () => low.send('x')],
    ] as const) {
      const fd = sock.fd()
      closeSync(fd)
      await assert.rejects(call(), { code: 'EBADF', message: new RegExp(`EBADF: fd ${fd}$`) })
      const lost = new RegExp(`EBADF: fd ${fd}: other code has closed it$`)
      await assert.rejects(async () => sock.close(), { code: 'EBADF', message: lost })
    }
  })

  test('of a number that the caller gave name it', async (t) => {
    const [a] = closingAll(t, await stream.unix.pair())
    const [low] = closingAll(t, socket.pair(SOCK_STREAM))
    const fd = UNUSED_FD
    const bad = coded('EBADF', { message: new RegExp(`EBADF: fd ${fd}$`) })
    assert.throws(() => socket.wrap(fd), bad)
    assert.throws(() => socket.close(fd), bad)
    assert.throws(() => socket.shutdown(fd, 2), bad)
    await assert.rejects(async () => stream.wrap(fd), bad)
    assert.throws(() => low.sendfd(fd), bad)
    await assert.rejects(a.sendfd(fd), bad)
    assert.throws(() => low.sendfile(fd, 1), bad)
    await assert.rejects(a.sendfile(fd, 1), bad)
    const owned = low.fd()
    const busy = coded('EBUSY', { message: new RegExp(`fd ${owned} belongs to`) })
    assert.throws(() => socket.wrap(owned), busy)
    assert.throws(() => socket.close(owned), busy)
  })
})
