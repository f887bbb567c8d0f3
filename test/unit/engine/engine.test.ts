import assert from 'node:assert/strict'
import { beforeEach, describe, mock, test } from 'node:test'
import { MSG_DONTWAIT } from '#internal/constants/exported.generated.js'
import { sys } from '#internal/constants/lookup.js'
import { after } from '#internal/engine/deadline.js'
import { Engine } from '#internal/engine/engine.js'
import { AGAIN_NOW, type Operation } from '#internal/engine/operation.js'
import { HAS_TAKEN } from '#internal/engine/poller.js'
import { WAIT_FOREVER } from '#internal/engine/wait.js'
import { systemError } from '#internal/support/errors.js'
import { FakePoller } from '../../util/fake-poller.js'
import { eventually } from '../../util/waiting.js'

const FD = 42

/** A kernel that answers what it was told to, one answer for each call. */
class Script implements Operation<number> {
  readonly syscall = 'recv'
  calls = 0
  readonly answers: number[]

  constructor(...answers: number[]) {
    this.answers = answers
  }

  attempt(fd: number): number {
    assert.equal(fd, FD)
    this.calls++
    const answer = this.answers.shift()
    assert.notEqual(answer, undefined, 'one system call more than the script has')
    return answer as number
  }

  finish(count: number): number | typeof AGAIN_NOW {
    return count
  }
}

let poller: FakePoller
let closed: boolean
let engine: Engine

beforeEach(() => {
  poller = new FakePoller()
  closed = false
  const number = (syscall: string): number => {
    if (closed) throw systemError(sys.EBADF, syscall)
    return FD
  }
  engine = new Engine({ number }, poller)
})

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const readable = (): void => poller.report(FD, true, false)
const writable = (): void => poller.report(FD, false, true)

