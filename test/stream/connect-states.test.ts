// An attempt to connect that is ended from outside, in each state that it may be in.
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { stream } from 'berkeley'
import { threadPoller } from '#internal/engine/choose-poller.js'
import { trust } from '../tls/common.js'
import { closing, countFds, eventually, leavesNoFd, runScript, within } from '../util/index.js'
import { answering, blackHole, errorOf, refusing, Starts } from './addresses.js'

leavesNoFd()

// It has a descriptor of its own, which must not be counted during a test.
threadPoller()

type Options = stream.inet.ClientOptions

/** A state of an attempt: the options that lead to it, and what says that it is there. */
interface State {
  readonly options: Options
  readonly reached: () => Promise<unknown>
}

/** Waits until so many addresses were tried. */
const tried = (starts: Starts, count: number) => (): Promise<void> =>
  eventually(() => starts.times.length === count, `${count} attempts`)

const states: [what: string, make: (t: TestContext) => Promise<State>][] = [
  [
    'during a lookup that does not end',
    async () => {
      let isAsked = false
      const lookup = (): void => {
        isAsked = true
      }
      return { options: { host: 'a.example', port: 1, lookup }, reached: () => eventually(() => isAsked, 'the lookup') }
    },
  ],
  [
    'while one address does not answer and the next one is not due',
    async (t) => {
      const starts = new Starts()
      const dead = await blackHole(t, '127.0.7.1', 0)
      const options = { addresses: [dead, dead], attemptDelay: 60_000, prepare: starts.prepare }
      return { options, reached: tried(starts, 1) }
    },
  ],
  [
    'while several addresses do not answer',
    async (t) => {
      const starts = new Starts()
      const dead = await blackHole(t, '127.0.7.1', 0)
      const options = { addresses: [dead, dead, dead], attemptDelay: 10, prepare: starts.prepare }
      return { options, reached: tried(starts, 3) }
    },
  ],
  [
    'during a handshake that is not answered',
    async (t) => {
      const server = await answering(t, '127.0.7.2')
      const addresses = [server.getsockname(), ...refusing(1, 1)]
      return {
        options: { addresses, tlscfg: trust },
        reached: async () => {
          const peer = closing(t, await server.accept())
          await peer.recv() // the client's hello
        },
      }
    },
  ],
]

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

describe('ending connect() from outside (H107)', () => {
  for (const [what, make] of states) {
    /** Runs an attempt, and checks that nothing is left of it. */
    const ending = async (
      t: TestContext,
      act: (client: stream.inet.Client, abort: AbortController) => unknown,
      timeout = 0,
    ): Promise<Error & { code?: string }> => {
      const { options, reached } = await make(t)
      const client = closing(t, await stream.inet.Client.create(options, false))
      const [fds, pending] = [countFds(), timers()]
      const abort = new AbortController()
      const connecting = errorOf(client.connect(timeout, { signal: abort.signal }))
      await reached()
      const accepted = what.includes('handshake') ? 1 : 0
      await act(client, abort)
      const error = await within(connecting, 'the end of the attempt')
      assert.equal(countFds() - accepted, fds)
      assert.equal(timers(), pending)
      assert.equal(client.fd(), -1)
      return error
    }

    test(`an abort ${what} ends connect() with an AbortError, and leaves nothing open`, async (t) => {
      const error = await ending(t, (_, abort) => abort.abort('enough'))
      assert.deepEqual([error.name, error.cause], ['AbortError', 'enough'])
    })

    test(`close() ${what} ends connect() with ECANCELED, and leaves nothing open`, async (t) => {
      const error = await ending(t, (client) => client.close())
      assert.equal(error.code, 'ECANCELED')
    })

    test(`the deadline ${what} ends connect() with a TimeoutError, and leaves nothing open`, async (t) => {
      const error = await ending(t, () => undefined, 700)
      assert.equal(error.name, 'TimeoutError')
    })

    test(`connect() ${what} is EALREADY for another connect(), which does not disturb it`, async (t) => {
      await ending(t, async (client) => {
        await assert.rejects(client.connect(), { code: 'EALREADY' })
        await client.close()
      })
    })
  }

  test('close() by the prepare() of a later attempt ends connect() with ECANCELED, and leaves nothing open', async (t) => {
    const dead = await blackHole(t, '127.0.7.1', 0)
    let calls = 0
    const prepare = (): void => {
      if (++calls === 2) void client.close()
    }
    const options = { addresses: [dead, dead, dead], attemptDelay: 10, prepare }
    const client = closing(t, await stream.inet.Client.create(options, false))
    const before = [countFds(), timers()]
    const error = await within(errorOf(client.connect()), 'the end of the attempt')
    assert.deepEqual([error.code, calls, countFds(), timers()], ['ECANCELED', 2, ...before])
  })

  test('a client can connect again after each of them', async (t) => {
    const [server, dead] = [await answering(t, '127.0.7.2'), await blackHole(t, '127.0.7.1', 0)]
    const options = { addresses: [dead, server.getsockname()], attemptDelay: 100 }
    const client = closing(t, await stream.inet.Client.create(options, false))
    await assert.rejects(client.connect(30), { name: 'TimeoutError' })
    await assert.rejects(client.connect(0, { signal: AbortSignal.timeout(10) }), { name: 'AbortError' })
    const canceled = assert.rejects(client.connect(), { code: 'ECANCELED' })
    await client.close()
    await canceled
    await client.connect()
    assert.equal(String(client.getpeername()), String(server.getsockname()))
  })
})

