import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AddrInfo, connect, stream, tls } from 'berkeley'
import { SOCK_STREAM, socket } from 'berkeley/llsocket'
import type { Test } from '../../stream/common.js'
import { closing, closingAll, leavesNoFd, runScript, thrownBy } from '../../util/index.js'

leavesNoFd()

/** The first frame of a stack. */
const top = (error: Error): string => error.stack?.split('\n').find((line) => line.startsWith('    at ')) ?? ''

test('the stack of an error begins at the line of the caller', async (t) => {
  function userOfLlsocket(): void {
    closingAll(t, socket.pair(SOCK_STREAM, true))[0].getsockopt(1, 9999, 'int')
  }
  function userOfAddresses(): void {
    AddrInfo.inet('nonsense')
  }
  const failed = thrownBy(userOfLlsocket)
  assert.match(top(failed), /userOfLlsocket/)
  assert.match(failed.stack ?? '', /^SystemError: getsockopt ENOPROTOOPT/)
  assert.match(top(thrownBy(userOfAddresses)), /userOfAddresses/)
  const [a] = closingAll(t, await stream.unix.pair())
  await a.close()
  async function userOfStreams(): Promise<void> {
    await a.send('x')
  }
  await assert.rejects(userOfStreams(), (error: Error) => /userOfStreams/.test(top(error)))
})

test('the stack of an error is no longer than the limit, which stays unchanged', () => {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 2
  const error = thrownBy(() => AddrInfo.inet('nonsense'))
  assert.equal(Error.stackTraceLimit, 2)
  Error.stackTraceLimit = limit
  assert.equal(error.stack?.split('\n').filter((line) => line.startsWith('    at ')).length, 2)
})

describe('errors from an event', () => {
  type Pair = [stream.unix.Socket, stream.unix.Socket]
  const failures: [name: string, fails: (...pair: Pair) => Promise<unknown>][] = [
    [
      'a deadline',
      async (a) => {
        a.deadlines(1)
        await a.recv()
      },
    ],
    [
      'a signal',
      async (a) => {
        const abort = new AbortController()
        setImmediate(() => abort.abort())
        await a.recv(1, 0, { signal: abort.signal })
      },
    ],
    [
      'close()',
      async (a) => {
        setImmediate(() => void a.close())
        await a.recv()
      },
    ],
    [
      'the kernel',
      async (a, b) => {
        const sent = a.send(Buffer.alloc(1 << 24))
        setImmediate(() => void b.close())
        await sent
      },
    ],
    [
      'a deadline in the queue',
      async (a) => {
        a.deadlines(5)
        a.recv().catch(() => {})
        await a.recv()
      },
    ],
    [
      'a wait for readiness',
      async (a) => {
        await a.hangup({ timeout: 1 })
      },
    ],
  ]
  for (const [name, fails] of failures)
    test(`the stack of an error by ${name} begins where the call is awaited`, async (t) => {
      const pair = closingAll(t, await stream.unix.pair())
      async function userOfSockets(): Promise<void> {
        await fails(...pair)
      }
      await assert.rejects(userOfSockets(), (error: Error) => {
        assert.match(error.stack ?? '', /^(SystemError|TimeoutError|AbortError): .*\n {4}at async /)
        assert.match(error.stack ?? '', /userOfSockets/)
        assert.doesNotMatch(error.stack ?? '', /node:internal\/timers|[/]dist[/]|[/]src[/]/)
        return true
      })
    })

  test('the calls of the package that lead to it are no part of it', async (t) => {
    const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
    server.listen()
    server.deadlines(1)
    async function userOfServers(): Promise<void> {
      await server.accept()
    }
    await assert.rejects(userOfServers(), (error: Error) => /at async userOfServers/.test(top(error)))
  })

  test('without anybody who awaits it has the frames that exist', async (t) => {
    const [a] = closingAll(t, await stream.unix.pair())
    a.deadlines(1)
    const error = await new Promise<Error>((resolve) => {
      a.recv().catch(resolve)
    })
    assert.notEqual(top(error), '')
  })

  test('what a wait hook throws keeps its stack', async (t) => {
    const [a] = closingAll(t, await stream.unix.pair())
    a.onwaitrecv(function hookOfUser() {
      throw new Error('no')
    })
    await assert.rejects(a.recv(), (error: Error) => /hookOfUser/.test(top(error)))
  })

  test('a rejection that nobody handles is reported once', async () => {
    const { stdout } = await runScript(`
      import { stream } from 'berkeley'
      const [a] = await stream.unix.pair()
      process.on('unhandledRejection', (error) => console.log(error.name))
      a.deadlines(1)
      a.recv()`)
    assert.equal(stdout, 'TimeoutError\n')
  })
})