describe('the loop', () => {
  test('a call that completes at once waits for nothing', async () => {
    assert.equal(await engine.reader.run(new Script(5)), 5)
    assert.equal(poller.watched.size, 0)
    assert.equal(poller.holders, 0)
  })

  test('after EINTR the call is made again', async () => {
    const script = new Script(-sys.EINTR, -sys.EINTR, 7)
    assert.equal(await engine.reader.run(script), 7)
    assert.equal(script.calls, 3)
  })

  test('after EAGAIN the call waits for readiness and keeps the event loop alive that long', async () => {
    const script = new Script(-sys.EAGAIN, 3)
    const result = engine.reader.run(script)
    assert.equal(script.calls, 1)
    assert.equal(poller.holders, 1)
    readable()
    assert.equal(await result, 3)
    assert.equal(poller.holders, 0)
  })

  test('readiness that comes while another thread makes the call is not lost (H12)', async () => {
    const threads: ((result: number) => void)[] = []
    const result = engine.writer.run({
      syscall: 'sendfile',
      attempt: () => assert.fail('another thread makes the call'),
      offload: () => new Promise<number>((resolve) => threads.push(resolve)),
      finish: (count) => count,
    })
    threads[0]?.(-sys.EAGAIN)
    await turn()
    writable()
    assert.equal(threads.length, 2)
    // The room comes after that thread looked for it, and before it is known what it found.
    writable()
    threads[1]?.(-sys.EAGAIN)
    await turn()
    assert.equal(threads.length, 3, 'nobody will announce the room again')
    threads[2]?.(8)
    assert.equal(await result, 8)
  })

  test('readiness is not lost either when an earlier call has waited and this one has yet to (H12)', async () => {
    const before = engine.writer.run(new Script(-sys.EAGAIN, 1))
    writable()
    assert.equal(await before, 1)
    const threads: ((result: number) => void)[] = []
    const sent = engine.writer.run({
      syscall: 'sendfile',
      attempt: () => assert.fail('another thread makes the call'),
      offload: () => new Promise<number>((resolve) => threads.push(resolve)),
      finish: (count) => count,
    })
    threads[0]?.(-sys.EAGAIN)
    await turn()
    assert.ok(poller.rooms.has(FD), 'room that came meanwhile was not announced, and has to be asked for')
    writable()
    assert.equal(threads.length, 2)
    threads[1]?.(8)
    assert.equal(await sent, 8)
  })

  test('a call that says EAGAIN after readiness waits again (H11)', async () => {
    const script = new Script(-sys.EAGAIN, -sys.EAGAIN, -sys.EAGAIN, 9)
    const result = engine.reader.run(script)
    readable()
    readable()
    readable()
    assert.equal(await result, 9)
    assert.equal(script.calls, 4)
  })

  test('readiness of the other direction wakes no call', async () => {
    const script = new Script(-sys.EAGAIN, 1)
    const result = engine.reader.run(script)
    writable()
    assert.equal(script.calls, 1)
    readable()
    assert.equal(await result, 1)
  })

  test('the descriptor is registered once, and not for each wait', async () => {
    const watch = mock.method(poller, 'watch')
    for (let i = 0; i < 3; i++) {
      const result = engine.reader.run(new Script(-sys.EAGAIN, 1))
      readable()
      await result
    }
    assert.equal(watch.mock.callCount(), 1)
  })

  test('any other error is thrown with the name of the call', async () => {
    await assert.rejects(engine.reader.run(new Script(-sys.ECONNRESET)), { code: 'ECONNRESET', syscall: 'recv' })
    const waiting = engine.reader.run(new Script(-sys.EAGAIN, -sys.ECONNRESET))
    readable()
    await assert.rejects(waiting, { code: 'ECONNRESET' })
    assert.equal(poller.holders, 0)
  })

  test('an error of the poller rejects the call and leaves nothing behind', async () => {
    poller.refusal = systemError(sys.EPERM, 'epoll_ctl')
    await assert.rejects(engine.reader.run(new Script(-sys.EAGAIN)), { code: 'EPERM', syscall: 'epoll_ctl' })
    assert.equal(poller.holders, 0)
    assert.equal(await engine.reader.run(new Script(1)), 1)
  })

  test('an exception of the operation rejects the call, at once and after a wait', async () => {
    const boom = new Error('boom')
    const finish = (): never => {
      throw boom
    }
    await assert.rejects(engine.reader.run({ syscall: 'recv', attempt: () => 1, finish }), boom)
    const answers = [-sys.EAGAIN, 1]
    const waiting = engine.reader.run({ syscall: 'recv', attempt: () => answers.shift() as number, finish })
    readable()
    await assert.rejects(waiting, boom)
    assert.equal(poller.holders, 0)
  })
})

describe('several calls for one operation', () => {
  function sending(total: number, ...answers: number[]): Operation<number> {
    let sent = 0
    return {
      syscall: 'send',
      attempt: () => answers.shift() as number,
      finish(count) {
        sent += count
        return sent < total ? AGAIN_NOW : sent
      },
      context: () => ({ bytes: sent }),
    }
  }

  test('an operation that returns AGAIN_NOW goes on over waits until everything is done (H27)', async () => {
    const result = engine.writer.run(sending(10, 4, -sys.EAGAIN, 3, 3))
    writable()
    assert.equal(await result, 10)
  })

  test('an error midway says how far the operation came (H27)', async () => {
    const result = engine.writer.run(sending(10, 4, -sys.EAGAIN, -sys.EPIPE))
    writable()
    await assert.rejects(result, { code: 'EPIPE', bytes: 4 })
  })

  test('a long operation lets the event loop turn (H13)', async () => {
    let others = 0
    setImmediate(() => others++)
    const total = 100
    assert.equal(await engine.writer.run(sending(total, ...Array<number>(total).fill(1))), total)
    assert.equal(others, 1)
  })
})

