// The flags of a call are checked before anything else looks at them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dgram, MsgHdr, stream } from 'berkeley'
import { leavesNoFd } from '../util/index.js'
import { ends } from './common.js'

leavesNoFd()

/** Values that no operator of the language may meet: each throws another error of its own there. */
const NOT_FLAGS: [name: string, value: unknown][] = [
  ['a bigint', -1n],
  ['a symbol', Symbol('flags')],
  ['a function', () => 0],
  ['text', '64'],
  ['null', null],
]

/** Where flags stand alone, and not in place of an options object. */
const NO_OPTIONS: typeof NOT_FLAGS = [
  ['an object without text', Object.create(null)],
  ['an array of a symbol', [Symbol('flags')]],
]

function message(): MsgHdr {
  const msg = new MsgHdr()
  msg.add('x')
  return msg
}

type Call = (flags: number & { flags: number }) => Promise<unknown>

const streamCalls = (sock: stream.unix.Socket): Record<string, Call> => ({
  recv: (flags) => sock.recv(9, flags),
  recvinto: (flags) => sock.recvinto(Buffer.alloc(9), flags),
  recvmsg: (flags) => sock.recvmsg(message(), flags),
  recvfd: (flags) => sock.recvfd(flags),
  recvsync: (flags) => sock.recvsync(9, flags),
  send: (flags) => sock.send('x', flags),
  sendmsg: (flags) => sock.sendmsg(message(), flags),
  sendfd: (flags) => sock.sendfd(0, undefined, flags),
})

const dgramCalls = (sock: dgram.unix.Socket): Record<string, Call> => ({
  recvfrom: (flags) => sock.recvfrom(9, flags),
  recvmany: (flags) => sock.recvmany(3, 9, flags),
  sendmany: (flags) => sock.sendmany([{ data: 'x' }], flags),
})

/** Calls whose flags are not their first argument behind the data: their options object has another place. */
const BEHIND_OTHERS = new Set(['recv', 'recvsync', 'recvfrom', 'recvmany'])

test('every call rejects flags that are no number with ERR_INVALID_ARG_TYPE, and leaves the socket usable (H37)', async (t) => {
  const [a, b] = (await ends(t, () => stream.unix.pair())) as [stream.unix.Socket, stream.unix.Socket]
  const [c] = (await ends(t, () => dgram.unix.pair())) as [dgram.unix.Socket, dgram.unix.Socket]
  const refused = { code: 'ERR_INVALID_ARG_TYPE', message: /"flags"/ }
  for (const [call, run] of Object.entries({ ...streamCalls(a), ...dgramCalls(c) }))
    for (const [name, value] of NOT_FLAGS) {
      await assert.rejects(run(value as never), refused, `${call} ${name}`)
      if (!BEHIND_OTHERS.has(call)) await assert.rejects(run({ flags: value } as never), refused, `${call} { ${name} }`)
    }
  for (const [name, value] of NO_OPTIONS) {
    await assert.rejects(a.recv(9, value as never), refused, name)
    await assert.rejects(c.recvfrom(9, value as never), refused, name)
    await assert.rejects(c.recvmany(3, 9, value as never), refused, name)
  }
  await a.send('fine')
  assert.equal((await b.recv())?.toString(), 'fine')
})