describe('the event loop during connect()', () => {
  const PRELUDE = `
    import { connect, stream } from 'berkeley'
    const server = await stream.inet.Server.create({ host: '127.0.0.1' })
    server.listen(0)
    const dead = server.getsockname()
    const fillers = await Promise.all(Array.from({ length: 6 }, () => stream.inet.Client.create({ addresses: [dead] }, false)))
    await Promise.allSettled(fillers.map((filler) => filler.connect(60)))
    const open = await stream.inet.Server.create({ host: '127.0.0.1' })
    open.listen()
    const options = {
      lookup: { host: 'a.example', port: 1, lookup: () => {} },
      'one dead address': { addresses: [dead, dead], attemptDelay: 30000 },
      'dead addresses': { addresses: [dead, dead, dead], attemptDelay: 10 },
      handshake: { addresses: [open.getsockname()], tlscfg: { servername: 'a.example' } },
    }
    const began = performance.now()
    process.on('exit', () => console.log(outcome, performance.now() - began >= ENOUGH - 10))
    let outcome = 'pending'
    const client = await stream.inet.Client.create(options[STATE], false)
    const begin = () => void client.connect(ENOUGH).catch((error) => (outcome = error.name))
  `
  for (const state of ['lookup', 'one dead address', 'dead addresses', 'handshake']) {
    const code = (enough: number, act: string): string =>
      `const ENOUGH = ${enough}; ${PRELUDE.replace('STATE', JSON.stringify(state))} ${act}`

    test(`connect() keeps the process alive until its deadline (${state})`, async () => {
      const { stdout, stderr } = await runScript(code(200, 'begin()'))
      assert.equal(stdout, 'TimeoutError true\n', stderr)
    })

    test(`connect() of an unref client does not keep the process alive (${state})`, async () => {
      for (const act of ['client.unref(); begin()', 'begin(); setTimeout(() => client.unref(), 40)']) {
        const { stdout, stderr } = await runScript(code(60_000, act))
        assert.equal(stdout, 'pending false\n', stderr)
      }
    })

    test(`ref() during connect() keeps the process alive again (${state})`, async () => {
      const { stdout, stderr } = await runScript(
        code(200, 'client.unref(); begin(); setTimeout(() => client.ref(), 40)'),
      )
      assert.equal(stdout, 'TimeoutError true\n', stderr)
    })
  }
})