describe('one operation in each direction', () => {
  test('a second operation in a direction waits for its turn while the other direction is free (H24)', async () => {
    const first = engine.reader.run(new Script(-sys.EAGAIN, 1))
    const script = new Script(3)
    const second = engine.reader.run(script)
    assert.equal(await engine.writer.run(new Script(2)), 2)
    assert.equal(script.calls, 0)
    readable()
    assert.deepEqual(await Promise.all([first, second]), [1, 3])
    assert.equal(poller.holders, 0)
  })

  test('operations have their turn in the order in which they came, also when some of them have to wait (H24)', async () => {
    const order: number[] = []
    const outcomes = [0, 1, 2, 3, 4].map((i) =>
      engine.reader.run(new Script(...(i % 2 === 0 ? [-sys.EAGAIN] : []), i)).then((value) => order.push(value)),
    )
    for (let i = 0; i < 3; i++) readable()
    await Promise.all(outcomes)
    assert.deepEqual(order, [0, 1, 2, 3, 4])
  })

  test('an operation that fails lets the next one have its turn (H25)', async () => {
    const first = engine.reader.run(new Script(-sys.EAGAIN, -sys.ECONNRESET))
    const second = engine.reader.run(new Script(7))
    readable()
    await assert.rejects(first, { code: 'ECONNRESET' })
    assert.equal(await second, 7)
  })

  test('a deadline and a signal count while an operation waits for its turn, which it then leaves (H25)', async () => {
    const controller = new AbortController()
    const first = engine.reader.run(new Script(-sys.EAGAIN, 1))
    const late = engine.reader.run(new Script(), { ...WAIT_FOREVER, deadline: after(10) })
    const aborted = engine.reader.run(new Script(), { ...WAIT_FOREVER, deadline: after(0), signal: controller.signal })
    const last = engine.reader.run(new Script(2))
    await assert.rejects(late, { name: 'TimeoutError', syscall: 'recv' })
    controller.abort()
    await assert.rejects(aborted, { name: 'AbortError' })
    readable()
    assert.deepEqual(await Promise.all([first, last]), [1, 2])
    assert.equal(poller.holders, 0)
  })

  test('close() ends every operation that waits for its turn with ECANCELED, in their order (H02)', async () => {
    const ended: number[] = []
    const waiting = [0, 1, 2].map((i) =>
      assert
        .rejects(engine.reader.run(new Script(...(i === 0 ? [-sys.EAGAIN] : []))), { code: 'ECANCELED' })
        .then(() => ended.push(i)),
    )
    engine.close()
    await Promise.all(waiting)
    assert.deepEqual(ended, [0, 1, 2])
    assert.equal(poller.holders, 0)
  })

  test('an operation with MSG_DONTWAIT is EAGAIN when it would have to wait for its turn', async () => {
    const first = engine.reader.run(new Script(-sys.EAGAIN, 1))
    const script = Object.assign(new Script(), { flags: MSG_DONTWAIT })
    await assert.rejects(engine.reader.run(script), { code: 'EAGAIN' })
    readable()
    assert.equal(await first, 1)
  })

  test('of very many operations at once none is refused, and the event loop turns between them (H13)', async () => {
    let turns = 0
    const count = (): void => {
      turns++
      ticking = setImmediate(count)
    }
    let ticking = setImmediate(count)
    const values = await Promise.all(Array.from({ length: 5000 }, (_, i) => engine.writer.run(new Script(i))))
    clearImmediate(ticking)
    assert.deepEqual(
      values,
      Array.from({ length: 5000 }, (_, i) => i),
    )
    assert.ok(turns >= 5000 / 128, `${turns} turns`)
  })

  test('after many completions without a wait the event loop turns (H13)', async () => {
    let turned = false
    setImmediate(() => {
      turned = true
    })
    let count = 0
    while (!turned && count < 10_000) {
      await engine.reader.run(new Script(1))
      count++
    }
    assert.ok(turned, 'the loop turned')
    assert.ok(count <= 128, `after ${count} completions`)
  })
})

