import assert from 'node:assert/strict'
import { closeSync } from 'node:fs'
import { describe, test } from 'node:test'
import { MSG_DONTWAIT, SOCK_STREAM, socket } from 'berkeley/llsocket'
import { sys } from '#internal/constants/lookup.js'
import { NOT_MADE, type Poller, type ReadyListener } from '#internal/engine/poller.js'
import { native } from '#internal/native/sockets.js'
import { takeReceived } from '#internal/support/receive-buffer.js'
import { turns, withPair } from './poller-suite.js'

/** As much as is ever left to the poller. */
const ROOM = 65536

/** A listener that takes what was received for it, or notes that nothing was. */
class Reader implements ReadyListener {
  readonly answers: (string | number)[] = []
  readonly #onReady: () => void

  constructor(onReady: () => void = () => undefined) {
    this.#onReady = onReady
  }

  ready(_readable: boolean, _writable: boolean, _sticky: boolean, _hasError?: boolean, answer = NOT_MADE): boolean {
    this.answers.push(answer >= 0 ? String(takeReceived(answer, ROOM)) : answer)
    this.#onReady()
    return false
  }
}

/** What the addon receives along with events: see `Watch.receiveAhead`. */
export function receivesAhead(name: string, poller: Poller): void {
  describe(`the poller ${name} receives`, () => {
    test('a receive that was left to the poller is made once, and reported with its event', () =>
      withPair(poller, async (a, b) => {
        const reader = new Reader()
        const watch = poller.watch(a.fd(), reader)
        watch.receiveAhead(ROOM, MSG_DONTWAIT)
        b.send('first')
        await turns(poller)
        assert.deepEqual(reader.answers, ['first'])
        b.send('second')
        await turns(poller)
        assert.deepEqual(reader.answers, ['first', NOT_MADE])
        assert.equal(String(a.recv()), 'second')
        watch.stop()
      }))

    test('a receive that was taken back is not made, nor one that is too large for the memory of a batch', () =>
      withPair(poller, async (a, b) => {
        const reader = new Reader()
        const watch = poller.watch(a.fd(), reader)
        watch.receiveAhead(ROOM, MSG_DONTWAIT)
        watch.cancelReceive()
        b.send('x')
        await turns(poller)
        watch.receiveAhead(ROOM + 1, MSG_DONTWAIT)
        b.send('y')
        await turns(poller)
        assert.deepEqual(reader.answers, [NOT_MADE, NOT_MADE])
        assert.equal(String(a.recv()), 'xy')
        watch.stop()
      }))

    test('the end of a stream is an answer of such a receive', () =>
      withPair(poller, async (a, b) => {
        const reader = new Reader()
        const watch = poller.watch(a.fd(), reader)
        watch.receiveAhead(ROOM, MSG_DONTWAIT)
        b.close()
        await turns(poller)
        assert.deepEqual(reader.answers, [''])
        watch.stop()
      }))

    test('an event of a watch that was lost to other code receives nothing for the heir of its slot (H03, H121)', () =>
      withPair(poller, async (a, b) => {
        const twin = a.dup()
        const lost = poller.watch(a.fd(), new Reader())
        lost.receiveAhead(ROOM, MSG_DONTWAIT)
        closeSync(a.fd())
        lost.stop()
        const [c, d] = socket.pair(SOCK_STREAM, true)
        const heir = new Reader()
        const watch = poller.watch(c.fd(), heir)
        watch.receiveAhead(ROOM, MSG_DONTWAIT)
        d.send('mine')
        b.send('not mine')
        await turns(poller)
        assert.deepEqual(heir.answers, ['mine'])
        assert.equal(String(twin.recv()), 'not mine')
        watch.stop()
        for (const one of [twin, c, d]) one.close()
      }))

    test('what has been received already is delivered when it is asked for, once, and in the same batch (H121)', () =>
      withPair(poller, async (a, b) => {
        const [c, d] = socket.pair(SOCK_STREAM, true)
        const order: string[] = []
        const second = new Reader(() => order.push('second'))
        const first = new Reader(() => {
          order.push('first')
          theirs.deliver()
          theirs.stop()
        })
        const ours = poller.watch(a.fd(), first)
        const theirs = poller.watch(c.fd(), second)
        for (const watch of [ours, theirs]) watch.receiveAhead(ROOM, MSG_DONTWAIT)
        b.send('x')
        d.send('y')
        await turns(poller)
        assert.deepEqual(order, ['first', 'second'])
        assert.deepEqual(second.answers, ['y'])
        ours.stop()
        c.close()
        d.close()
      }))

    test('there is one epoll set for each environment', () => {
      assert.equal(
        native.reactorOpen(() => {}, 0),
        -sys.EEXIST,
      )
    })
  })
}
