// EBADF of a call that was given descriptors: it names the one that is not open.
import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import { describe, test } from 'node:test'
import { CmsgHdr, dgram, MsgHdr, SOCK_STREAM, type SystemError, stream } from 'berkeley'
import { type Socket as LowSocket, socket } from 'berkeley/llsocket'
import { closingAll, leavesNoFd } from '../util/index.js'
import { type End, ends, nullFd, unixTypes } from './common.js'

leavesNoFd()

/** No process has so many. */
const NOT_OPEN = 2 ** 30

const bad = (fd: number) => ({ code: 'EBADF', message: new RegExp(`EBADF: fd ${fd}\\b`) })

function passing(...fds: number[]): MsgHdr {
  const msg = new MsgHdr()
  msg.add('x')
  msg.control().push(CmsgHdr.rights(...fds))
  return msg
}

/** What a call says on a socket whose number other code has closed. The number is taken again at once, and closed at last. */
async function errorOnClosed(
  sock: { fd(): number; close(): unknown },
  call: () => unknown,
): Promise<[unknown, fd: number]> {
  const fd = sock.fd()
  closeSync(fd)
  // No wait in between, in which other code could get the number.
  const error = await Promise.allSettled([attempt(call), openSync('/dev/null', 'r')])
  await Promise.allSettled([attempt(() => sock.close())])
  closeSync((error[1] as PromiseFulfilledResult<number>).value)
  return [(error[0] as PromiseRejectedResult).reason, fd]
}

async function attempt(call: () => unknown): Promise<unknown> {
  return await call()
}

describe('EBADF', () => {
  for (const [name, make] of unixTypes)
    test(`of a ${name} socket names the descriptor that was to be passed`, async (t) => {
      const [a] = (await ends(t, make)) as [End, End]
      const good = nullFd(t)
      await assert.rejects(a.sendfd(NOT_OPEN), bad(NOT_OPEN))
      await assert.rejects(a.sendmsg(passing(good, NOT_OPEN)), bad(NOT_OPEN))
    })

  test('of a batch names the descriptor that was to be passed, and what was sent before', async (t) => {
    const [a] = closingAll(t, await dgram.unix.pair())
    const batch = [{ data: 'x' }, { data: 'y', control: passing(NOT_OPEN).control() }]
    await assert.rejects(a.sendmany(batch), { ...bad(NOT_OPEN), datagrams: 1 })
  })

  test('of the synchronous sockets names it, too', (t) => {
    const [a] = closingAll(t, socket.pair(SOCK_STREAM)) as [LowSocket, LowSocket]
    assert.throws(() => a.sendfd(NOT_OPEN), bad(NOT_OPEN))
    assert.throws(() => a.sendmsg(passing(NOT_OPEN)), bad(NOT_OPEN))
    assert.throws(() => a.sendfile(NOT_OPEN, 1), bad(NOT_OPEN))
  })

  test('names the socket where that is what other code has closed (H140)', async (t) => {
    const good = nullFd(t)
    const passes: ((sock: stream.unix.Socket | LowSocket) => unknown)[] = [
      (sock) => sock.sendfd(good),
      (sock) => sock.sendmsg(passing(good)),
    ]
    for (const pass of passes) {
      const [a, b] = await stream.unix.pair()
      const [low, other] = socket.pair(SOCK_STREAM)
      for (const sock of [a, low] as const) {
        const [error, fd] = await errorOnClosed(sock, () => pass(sock))
        const { code, message } = error as SystemError
        assert.equal(code, 'EBADF')
        assert.match(message, new RegExp(`EBADF: fd ${fd}$`))
      }
      await b.close()
      other.close()
    }
  })
})