describe('drained sockets', () => {
  /** A receive of 10 bytes, for which a shorter count means that no more is there. */
  function receive(...answers: number[]): Operation<number> & { calls: number } {
    return {
      syscall: 'recv',
      calls: 0,
      attempt() {
        this.calls++
        return answers.shift() as number
      },
      finish: (count) => count,
      drained: (count) => count > 0 && count < 10,
    }
  }

  /** An engine whose descriptor is under watch already. */
  async function watched(): Promise<void> {
    const first = engine.reader.run(receive(-sys.EAGAIN, 10))
    readable()
    await first
  }

  test('after a short count the next operation waits without a call until readiness is announced', async () => {
    await watched()
    assert.equal(await engine.reader.run(receive(4)), 4)
    const next = receive(3)
    const result = engine.reader.run(next)
    assert.equal(next.calls, 0)
    readable()
    assert.equal(await result, 3)
  })

  test('data that was announced in between is received at once', async () => {
    await watched()
    await engine.reader.run(receive(4))
    readable()
    assert.equal(await engine.reader.run(receive(5)), 5)
  })

  test('the next operation makes its call after a full count, after the end, and for an operation of another kind', async () => {
    await watched()
    for (const count of [10, 0]) {
      await engine.reader.run(receive(count))
      assert.equal(await engine.reader.run(receive(6)), 6)
      readable()
    }
    await engine.reader.run(receive(4))
    assert.equal(await engine.reader.run(new Script(2)), 2)
  })

  test('the next operation makes its call before the descriptor is watched, when nothing would be announced', async () => {
    assert.equal(await engine.reader.run(receive(4)), 4)
    assert.equal(await engine.reader.run(receive(5)), 5)
  })

  test('after the end or an error was announced every operation makes its call, because no event follows', async () => {
    await watched()
    poller.report(FD, true, true, true)
    assert.equal(await engine.reader.run(receive(4)), 4)
    assert.equal(await engine.reader.run(receive(0)), 0)
  })
})

describe('sockets whose counts do not say what is left', () => {
  /** A receive of one message. */
  function message(...answers: number[]): Script & Operation<number> {
    return Object.assign(new Script(...answers), { drained: () => false, leavesToKernel: () => true })
  }

  /** Messages that wait for readiness, and then come. */
  async function receiveLater(...counts: number[]): Promise<void> {
    for (const count of counts) {
      const next = message(count)
      const result = engine.reader.run(next)
      assert.equal(next.calls, 0)
      readable()
      assert.equal(await result, count)
    }
  }

  async function watched(): Promise<void> {
    const first = engine.reader.run(message(-sys.EAGAIN, 5))
    readable()
    await first
  }

  test('the next operation makes its call, because it may find more', async () => {
    await watched()
    assert.equal(await engine.reader.run(message(5)), 5)
  })

  test('it waits without a call where the poller reports what is left, until it does', async () => {
    poller.leavesRest = true
    await watched()
    await receiveLater(5, 6)
    readable()
    assert.equal(await engine.reader.run(message(7)), 7)
    await receiveLater(8)
  })

  test('it makes its call after much was received, because what is left may be as much', async () => {
    poller.leavesRest = true
    await watched()
    await receiveLater(4096, 4097)
    assert.equal(await engine.reader.run(message(6)), 6)
    await receiveLater(7)
  })

  test('it makes its call after the end was announced, and while something beside the data is waited for', async () => {
    poller.leavesRest = true
    await watched()
    const oob = engine.on('oob').run(new Script(-sys.EAGAIN, 1))
    await receiveLater(5)
    assert.equal(await engine.reader.run(message(6)), 6)
    poller.report(FD, true, false, true)
    assert.equal(await oob, 1)
    engine.forget('oob')
    for (let i = 0; i < 3; i++) assert.equal(await engine.reader.run(message(5)), 5)
  })

  test('a call that must not wait finds what was left, so does one with a hook, and one whose deadline passes first', async () => {
    poller.leavesRest = true
    await watched()
    const script = Object.assign(message(7), { flags: MSG_DONTWAIT })
    assert.equal(await engine.reader.run(script), 7)
    assert.equal(await engine.reader.run(message(8), { ...WAIT_FOREVER, deadline: after(1) }), 8)
    const onWait = (): boolean => assert.fail('it does not wait')
    assert.equal(await engine.reader.run(message(9), { ...WAIT_FOREVER, onWait }), 9)
    const late = engine.reader.run(message(-sys.EAGAIN), { ...WAIT_FOREVER, deadline: after(1) })
    await assert.rejects(late, { name: 'TimeoutError' })
    assert.equal(poller.holders, 0)
  })

  test('a report says whether something was received by a call that waited', async () => {
    const listener = (): number => poller.watched.get(FD)?.ready(true, false, false) ?? -1
    const vain = engine.reader.run(message(-sys.EAGAIN, -sys.EAGAIN, 5))
    assert.equal(listener(), 0)
    assert.equal(listener(), HAS_TAKEN)
    assert.equal(await vain, 5)
    assert.equal(listener(), 0)
  })
})

