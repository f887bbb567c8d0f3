import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import { describe, test } from 'node:test'
import { AddrInfo, AGAIN, type Socket as LowSocket, SOCK_DGRAM, SOCK_STREAM, socket } from 'berkeley/llsocket'
import { AWAITS_ROOM, type Poller, type ReadyListener } from '#internal/engine/poller.js'
import { native } from '#internal/native/sockets.js'
import { runScript, within } from '../../util/index.js'

/** A listener that remembers, and lets a test wait for the next report. */
export class Listener implements ReadyListener {
  readonly heard: string[] = []
  #next: (() => void) | undefined

  /** What it answers. */
  answers = 0

  ready(readable: boolean, writable: boolean): number {
    this.heard.push(`${readable ? 'r' : ''}${writable ? 'w' : ''}`)
    this.#next?.()
    return this.answers
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

/** Some turns of the event loop, while it is held, after the poller has reported what was there before. */
export async function turns(poller: Poller, count = 5): Promise<void> {
  await reported(poller)
  await spin(count)
}

/** Turns of the event loop, in which nothing new is watched. */
export async function spin(count = 5): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Resolves when the poller has reported something that is there now: of all that is there, the first comes first. */
async function reported(poller: Poller): Promise<void> {
  const [a, b] = socket.pair(SOCK_STREAM, true)
  const listener = new Listener()
  const watch = poller.watch(a.fd(), listener)
  const next = listener.next()
  b.send('x')
  await next
  watch.stop()
  a.close()
  b.close()
}

export async function withPair(poller: Poller, body: (a: LowSocket, b: LowSocket) => Promise<void>): Promise<void> {
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

/**
 * What `interface Poller` asks of each of them.
 * @param name - that of BERKELEY_POLLER.
 * @param syscall - what a refusal to watch is said to be from.
 */
export function keepsObligations(name: string, poller: Poller, syscall: string): void {
  describe(`the poller ${name} keeps its obligations`, () => {
    test('readiness that exists already is reported, but not from inside watch()', () =>
      withPair(poller, async (a, b) => {
        b.send('x')
        const listener = new Listener()
        const watch = poller.watch(a.fd(), listener)
        assert.deepEqual(listener.heard, [])
        await listener.next()
        assert.deepEqual(listener.heard, ['r'])
        watch.stop()
      }))

    test('room to send is announced while something waits for it, and not from inside awaitRoom() (H12, H123)', () =>
      withPair(poller, async (a) => {
        const listener = new Listener()
        const watch = poller.watch(a.fd(), listener)
        await turns(poller)
        assert.deepEqual(listener.heard, [])
        watch.awaitRoom(0)
        assert.deepEqual(listener.heard, [])
        await listener.next()
        assert.deepEqual(listener.heard, ['w'])
        watch.stop()
      }))

    test('room that nothing waits for costs one report, however often there is more of it (H123)', () =>
      withPair(poller, async (a, b) => {
        const listener = new Listener()
        const watch = poller.watch(a.fd(), listener, true)
        await listener.next()
        for (let i = 0; i < 20; i++) {
          a.send('x')
          b.recv()
          await turns(poller, 2)
        }
        assert.deepEqual(listener.heard, ['w'])
        watch.stop()
      }))

    test('room is announced each time while something waits for it (H12, H123)', () =>
      withPair(poller, async (a, b) => {
        const listener = new Listener()
        listener.answers = AWAITS_ROOM
        const watch = poller.watch(a.fd(), listener, true)
        await listener.next()
        for (let i = 0; i < 20; i++) {
          while (a.send(Buffer.alloc(65536)) !== AGAIN);
          const next = listener.next()
          watch.awaitRoom(0)
          while (b.recv() !== AGAIN);
          await next
        }
        watch.stop()
      }))

    test('each later change of readiness is reported (H12)', () =>
      withPair(poller, async (a, b) => {
        const listener = new Listener()
        const watch = poller.watch(a.fd(), listener, true)
        await listener.next()
        for (let i = 0; i < 20; i++) {
          const next = listener.next()
          b.send('x')
          await next
          assert.equal(String(a.recv()), 'x')
          watch.rearm(true, 0)
        }
        watch.stop()
      }))

    test('an idle socket whose peer is gone costs one report, not a storm (H10)', () =>
      withPair(poller, async (a, b) => {
        const listener = new Listener()
        const watch = poller.watch(a.fd(), listener, true)
        await listener.next()
        b.close()
        await listener.next()
        const reports = listener.heard.length
        await turns(poller, 50)
        assert.equal(listener.heard.length, reports)
        watch.stop()
      }))

    test('an event that was under way when its watch stopped is discarded (H03)', () =>
      withPair(poller, async (a, b) => {
        const [c, d] = socket.pair(SOCK_STREAM, true)
        const late = new Listener()
        let other: { stop(): void } | undefined
        const stopper: ReadyListener = {
          ready() {
            other?.stop()
            return 0
          },
        }
        const first = poller.watch(a.fd(), stopper, true)
        other = poller.watch(c.fd(), late, true)
        b.send('x')
        d.send('x')
        await turns(poller)
        assert.deepEqual(late.heard, [])
        first.stop()
        c.close()
        d.close()
      }))

    test('a reused slot and a reused number get no events of their predecessor (H03)', () =>
      withPair(poller, async (a, b) => {
        const old = new Listener()
        const watch = poller.watch(a.fd(), old, true)
        b.send('x')
        watch.stop()
        const [c, d] = socket.pair(SOCK_STREAM, true)
        const heir = new Listener()
        const second = poller.watch(c.fd(), heir, true)
        await heir.next()
        await turns(poller)
        assert.deepEqual(heir.heard, ['w'])
        assert.deepEqual(old.heard, [])
        second.stop()
        c.close()
        d.close()
      }))

    test('stop() does not fail when the descriptor was closed by other code (H05)', () =>
      withPair(poller, async (a) => {
        const duplicate = a.dup()
        const watch = poller.watch(duplicate.fd(), new Listener(), true)
        native.close(duplicate.fd())
        watch.stop()
        watch.stop()
        assert.throws(() => duplicate.unwrap(), { code: 'EBADF' })
      }))

    test('watch() throws what the kernel says, and stays usable (H08)', () =>
      withPair(poller, async (a) => {
        const file = openSync('/etc/hostname', 'r')
        assert.throws(() => poller.watch(file, new Listener(), true), { code: 'EPERM', syscall })
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
      process.env.BERKELEY_POLLER = '${name}'
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
      for (let turn = 0; turn < 20 && !listeners.every(readable); turn++) await turns(poller, 1)
      assert.equal(listeners.filter(readable).length, pairs.length)
      for (const watch of watches) watch.stop()
      for (const [a, b] of pairs) {
        a.close()
        b.close()
      }
      poller.unref()
    })

    test('data that nobody takes is reported once, and again after each rearm() (H162)', () =>
      withPair(poller, async (a, b) => {
        const listener = new Listener()
        const watch = poller.watch(a.fd(), listener)
        b.send('x')
        await listener.next()
        await turns(poller, 20)
        const once = listener.heard.length
        assert.equal(once, 1)
        assert.equal(String(a.recv()), 'x')
        watch.rearm(true, 0)
        await turns(poller)
        assert.equal(listener.heard.length, once)
        b.send('y')
        await listener.next()
        watch.stop()
      }))

    test('data that nobody takes does not keep the event loop busy (H162)', () =>
      withPair(poller, async (a, b) => {
        const listener = new Listener()
        const watch = poller.watch(a.fd(), listener, true)
        b.send('x')
        await listener.next()
        await turns(poller)
        const before = performance.eventLoopUtilization()
        await new Promise((resolve) => setTimeout(resolve, 100))
        const { utilization } = performance.eventLoopUtilization(before)
        watch.stop()
        assert.ok(utilization < 0.5, `the loop was busy for ${utilization} of the time`)
      }))

    test('what is asked for from within a report is reported', () =>
      withPair(poller, async (a, b) => {
        const listener = new Listener()
        const watch = poller.watch(a.fd(), {
          ready(readable, writable) {
            if (listener.heard.length === 0) watch.rearm(true, 0)
            if (listener.heard.length === 0) watch.awaitRoom(0)
            return listener.ready(readable, writable)
          },
        })
        b.send('x')
        while (!listener.heard.slice(1).some((heard) => heard.includes('w'))) await listener.next()
        watch.stop()
      }))

    test('an error is reported to both directions, and does not come without end (H162)', async () => {
      const local = AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_DGRAM })
      const nobody = socket.create(local, true)
      nobody.bind(local)
      const gone = nobody.getsockname()
      nobody.close()
      const sock = socket.create(local, true)
      poller.ref()
      const listener = new Listener()
      const watch = poller.watch(sock.fd(), listener)
      sock.connect(gone)
      sock.send('x')
      await listener.next()
      assert.ok(listener.heard.includes('rw'))
      await turns(poller, 20)
      const reports = listener.heard.length
      await turns(poller, 20)
      assert.equal(listener.heard.length, reports)
      assert.throws(() => sock.recv(), { code: 'ECONNREFUSED' })
      watch.rearm(true, 0)
      const next = listener.next()
      sock.send('x')
      await next
      watch.stop()
      sock.close()
      poller.unref()
    })

    test('a watch alone does not keep the process alive, and ref() does', async () => {
      const { stdout, code } = await runScript(`
        import { SOCK_STREAM, socket } from 'berkeley/llsocket'
        import { threadPoller } from '#internal/engine/choose-poller.js'
        process.env.BERKELEY_POLLER = '${name}'
        const poller = threadPoller()
        const [a, b] = socket.pair(SOCK_STREAM, true)
        let held = true
        poller.watch(a.fd(), { ready() { console.log('held'); held = false; poller.unref(); return 0 } })
        poller.ref()
        setTimeout(() => b.send('x'), 50).unref()
        process.on('exit', () => console.log(held ? 'too early' : 'over'))
      `)
      assert.deepEqual([stdout, code], ['held\nover\n', 0])
    })
  })
}
