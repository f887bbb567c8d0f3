// A client that is closed, detached or aborted at any moment of its attempt to connect.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type AddrInfo, type Socket, type SystemError, stream } from 'berkeley'
import type { Socket as LowSocket } from 'berkeley/llsocket'
import { native } from '#internal/native/sockets.js'
import { abstractName, closing, leavesNoFd, plannedClient, within } from '../util/index.js'
import { listening, portOf } from './common.js'

leavesNoFd()

/** More than an attempt takes that never has to wait. */
const MICROTASKS = 60

const aborts: [what: string, end: (client: Socket, abort: AbortController) => unknown][] = [
  [
    'before',
    (client, abort) => {
      abort.abort('enough')
      return client.close()
    },
  ],
  [
    'from a signal whose listener calls',
    (client, abort) => {
      abort.signal.addEventListener('abort', () => void client.close())
      abort.abort('enough')
    },
  ],
]

describe('close() during connect()', () => {
  test('connect() rejects with EALREADY during another attempt, and close() ends that one without leaving a connection (H02)', async (t) => {
    const server = await listening(t)
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port: portOf(server) }, false))
    const attempt = client.connect()
    await assert.rejects(client.connect(), { code: 'EALREADY', syscall: 'connect' })
    await client.close()
    await assert.rejects(attempt, { code: 'ECANCELED', syscall: 'connect' })
    assert.equal(client.fd(), -1)
    await client.connect()
    await client.send('the second attempt')
  })

  test('a client closed at any moment of connect() stays closed, and connect() is canceled or had succeeded before (H02)', async (t) => {
    const path = abstractName()
    const listener = closing(t, await stream.unix.Server.create({ path }))
    listener.listen()
    const lookup = async (): Promise<AddrInfo[]> => [listener.getsockname()]
    const prepare = (sock: LowSocket): void => void sock.sndbuf(4096)
    const makers = [
      () => stream.unix.Client.create({ path }, false),
      async () => plannedClient(stream.unix.Socket, { lookup, prepare }),
    ]
    for (const make of makers)
      for (let after = 0; after < MICROTASKS; after++) {
        const client = closing(t, await make())
        const outcome = client.connect().then(
          () => 'through',
          (error: SystemError) => error.code,
        )
        for (let i = 0; i < after; i++) await undefined
        await client.close()
        assert.match(await within(outcome, 'the end of the attempt'), /^(ECANCELED|through)$/)
        assert.equal(client.fd(), -1, `${after} microtasks after the call`)
      }
  })

  test('connect() begins no TLS handshake after close() while the listening says nothing (H02)', async (t) => {
    const path = abstractName()
    const listener = closing(t, await stream.unix.Server.create({ path }))
    listener.listen(MICROTASKS)
    for (let after = 0; after < MICROTASKS; after++) {
      const client = closing(t, await stream.unix.Client.create({ path, tlscfg: { servername: 'localhost' } }, false))
      const canceled = assert.rejects(client.connect(), { code: 'ECANCELED' })
      for (let i = 0; i < after; i++) await undefined
      await client.close()
      await within(canceled, `the end of the attempt, ${after} microtasks after the call`)
    }
  })

  test('prepare() is not called after close()', async (t) => {
    const { port } = (await listening(t)).getsockname()
    const late: number[] = []
    for (let after = 0; after < MICROTASKS; after++) {
      let isClosed = false
      const prepare = (): void => {
        if (isClosed) late.push(after)
      }
      const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port, prepare }, false))
      const canceled = assert.rejects(client.connect(), { code: 'ECANCELED' })
      for (let i = 0; i < after; i++) await undefined
      isClosed = true
      await client.close()
      await within(canceled, 'the end of the attempt')
    }
    assert.deepEqual(late, [], 'microtasks after the call')
  })
})

describe('abort during connect()', () => {
  for (const [what, end] of aborts)
    test(`connect() rejects with the AbortError when the abort comes ${what} close()`, async (t) => {
      const { port } = (await listening(t)).getsockname()
      for (const host of ['127.0.0.1', 'localhost'])
        for (let after = 0; after < MICROTASKS; after++) {
          const client = closing(t, await stream.inet.Client.create({ host, port }, false))
          const abort = new AbortController()
          const expected = { name: 'AbortError', cause: 'enough' }
          const aborted = assert.rejects(client.connect(0, { signal: abort.signal }), expected)
          for (let i = 0; i < after; i++) await undefined
          await end(client, abort)
          await within(aborted, `the end of the attempt, ${after} microtasks after the call`)
        }
    })
})

describe('detach() during connect()', () => {
  test('a client that is detached while it connects again stays detached (H02)', async (t) => {
    const listener = await listening(t)
    const { port = 0 } = listener.getsockname()
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port }))
    const again = client.connect()
    native.close(client.detach())
    await assert.rejects(within(again, 'the end of the attempt'), { code: 'ECANCELED' })
    assert.equal(client.fd(), -1)
  })
})
