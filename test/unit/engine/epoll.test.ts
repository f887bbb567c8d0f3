import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { describe, test } from 'node:test'
import { AGAIN, type Socket as LowSocket, MSG_DONTWAIT, SOCK_STREAM, socket } from 'berkeley/llsocket'
import { sys } from '#internal/constants/lookup.js'
import { threadPoller } from '#internal/engine/choose-poller.js'
import { NOT_MADE, type ReadyListener } from '#internal/engine/poller.js'
import { native } from '#internal/native/sockets.js'
import { takeReceived } from '#internal/support/receive-buffer.js'
import { leavesNoFd, openFds, runScript, within } from '../../util/index.js'

leavesNoFd()

const poller = threadPoller()

/** A listener that remembers, and lets a test wait for the next report. */
class Listener implements ReadyListener {
  readonly heard: string[] = []
  #next: (() => void) | undefined

  /** Whether it says that something waits for room to send. */
  awaitsRoom = false

  ready(readable: boolean, writable: boolean): boolean {
    this.heard.push(`${readable ? 'r' : ''}${writable ? 'w' : ''}`)
    this.#next?.()
    return this.awaitsRoom
  }

  next(): Promise<void> {
    return within(
      new Promise((resolve) => {
        this.#next = resolve
      }),
      'readiness',
    )
  }
}

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

/** Some turns of the event loop, while it is held. */
async function turns(count = 5): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

async function withPair(body: (a: LowSocket, b: LowSocket) => Promise<void>): Promise<void> {
  const [a, b] = socket.pair(SOCK_STREAM, true)
  poller.ref()
  try {
    await body(a, b)
  } finally {
    poller.unref()
    a.close()
    b.close()
  }
}

