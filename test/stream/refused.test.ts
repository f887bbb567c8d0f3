// What a socket leaves behind when the kernel refuses something in the midst of its birth: nothing.
import assert from 'node:assert/strict'
import { closeSync } from 'node:fs'
import { describe, type TestContext, test } from 'node:test'
import { SO_ACCEPTCONN, SOCK_STREAM, stream } from 'berkeley'
import { socket } from 'berkeley/llsocket'
import { sys } from '#internal/constants/lookup.js'
import { native } from '#internal/native/sockets.js'
import { closing, countFds, leavesNoFd } from '../util/index.js'

leavesNoFd()

/** The kernel refuses a call, as often as it is made while `act` runs. */
async function refusing(
  t: TestContext,
  call: 'fcntl' | 'getsockopt' | 'setsockopt',
  applies: (...args: number[]) => boolean,
  act: () => Promise<unknown>,
): Promise<void> {
  const original = native[call] as (...args: unknown[]) => number
  const refusal = t.mock.method(native, call, (...args: unknown[]) =>
    applies(...(args as number[])) ? -sys.EINVAL : original(...args),
  )
  try {
    await assert.rejects(act(), { code: 'EINVAL' })
    assert.ok(refusal.mock.callCount() > 0)
  } finally {
    refusal.mock.restore()
  }
}

describe('a socket that is refused something', () => {
  test('a client whose option is refused is closed', async (t) => {
    const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
    server.listen()
    const { port } = server.getsockname()
    const before = countFds()
    await refusing(
      t,
      'setsockopt',
      () => true,
      () => stream.inet.Client.create({ host: '127.0.0.1', port }),
    )
    assert.equal(countFds(), before)
  })

  test('a server that cannot be made non-blocking is closed', async (t) => {
    const before = countFds()
    const isAsked = (_fd: number, command: number): boolean => command === sys.F_GETFL
    await refusing(t, 'fcntl', isAsked, () => stream.inet.Server.create({ host: '127.0.0.1' }))
    assert.equal(countFds(), before)
  })

  test('a descriptor that cannot be adopted stays its owner’s', async (t) => {
    const [a, b] = socket.pair(SOCK_STREAM)
    closing(t, b)
    const fd = a.unwrap()
    const listens = (_fd: number, _level: number, name: number): boolean => name === SO_ACCEPTCONN
    const isAsked = (_fd: number, command: number): boolean => command === sys.F_GETFL
    await refusing(t, 'getsockopt', listens, () => stream.unix.wrap(fd))
    await refusing(t, 'fcntl', isAsked, () => stream.unix.wrap(fd))
    // Nobody else believes to own it: it can be adopted all the same.
    closeSync((await stream.unix.wrap(fd)).detach())
  })
})