describe('deadlines', () => {
  test('a wait that takes too long rejects with a TimeoutError that says how far it came (H22)', async () => {
    const started = performance.now()
    const operation: Operation<number> = {
      syscall: 'send',
      attempt: () => -sys.EAGAIN,
      finish: (n) => n,
      context: () => ({ bytes: 17 }),
    }
    await assert.rejects(engine.writer.run(operation, { ...WAIT_FOREVER, deadline: after(30) }), {
      name: 'TimeoutError',
      code: 'ETIMEDOUT',
      syscall: 'send',
      bytes: 17,
    })
    assert.ok(performance.now() - started >= 30, 'not before its time')
    assert.equal(poller.holders, 0)
  })

  test('readiness does not start the deadline anew (H11)', async () => {
    const script: Operation<number> = { syscall: 'recv', attempt: () => -sys.EAGAIN, finish: (n) => n }
    const started = performance.now()
    const result = engine.reader.run(script, { ...WAIT_FOREVER, deadline: after(50) })
    const nagging = setInterval(readable, 5)
    await assert.rejects(result, { code: 'ETIMEDOUT' })
    clearInterval(nagging)
    assert.ok(performance.now() - started < 1000)
  })

  test('a call that completes at once ignores the deadline, and delivers what is there (H22)', async () => {
    assert.equal(await engine.reader.run(new Script(5), { ...WAIT_FOREVER, deadline: performance.now() - 1 }), 5)
  })

  test('a deadline that has passed before the wait ends it at once', async () => {
    await assert.rejects(
      engine.reader.run(new Script(-sys.EAGAIN), { ...WAIT_FOREVER, deadline: performance.now() - 1 }),
      {
        code: 'ETIMEDOUT',
      },
    )
  })
})

describe('cancellation', () => {
  test('no system call is made with a signal that is aborted already (H23)', async () => {
    const reason = new Error('why')
    await assert.rejects(
      engine.reader.run(new Script(), { ...WAIT_FOREVER, deadline: after(0), signal: AbortSignal.abort(reason) }),
      {
        name: 'AbortError',
        code: 'ABORT_ERR',
        cause: reason,
      },
    )
  })

  test('after an abort during a wait the next call gets what arrives later (H23)', async () => {
    const abort = new AbortController()
    const result = engine.reader.run(new Script(-sys.EAGAIN), {
      ...WAIT_FOREVER,
      deadline: after(0),
      signal: abort.signal,
    })
    abort.abort()
    await assert.rejects(result, { name: 'AbortError' })
    readable()
    assert.equal(await engine.reader.run(new Script(4)), 4)
    assert.equal(poller.holders, 0)
  })

  test('close() ends every wait once with ECANCELED and stops the watch (H02)', async () => {
    const reading = engine.reader.run(new Script(-sys.EAGAIN))
    const writing = engine.writer.run(new Script(-sys.EAGAIN))
    engine.close()
    closed = true
    await assert.rejects(reading, { code: 'ECANCELED' })
    await assert.rejects(writing, { code: 'ECANCELED' })
    assert.equal(poller.watched.size, 0)
    assert.equal(poller.holders, 0)
    await assert.rejects(engine.reader.run(new Script()), { code: 'EBADF' })
  })
})

