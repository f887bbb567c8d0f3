import assert from 'node:assert/strict'
import { closeSync } from 'node:fs'
import { describe, test } from 'node:test'
import { type Socket as LowSocket, MSG_DONTWAIT, MSG_OOB, SOCK_STREAM, socket } from 'berkeley/llsocket'
import { sys } from '#internal/constants/lookup.js'
import {
  AWAITS_ROOM,
  HAS_TAKEN,
  NOT_MADE,
  type Poller,
  type ReadyListener,
  type Watch,
} from '#internal/engine/poller.js'
import { native } from '#internal/native/sockets.js'
import { takeReceived } from '#internal/support/receive-buffer.js'
import { Listener, turns, withPair } from './poller-suite.js'

/** As much as is ever left to the poller. */
const ROOM = 65536

/** A listener that takes what was received for it, or notes that nothing was. */
class Reader implements ReadyListener {
  readonly answers: (string | number)[] = []
  readonly #onReady: () => void

  constructor(onReady: () => void = () => undefined) {
    this.#onReady = onReady
  }

  ready(_readable: boolean, _writable: boolean, _sticky: boolean, _hasError?: boolean, answer = NOT_MADE): number {
    this.answers.push(answer >= 0 ? String(takeReceived(answer, ROOM)) : answer)
    this.#onReady()
    return 0
  }
}

/** Descriptors of which many receive at once, so that what they leave is reported along with what others have. */
async function withMany(
  poller: Poller,
  body: (a: LowSocket, b: LowSocket, receiveMany: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const pairs = Array.from({ length: 33 }, () => socket.pair(SOCK_STREAM, true))
  const watches = pairs.map(([one], i) =>
    poller.watch(one.fd(), {
      ready() {
        if (Buffer.isBuffer(one.recv())) watches[i]?.leaveRest()
        return 0
      },
    }),
  )
  const receiveMany = async (): Promise<void> => {
    for (let i = 0; i < 10; i++) {
      for (const [, peer] of pairs) peer.send('x')
      await turns(poller)
    }
  }
  await withPair(poller, async (a, b) => {
    await receiveMany()
    await body(a, b, receiveMany)
  })
  for (const watch of watches) watch.stop()
  for (const one of pairs.flat()) one.close()
}

/** Receives as often as it takes until what is left is reported, and returns how often that was. */
function untilRestIsReported(watch: Watch): number {
  let received = 1
  while (!watch.leaveRest() && received < 10_000) received++
  assert.ok(received < 10_000)
  return received
}

/** What a poller says of data that a receive has left: see `Watch.leaveRest`. */
export function reportsRest(name: string, poller: Poller): void {
  describe(`the poller ${name} reports what is left`, () => {
    test('where many descriptors receive, and not where one does', () =>
      withPair(poller, async (a, b) => {
        const watch = poller.watch(a.fd(), new Listener())
        for (let i = 0; i < 100; i++) {
          assert.equal(watch.leaveRest(), false)
          if (i % 10 > 0) continue
          b.send('x')
          await turns(poller)
        }
        watch.stop()
      }))

    test('as long as receives take something, and without rearm()', () =>
      withMany(poller, async (a, b) => {
        const taken: string[] = []
        const listener = new Listener()
        const watch = poller.watch(a.fd(), {
          ready() {
            const data = a.recv(1)
            if (!Buffer.isBuffer(data)) return 0
            taken.push(String(data))
            listener.ready(true, false)
            return HAS_TAKEN
          },
        })
        assert.equal(untilRestIsReported(watch), 3)
        b.send('abcdefg')
        while (taken.length < 7) await listener.next()
        assert.equal(taken.join(''), 'abcdefg')
        watch.stop()
      }))

    test('what no call takes is reported until it is clear that none does, and not without end (H175)', () =>
      withMany(poller, async (a, b) => {
        const listener = new Listener()
        const watch = poller.watch(a.fd(), listener)
        untilRestIsReported(watch)
        const reported = listener.next()
        b.send('x')
        await reported
        await turns(poller, 20)
        assert.equal(watch.leaveRest(), false)
        const reports = listener.heard.length
        assert.ok(reports <= 2, `${reports} reports`)
        await turns(poller, 20)
        assert.equal(listener.heard.length, reports)
        const next = listener.next()
        b.send('y')
        await next
        watch.stop()
      }))

    for (const [what, act] of [
      ['the end of a stream is not reported without end, whatever receives', (b: LowSocket) => b.close()],
      ['an urgent byte that no call takes is not reported without end', (b: LowSocket) => b.send('!', MSG_OOB)],
    ] as const)
      test(`${what} (H175)`, () =>
        withMany(poller, async (a, b) => {
          const listener = new Listener()
          listener.answers = HAS_TAKEN
          const watch = poller.watch(a.fd(), listener)
          untilRestIsReported(watch)
          const reported = listener.next()
          act(b)
          await reported
          await turns(poller, 20)
          assert.ok(listener.heard.length <= 2, `${listener.heard.length} reports`)
          watch.stop()
        }))

    test('room that is waited for is announced all the same, and not without end (H175)', () =>
      withMany(poller, async (a) => {
        const listener = new Listener()
        listener.answers = AWAITS_ROOM
        const watch = poller.watch(a.fd(), listener)
        untilRestIsReported(watch)
        watch.awaitRoom(0)
        assert.equal(watch.leaveRest(), false)
        await turns(poller, 20)
        assert.deepEqual(listener.heard, ['w'])
        assert.equal(watch.leaveRest(), false)
        watch.stop()
      }))

    test('it takes twice as many receives each time that it was of little use, and one after it was of much', () =>
      withMany(poller, async (a, b, receiveMany) => {
        const listener = new Listener()
        const watch = poller.watch(a.fd(), listener)
        const received: number[] = []
        for (let i = 0; i < 3; i++) {
          received.push(untilRestIsReported(watch))
          const next = listener.next()
          b.send('x')
          await next
          a.recv()
        }
        assert.deepEqual(received, [3, 2, 4])
        untilRestIsReported(watch)
        listener.answers = HAS_TAKEN
        b.send('x')
        for (let heard = 0; heard < 40; heard++) await listener.next()
        listener.answers = 0
        await listener.next()
        a.recv()
        await receiveMany()
        assert.equal(untilRestIsReported(watch), 1)
        watch.stop()
      }))

    test('a watch that was stopped is not reported again', () =>
      withMany(poller, async (a, b) => {
        const listener = new Listener()
        const watch = poller.watch(a.fd(), listener)
        untilRestIsReported(watch)
        b.send('x')
        watch.stop()
        watch.leaveRest()
        await turns(poller)
        assert.deepEqual(listener.heard, [])
      }))
  })
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
