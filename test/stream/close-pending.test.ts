// What happens to a call that waits when its socket is closed or detached, in each of the ways there are.
import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import { describe, type TestContext, test } from 'node:test'
import { dgram, MsgHdr, type Socket, type SystemError, seqpacket, type stream } from 'berkeley'
import { native } from '#internal/native/sockets.js'
import { closing, leavesNoFd, within } from '../util/index.js'
import { listening, pair } from './common.js'

leavesNoFd()

/** A socket with a call that waits. */
interface Waiting {
  readonly sock: Socket
  readonly call: Promise<unknown>
}

const room = (): MsgHdr => {
  const msg = new MsgHdr()
  msg.addn(16)
  return msg
}

const full = (): MsgHdr => {
  const msg = new MsgHdr()
  msg.add(Buffer.alloc(64 << 20))
  return msg
}

async function udp(t: TestContext): Promise<dgram.inet.Socket> {
  const one = closing(t, await dgram.inet.Socket.create({ host: '127.0.0.1', port: 0 }))
  await one.bind()
  return one
}

function file(t: TestContext): number {
  const fd = openSync(process.execPath, 'r')
  t.after(() => closeSync(fd))
  return fd
}

/** A socket without room. */
async function filled(t: TestContext): Promise<stream.unix.Socket> {
  const [a] = await pair(t)
  a.deadlines(0, 1)
  const error = await a.send(Buffer.alloc(64 << 20)).catch((reason: SystemError) => reason)
  assert.equal((error as SystemError).code, 'ETIMEDOUT')
  a.deadlines(0, 0)
  return a
}

const of = <S extends Socket>(sock: S, call: (sock: S) => Promise<unknown>): Waiting => ({ sock, call: call(sock) })

const calls: Record<string, (t: TestContext) => Promise<Waiting>> = {
  recv: async (t) => of((await pair(t))[0], (sock) => sock.recv()),
  recvinto: async (t) => of((await pair(t))[0], (sock) => sock.recvinto(Buffer.alloc(9))),
  recvmsg: async (t) => of((await pair(t))[0], (sock) => sock.recvmsg(room())),
  recvfd: async (t) => of((await pair(t))[0], (sock) => sock.recvfd()),
  send: async (t) => of((await pair(t))[0], (sock) => sock.send(Buffer.alloc(64 << 20))),
  sendmsg: async (t) => of((await pair(t))[0], (sock) => sock.sendmsg(full())),
  sendfd: async (t) => of(await filled(t), (sock) => sock.sendfd(0)),
  sendfile: async (t) => of((await pair(t))[0], (sock) => sock.sendfile(file(t), 64 << 20)),
  accept: async (t) => of(await listening(t), (sock) => sock.accept()),
  acceptfd: async (t) => of(await listening(t), (sock) => sock.acceptfd()),
  'the next of a loop over a listening': async (t) =>
    of(await listening(t), (sock) => sock[Symbol.asyncIterator]().next()),
  recvfrom: async (t) => of(await udp(t), (sock) => sock.recvfrom()),
  'recv of a seqpacket': async (t) => {
    const [a, b] = await seqpacket.unix.pair()
    closing(t, b)
    return of(closing(t, a), (sock) => sock.recv())
  },
  'recvsync in turn': async (t) =>
    of((await pair(t))[0], (sock) => {
      sock.recvsync().catch(() => {})
      return sock.recvsync()
    }),
}

const ends: Record<string, (t: TestContext, sock: Socket) => unknown> = {
  close: (_, sock) => sock.close(),
  'close with shutdown': (_, sock) => sock.close(true, true).catch((error) => assert.equal(error.code, 'ENOTCONN')),
  'await using': (_, sock) => sock[Symbol.asyncDispose](),
  detach: (t, sock) => {
    const fd = sock.detach()
    t.after(() => native.close(fd))
  },
  'close by its number, and then close': (_, sock) => {
    native.close(sock.fd())
    return sock.close().catch((error) => assert.equal(error.code, 'EBADF'))
  },
}

/** A loop just ends; a file that another thread is sending may meet the shutdown before the close. */
function expected(what: string, how: string): RegExp {
  if (what.startsWith('the next')) return /^{"done":true}$/
  if (what === 'sendfile' && how === 'close with shutdown') return /^"(ECANCELED|EPIPE)"$/
  return /^"ECANCELED"$/
}

describe('calls that wait', () => {
  for (const [how, end] of Object.entries(ends))
    for (const [what, begin] of Object.entries(calls))
      test(`${what} is ended exactly once by ${how} (H02)`, async (t) => {
        const { sock, call } = await begin(t)
        const outcome = call.then(
          (value) => value,
          (error: SystemError) => error.code,
        )
        await new Promise((turn) => setImmediate(turn))
        await within(Promise.resolve(end(t, sock)), how)
        assert.match(JSON.stringify(await within(outcome, 'the end of the call')), expected(what, how))
        assert.equal(sock.fd(), -1)
        await sock.close()
      })
})