describe('the epoll poller keeps its obligations', () => {
  test('readiness that exists already is reported, but not from inside watch()', () =>
    withPair(async (a, b) => {
      b.send('x')
      const listener = new Listener()
      const watch = poller.watch(a.fd(), listener)
      assert.deepEqual(listener.heard, [])
      await listener.next()
      assert.deepEqual(listener.heard, ['r'])
      watch.stop()
    }))

  test('room to send is announced while something waits for it, and not from inside awaitRoom() (H12, H123)', () =>
    withPair(async (a) => {
      const listener = new Listener()
      const watch = poller.watch(a.fd(), listener)
      await turns()
      assert.deepEqual(listener.heard, [])
      watch.awaitRoom(0)
      assert.deepEqual(listener.heard, [])
      await listener.next()
      assert.deepEqual(listener.heard, ['w'])
      watch.stop()
    }))

  test('room that nothing waits for costs one report, however often there is more of it (H123)', () =>
    withPair(async (a, b) => {
      const listener = new Listener()
      const watch = poller.watch(a.fd(), listener, true)
      await listener.next()
      for (let i = 0; i < 20; i++) {
        a.send('x')
        b.recv()
        await turns(2)
      }
      assert.deepEqual(listener.heard, ['w'])
      watch.stop()
    }))

  test('room is announced each time while something waits for it (H12, H123)', () =>
    withPair(async (a, b) => {
      const listener = new Listener()
      listener.awaitsRoom = true
      const watch = poller.watch(a.fd(), listener, true)
      await listener.next()
      for (let i = 0; i < 20; i++) {
        while (a.send(Buffer.alloc(65536)) !== AGAIN);
        const next = listener.next()
        while (b.recv() !== AGAIN);
        await next
      }
      watch.stop()
    }))

  test('each later change of readiness is reported (H12)', () =>
    withPair(async (a, b) => {
      const listener = new Listener()
      const watch = poller.watch(a.fd(), listener, true)
      await listener.next()
      for (let i = 0; i < 20; i++) {
        const next = listener.next()
        b.send('x')
        await next
        a.recv()
      }
      watch.stop()
    }))

  test('an idle socket whose peer is gone costs one report, not a storm (H10)', () =>
    withPair(async (a, b) => {
      const listener = new Listener()
      const watch = poller.watch(a.fd(), listener, true)
      await listener.next()
      b.close()
      await listener.next()
      const reports = listener.heard.length
      await turns(50)
      assert.equal(listener.heard.length, reports)
      watch.stop()
    }))

  test('an event that was under way when its watch stopped is discarded (H03)', () =>
    withPair(async (a, b) => {
      const [c, d] = socket.pair(SOCK_STREAM, true)
      const late = new Listener()
      let other: { stop(): void } | undefined
      const stopper: ReadyListener = {
        ready() {
          other?.stop()
          return false
        },
      }
      const first = poller.watch(a.fd(), stopper, true)
      other = poller.watch(c.fd(), late, true)
      b.send('x')
      d.send('x')
      await turns()
      assert.deepEqual(late.heard, [])
      first.stop()
      c.close()
      d.close()
    }))

  test('a reused slot and a reused number get no events of their predecessor (H03)', () =>
    withPair(async (a, b) => {
      const old = new Listener()
      const watch = poller.watch(a.fd(), old, true)
      b.send('x')
      watch.stop()
      const [c, d] = socket.pair(SOCK_STREAM, true)
      const heir = new Listener()
      const second = poller.watch(c.fd(), heir, true)
      await heir.next()
      await turns()
      assert.deepEqual(heir.heard, ['w'])
      assert.deepEqual(old.heard, [])
      second.stop()
      c.close()
      d.close()
    }))

  test('a receive that was left to the poller is made once, and reported with its event', () =>
    withPair(async (a, b) => {
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
    withPair(async (a, b) => {
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
    withPair(async (a, b) => {
      const reader = new Reader()
      const watch = poller.watch(a.fd(), reader)
      watch.receiveAhead(ROOM, MSG_DONTWAIT)
      b.close()
      await turns()
      assert.deepEqual(reader.answers, [''])
      watch.stop()
    }))

  test('an event of a watch that was lost to other code receives nothing for the heir of its slot (H03, H121)', () =>
    withPair(async (a, b) => {
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
    withPair(async (a, b) => {
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

  test('stop() does not fail when the descriptor was closed by other code (H05)', () =>
    withPair(async (a) => {
      const duplicate = a.dup()
      const watch = poller.watch(duplicate.fd(), new Listener(), true)
      native.close(duplicate.fd())
      watch.stop()
      watch.stop()
      assert.throws(() => duplicate.unwrap(), { code: 'EBADF' })
    }))

  test('watch() throws what the kernel says, and stays usable (H08)', () =>
    withPair(async (a) => {
      const file = openSync('/etc/hostname', 'r')
      assert.throws(() => poller.watch(file, new Listener(), true), { code: 'EPERM', syscall: 'epoll_ctl' })
      closeSync(file)
      assert.throws(() => poller.watch(file, new Listener(), true), { code: 'EBADF' })
      const watch = poller.watch(a.fd(), new Listener(), true)
      assert.throws(() => poller.watch(a.fd(), new Listener(), true), { code: 'EEXIST' })
      watch.stop()
    }))

  test('a listener that throws does not keep the others from being called (H88)', async () => {
    const { stdout } = await runScript(`
      import { SOCK_STREAM, socket } from 'berkeley/llsocket'
      import { threadPoller } from '#internal/engine/choose-poller.js'
      const poller = threadPoller()
      const pairs = [1, 2].map(() => socket.pair(SOCK_STREAM, true))
      process.once('uncaughtException', (error) => { console.log(error.message); poller.unref() })
      poller.ref()
      poller.watch(pairs[0][0].fd(), { ready() { throw new Error('boom') } }, true)
      poller.watch(pairs[1][0].fd(), { ready() { console.log('served') } }, true)
    `)
    assert.deepEqual(stdout.trim().split('\n'), ['served', 'boom'])
  })

  test('more descriptors than one batch holds are all served (H14)', async () => {
    const pairs = Array.from({ length: 300 }, () => socket.pair(SOCK_STREAM, true))
    const listeners = pairs.map(() => new Listener())
    poller.ref()
    const watches = pairs.map(([a], i) => poller.watch(a.fd(), listeners[i] as Listener, true))
    for (const [, b] of pairs) b.send('x')
    const readable = (listener: Listener): boolean => listener.heard.some((what) => what.includes('r'))
    for (let turn = 0; turn < 20 && !listeners.every(readable); turn++) await turns(1)
    assert.equal(listeners.filter(readable).length, pairs.length)
    for (const watch of watches) watch.stop()
    for (const [a, b] of pairs) {
      a.close()
      b.close()
    }
    poller.unref()
  })

  test('there is one epoll set for each environment', () => {
    assert.equal(
      native.reactorOpen(() => {}),
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
    withPair(async (a, b) => {
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
      for (let i = 0; i < 20_000; i++) {
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
