import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SHUT_WR } from 'berkeley/llsocket'
import { sys } from '#internal/constants/lookup.js'
import { UvPoller } from '#internal/engine/uv.js'
import { native } from '#internal/native/sockets.js'
import { leavesNoFd } from '../../util/index.js'
import { keepsObligations, Listener, spin, turns, withPair } from './poller-suite.js'

leavesNoFd()

const poller = new UvPoller()

keepsObligations('uv', poller, 'uv_poll_init')

describe('the poller uv goes by the state', () => {
  test('a state that stays is reported after each rearm(), at once at first, and later after pauses (H162)', () =>
    withPair(poller, async (a, b) => {
      const listener = new Listener()
      const watch = poller.watch(a.fd(), listener)
      b.send('x')
      await listener.next()
      watch.rearm(true, 1)
      await listener.next()
      watch.rearm(true, 20)
      await turns(poller)
      assert.deepEqual(listener.heard, ['r', 'r'])
      await listener.next()
      watch.stop()
    }))

  test('a pause ends with its watch', () =>
    withPair(poller, async (a, b) => {
      const listener = new Listener()
      const watch = poller.watch(a.fd(), listener)
      b.send('x')
      await listener.next()
      watch.rearm(true, 3)
      watch.stop()
      await new Promise((resolve) => setTimeout(resolve, 20))
      assert.deepEqual(listener.heard, ['r'])
    }))

  test('a wait that goes on before the loop has turned is polled for without a call', (t) =>
    withPair(poller, async (a, b) => {
      const calls = t.mock.method(native, 'watchSet')
      const watch = poller.watch(a.fd(), {
        ready() {
          assert.equal(String(a.recv()), 'x')
          watch.rearm(true, 0)
          return 0
        },
      })
      for (let i = 0; i < 20; i++) {
        b.send('x')
        await turns(poller, 2)
      }
      assert.equal(calls.mock.callCount(), 0)
      watch.stop()
    }))

  test('that the peer has ended is reported once, and hides nothing that comes later (H162)', () =>
    withPair(poller, async (a, b) => {
      const listener = new Listener()
      const watch = poller.watch(a.fd(), listener)
      b.shutdown(SHUT_WR)
      await listener.next()
      for (let i = 0; i < 10; i++) {
        watch.rearm(false, 0)
        await turns(poller)
      }
      assert.deepEqual(listener.heard, ['r'])
      const next = listener.next()
      b.close()
      await next
      watch.stop()
    }))

  test('the mode of a socket stays what it is, and a second watch on it is refused as by epoll(7) (H163)', () =>
    withPair(poller, async (a) => {
      a.nonblock(false)
      const watch = poller.watch(a.fd(), new Listener())
      assert.equal(a.isnonblock(), false)
      assert.throws(() => poller.watch(a.fd(), new Listener()), { code: 'EEXIST', syscall: 'uv_poll_init' })
      watch.stop()
    }))

  test('what other code has closed is not polled for again, which would abort the process (H163)', () =>
    withPair(poller, async (a) => {
      const twin = a.dup()
      const listener = new Listener()
      const watch = poller.watch(twin.fd(), listener)
      // libuv tells the kernel of it when the loop turns: a close before that would end the process.
      await spin()
      native.close(twin.fd())
      watch.awaitRoom(0)
      await spin()
      assert.deepEqual(listener.heard, [])
      watch.stop()
      assert.throws(() => twin.unwrap(), { code: 'EBADF' })
    }))
})

describe('the functions of the addon that the poller uv uses', () => {
  test('there is one table for each environment', () => {
    assert.equal(
      native.watchOpen(() => {}),
      -sys.EEXIST,
    )
  })

  test('ids that are taken, too large or unknown are refused', () =>
    withPair(poller, async (a, b) => {
      const free = 1000
      assert.equal(native.watchAdd(free, a.fd(), sys.POLLIN), 0)
      assert.equal(native.watchAdd(free, b.fd(), sys.POLLIN), -sys.EEXIST)
      assert.equal(native.watchAdd(-1, b.fd(), sys.POLLIN), -sys.EINVAL)
      assert.equal(native.watchAdd(1 << 24, b.fd(), sys.POLLIN), -sys.EINVAL)
      assert.equal(native.watchAdd(free + 1, -1, sys.POLLIN), -sys.EBADF)
      assert.equal(native.watchRemove(free), 0)
      for (const id of [free, free + 1, -1, 1 << 24]) {
        assert.equal(native.watchRemove(id), -sys.ENOENT)
        assert.equal(native.watchSet(id, sys.POLLIN), -sys.ENOENT)
      }
      assert.throws(() => native.watchSet('0' as never, 0), { code: 'ERR_INVALID_ARG_TYPE' })
    }))
})