describe('wait hooks', () => {
  test('a hook is called before each wait with the time that is left, and not without a wait (H26)', async () => {
    const left: number[] = []
    const hook = (ms: number): void => {
      left.push(ms)
    }
    assert.equal(await engine.reader.run(new Script(1), { ...WAIT_FOREVER, deadline: after(0), onWait: hook }), 1)
    assert.deepEqual(left, [])
    const result = engine.reader.run(new Script(-sys.EAGAIN, -sys.EAGAIN, 1), {
      ...WAIT_FOREVER,
      deadline: after(0),
      onWait: hook,
    })
    readable()
    readable()
    assert.equal(await result, 1)
    assert.deepEqual(left, [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY])
  })

  test('a hook that returns false ends the call with ECANCELED, one that throws with its exception (H26)', async () => {
    const hook = (): boolean => false
    await assert.rejects(
      engine.reader.run(new Script(-sys.EAGAIN), { ...WAIT_FOREVER, deadline: after(0), onWait: hook }),
      {
        code: 'ECANCELED',
      },
    )
    const boom = new Error('boom')
    const thrower = (): never => {
      throw boom
    }
    await assert.rejects(
      engine.reader.run(new Script(-sys.EAGAIN), { ...WAIT_FOREVER, deadline: after(0), onWait: thrower }),
      boom,
    )
    assert.equal(poller.holders, 0)
  })

  test('a hook that closes the socket ends the wait, and nothing is registered afterwards (H17)', async () => {
    const hook = (): void => {
      engine.close()
      closed = true
    }
    await assert.rejects(
      engine.reader.run(new Script(-sys.EAGAIN), { ...WAIT_FOREVER, deadline: after(0), onWait: hook }),
      {
        code: 'ECANCELED',
      },
    )
    assert.equal(poller.watched.size, 0)
    assert.equal(poller.holders, 0)
  })
})

describe('errors that pass with time', () => {
  const exhausted = (...answers: number[]): Operation<number> & { calls: number } => ({
    syscall: 'accept',
    calls: 0,
    attempt() {
      this.calls++
      return answers.shift() ?? -sys.EMFILE
    },
    finish: (fd) => fd,
    pauseOn: new Set([sys.EMFILE]),
    retryOn: new Set([sys.ECONNABORTED]),
  })

  test('a paused operation does not spin on readiness meanwhile (H46)', async () => {
    const operation = exhausted(-sys.EMFILE, -sys.EMFILE, 8)
    const result = engine.reader.run(operation)
    for (let i = 0; i < 100; i++) readable()
    assert.equal(operation.calls, 1)
    assert.equal(await result, 8)
    assert.equal(operation.calls, 3)
  })

  test('a wait for which there is no room for a poller makes the call again after pauses, and waits when there is', async () => {
    poller.exhausted = 2
    const script = new Script(-sys.EAGAIN, -sys.EAGAIN, -sys.EAGAIN, 4)
    const result = engine.reader.run(script)
    assert.equal(poller.watched.size, 0)
    await eventually(() => poller.watched.size > 0, 'a watch')
    assert.equal(script.calls, 3)
    readable()
    assert.equal(await result, 4)
  })

  test('a call that finds something in such a pause needs no poller, and its deadline and its close hold', async () => {
    poller.exhausted = 100
    assert.equal(await engine.reader.run(new Script(-sys.EAGAIN, 4)), 4)
    const endless = (): Script => new Script(...Array.from({ length: 100 }, () => -sys.EAGAIN))
    await assert.rejects(engine.reader.run(endless(), { ...WAIT_FOREVER, deadline: after(15) }), {
      name: 'TimeoutError',
    })
    const waiting = engine.reader.run(endless())
    engine.close()
    await assert.rejects(waiting, { code: 'ECANCELED' })
    assert.equal(poller.holders, 0)
  })

  test('a call that succeeded starts the pauses anew', async () => {
    const answers = Array.from({ length: 20 }, () => [-sys.EMFILE, 1]).flat()
    let left = 20
    const operation: Operation<string> = {
      syscall: 'sendmmsg',
      attempt: () => answers.shift() as number,
      finish: (count) => {
        left -= count
        return left > 0 ? AGAIN_NOW : 'all'
      },
      pauseOn: new Set([sys.EMFILE]),
    }
    const start = performance.now()
    assert.equal(await engine.writer.run(operation), 'all')
    const took = performance.now() - start
    assert.ok(took < 2000, `20 first pauses took ${took} ms; growing ones would take more than 10 s`)
  })

  test('a deadline ends a pause as well', async () => {
    await assert.rejects(engine.reader.run(exhausted(), { ...WAIT_FOREVER, deadline: after(20) }), {
      code: 'ETIMEDOUT',
      syscall: 'accept',
    })
    assert.equal(poller.holders, 0)
  })

  test('a transient error is retried at once (H47)', async () => {
    const operation = exhausted(-sys.ECONNABORTED, -sys.ECONNABORTED, 6)
    assert.equal(await engine.reader.run(operation), 6)
  })

  test('a transient error that does not pass becomes a pause instead of a spin (H47)', async () => {
    let calls = 0
    const operation: Operation<number> = {
      syscall: 'accept',
      attempt: () => (++calls > 20 ? 3 : -sys.ECONNABORTED),
      finish: (n) => n,
      retryOn: new Set([sys.ECONNABORTED]),
    }
    const result = engine.reader.run(operation)
    assert.ok(calls < 20, `${calls} calls without a pause`)
    assert.equal(await result, 3)
  })
})