describe('whatever a program has made of stacks (H104)', () => {
  /** What an error has to be, however its stack looks. */
  async function errorsAreThemselves(t: Test): Promise<void> {
    const [a, b] = closingAll(t, await stream.unix.pair())
    a.deadlines(1)
    const errors = [
      await a.recv().catch((error: unknown) => error),
      await a.recv(1, 0, { signal: AbortSignal.abort('why') }).catch((error: unknown) => error),
      await a.send(5 as never).catch((error: unknown) => error),
      caught(() => AddrInfo.inet('nonsense')),
      caught(() => closingAll(t, socket.pair(SOCK_STREAM, true))[0].getsockopt(1, 9999, 'int')),
      await b.recv(1, 0, { signal: 5 as never }).catch((error: unknown) => error),
      await connect({ host: '127.0.0.1', port: 1 }).catch((error: unknown) => error),
      caught(() => new tls.Context({ cert: 'nonsense', key: 'nonsense' }, true)),
    ] as (Error & { code: string })[]
    // Judged by the test below, when stacks are their usual selves again.
    collected.push(...errors.map((error) => `${error?.constructor.name} ${error?.name} ${error?.code}`))
  }

  const EXPECTED = [
    'TimeoutError TimeoutError ETIMEDOUT',
    'Error AbortError ABORT_ERR',
    'TypeError TypeError ERR_INVALID_ARG_TYPE',
    'TypeError TypeError ERR_INVALID_ARG_VALUE',
    'SystemError SystemError ENOPROTOOPT',
    'TypeError TypeError ERR_INVALID_ARG_TYPE',
    'SystemError SystemError ECONNREFUSED',
    'TypeError TypeError ERR_INVALID_ARG_VALUE',
  ]
  let collected: string[] = []

  /** What `act` throws, without assertions, which look at stacks themselves. */
  function caught(act: () => unknown): unknown {
    try {
      return act()
    } catch (error) {
      return error
    }
  }

  const preparations: [name: string, prepare: unknown][] = [
    ['a list of call sites', (_: Error, frames: unknown) => frames],
    ['null', () => null],
    ['undefined', () => undefined],
    ['a number', () => 5],
    ['a text without frames', () => 'no stack today'],
    ['an object whose methods throw', () => new Proxy({}, { get: () => assert.fail('read') })],
    [
      'an exception',
      () => {
        throw new Error('from prepareStackTrace')
      },
    ],
  ]
  for (const [name, prepare] of preparations)
    test(`errors keep class, name and code when Error.prepareStackTrace makes ${name} of a stack`, async (t) => {
      const former = Error.prepareStackTrace
      const limit = Error.stackTraceLimit
      collected = []
      Error.prepareStackTrace = prepare as typeof former
      try {
        await errorsAreThemselves(t)
      } finally {
        Error.prepareStackTrace = former
      }
      assert.equal(Error.stackTraceLimit, limit)
      assert.deepEqual(collected, EXPECTED)
    })

  test('an error has the stack that Error.prepareStackTrace makes', () => {
    const former = Error.prepareStackTrace
    const frames = [1, 2, 3]
    Error.prepareStackTrace = () => frames
    try {
      const { stack } = caught(() => AddrInfo.inet('nonsense')) as Error
      Error.prepareStackTrace = former
      assert.equal(stack, frames)
    } finally {
      Error.prepareStackTrace = former
    }
  })

  const limits: [name: string, property: PropertyDescriptor][] = [
    ['0', { value: 0 }],
    ['-1', { value: -1 }],
    ['NaN', { value: Number.NaN }],
    ['Infinity', { value: Number.POSITIVE_INFINITY }],
    ['a text', { value: 'ten' }],
    ['undefined', { value: undefined }],
    ['read-only', { value: 10, writable: false }],
    [
      'a getter and setter that throw',
      {
        get: () => assert.fail('read'),
        set: () => assert.fail('written'),
      },
    ],
  ]
  for (const [name, property] of limits)
    test(`errors keep class, name and code when Error.stackTraceLimit is ${name}`, async (t) => {
      const former = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit') as PropertyDescriptor
      const kept = 'value' in property ? { ...former, ...property } : { configurable: true, ...property }
      collected = []
      Object.defineProperty(Error, 'stackTraceLimit', kept)
      try {
        await errorsAreThemselves(t)
      } finally {
        Object.defineProperty(Error, 'stackTraceLimit', former)
      }
      assert.deepEqual(collected, EXPECTED)
    })

  test('an Error.captureStackTrace of the program is not called', async (t) => {
    collected = []
    t.mock.method(Error, 'captureStackTrace', () => {
      throw new Error('called')
    })
    await errorsAreThemselves(t)
    t.mock.restoreAll()
    assert.deepEqual(collected, EXPECTED)
  })

  test('errors are what they are in a process whose intrinsics are frozen', async () => {
    const { stdout, stderr } = await runScript(
      `import { connect } from 'berkeley'
       Object.freeze(Error)
       const error = await connect({ host: '127.0.0.1', port: 1 }).catch((error) => error)
       console.log(error.name, error.code)`,
    )
    assert.equal(stdout, 'SystemError ECONNREFUSED\n', stderr)
  })
})
