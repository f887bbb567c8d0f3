import assert from 'node:assert/strict'
import { closeSync, readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { describe, test } from 'node:test'
import { MSG_DONTWAIT, SOCK_STREAM, socket } from 'berkeley/llsocket'
import { sys } from '#internal/constants/lookup.js'
import { EpollPoller } from '#internal/engine/epoll.js'
import { NOT_MADE, type ReadyListener } from '#internal/engine/poller.js'
import { native } from '#internal/native/sockets.js'
import { takeReceived } from '#internal/support/receive-buffer.js'
import { leavesNoFd, openFds, runScript } from '../../util/index.js'
import { keepsObligations, Listener, turns, withPair } from './poller-suite.js'

leavesNoFd()

const poller = new EpollPoller()

keepsObligations('epoll', poller, 'epoll_ctl')

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

describe('the poller epoll receives', () => {
  test('a receive that was left to the poller is made once, and reported with its event', () =>
    withPair(poller, async (a, b) => {
      const reader = new Reader()
      const watch = poller.watch(a.fd(), reader)
      watch.receiveAhead(ROOM, MSG_DONTWAIT)
      b.send('first')
      await turns()
      assert.deepEqual(reader.answers, ['first'])
      b.send('second')
      await turns()
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
      await turns()
      watch.receiveAhead(ROOM + 1, MSG_DONTWAIT)
      b.send('y')
      await turns()
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
      await turns()
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
      await turns()
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
      await turns()
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

/** The epoll sets of this process, with what each one watches. */
function epollSets(): Map<number, number[]> {
  const sets = new Map<number, number[]>()
  for (const [fd, target] of openFds()) {
    if (target !== 'anon_inode:[eventpoll]') continue
    const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')
    sets.set(
      fd,
      [...info.matchAll(/^tfd:\s+(\d+)/gm)].map(([, number]) => Number(number)),
    )
  }
  return sets
}

describe('the epoll set within that of libuv (H16)', () => {
  test('libuv watches one descriptor, however many sockets there are', async () => {
    const pairs = Array.from({ length: 100 }, () => socket.pair(SOCK_STREAM, true))
    poller.ref()
    const listener = new Listener()
    const watches = pairs.map(([a]) => poller.watch(a.fd(), listener, true))
    await turns()
    const sets = epollSets()
    const fds = new Set(pairs.map(([a]) => a.fd()))
    const [ours, ...more] = [...sets].filter(([, watched]) => watched.some((fd) => fds.has(fd)))
    assert.ok(ours !== undefined && more.length === 0)
    assert.deepEqual(new Set(ours[1]), fds)
    assert.equal([...sets.values()].filter((watched) => watched.includes(ours[0])).length, 1)
    for (const watch of watches) watch.stop()
    assert.deepEqual(epollSets().get(ours[0]), [])
    for (const [a, b] of pairs) {
      a.close()
      b.close()
    }
    poller.unref()
  })

  test('the set is empty after each report, so that data which is not read does not wake the loop again', () =>
    withPair(poller, async (a, b) => {
      const listener = new Listener()
      const watch = poller.watch(a.fd(), listener, true)
      const reported = listener.next()
      b.send('x')
      await reported
      await turns()
      const before = performance.eventLoopUtilization()
      await new Promise((resolve) => setTimeout(resolve, 100))
      const { utilization } = performance.eventLoopUtilization(before)
      watch.stop()
      assert.ok(utilization < 0.5, `the loop was busy for ${utilization} of the time`)
    }))

  test('the set is closed before the loop is, after many turns, with busy polling too', async () => {
    const { stdout, stderr, code, signal } = await runScript(`
      import { stream } from 'berkeley'
      const server = await stream.inet.Server.create({ host: '127.0.0.1' })
      server.listen()
      const client = await stream.inet.Client.create({ host: '127.0.0.1', port: server.getsockname().port })
      const peer = await server.accept()
      // Raising it is for the administrator of the network.
      try { client.busypoll(50); peer.busypoll(50) } catch (error) { if (error.code !== 'EPERM') throw error }
      const echo = (async () => { for await (const data of peer) await peer.send(data) })()
      for (let i = 0; i < ${onThread ? 2000 : 20_000}; i++) {
        await client.send('tick')
        if (String(await client.recv()) !== 'tick') throw new Error('wrong bytes')
      }
      client.closew()
      await echo
      console.log('done')
    `)
    assert.deepEqual([stdout, code, signal], ['done\n', 0, null], stderr)
  })
})