describe('ref and unref', () => {
  test('a wait in progress follows unref and ref (H19)', async () => {
    const result = engine.reader.run(new Script(-sys.EAGAIN, 1))
    assert.equal(poller.holders, 1)
    engine.setReferenced(false)
    assert.equal(poller.holders, 0)
    engine.setReferenced(true)
    assert.equal(poller.holders, 1)
    readable()
    await result
    assert.equal(poller.holders, 0)
  })

  test("a later wait of an unref'd socket does not keep the event loop alive (H19)", async () => {
    engine.setReferenced(false)
    const result = engine.reader.run(new Script(-sys.EAGAIN, 1))
    assert.equal(poller.holders, 0)
    readable()
    await result
    assert.equal(poller.holders, 0)
  })
})

describe('operations for which nobody waits', () => {
  class InBackground extends Script {
    readonly isBackground = true
    readonly wakeOnEither = true
  }

  test('one that runs in the background does not keep the event loop alive, whatever the others do', async () => {
    const background = engine.on('handshake').run(new InBackground(-sys.EAGAIN, 1))
    assert.equal(poller.holders, 0)
    engine.setReferenced(false)
    engine.setReferenced(true)
    assert.equal(poller.holders, 0)
    const receiving = engine.reader.run(new Script(-sys.EAGAIN, 5))
    assert.equal(poller.holders, 1)
    readable()
    assert.deepEqual(await Promise.all([background, receiving]), [1, 5])
    assert.equal(poller.holders, 0)
  })

  test('readiness of either kind goes to it first, and no call waits its turn behind it', async () => {
    const order: string[] = []
    const background = engine.on('handshake').run(new InBackground(-sys.EAGAIN, -sys.EAGAIN, 1))
    const sending = engine.writer.run(new Script(-sys.EAGAIN, 4))
    background.then(() => order.push('background'))
    sending.then(() => order.push('sent'))
    writable()
    await sending
    readable()
    await background
    assert.deepEqual(order, ['sent', 'background'])
  })

  test('an occasion that was forgotten can come again, and others stay', async () => {
    const waiting = engine.on('hangup').run(new Script(-sys.EAGAIN, 7))
    await engine.on('handshake').run(new InBackground(1))
    engine.forget('handshake')
    const again = engine.on('handshake').run(new InBackground(-sys.EAGAIN, 2))
    poller.report(FD, true, true, true)
    assert.deepEqual(await Promise.all([waiting, again]), [7, 2])
  })
})
