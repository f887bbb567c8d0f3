import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { connect, listen, type Socket, type stream } from 'berkeley'
import { hostConfig } from '../tls/common.js'
import { abstractName, closing, closingAll, coded, eventually, leavesNoFd, within } from '../util/index.js'

leavesNoFd()

/** Answers with what was asked, until the peer has ended. */
async function echo(conn: Socket): Promise<void> {
  for (let data = await conn.recv(); data !== null; data = await conn.recv()) await conn.send(data)
}

async function ask(client: Socket, word: string): Promise<string> {
  await client.send(word)
  return String(await within(client.recv(), 'the answer'))
}

const client = (server: stream.inet.Server): Promise<stream.inet.Client> =>
  connect({ host: '127.0.0.1', port: server.getsockname().port })

describe('serve()', () => {
  test('many clients are served at the same time, and serve() resolves when the server is closed and they have ended', async () => {
    for (const options of [{ path: abstractName() }, { path: abstractName(), type: 'seqpacket' }] as const) {
      const server = await listen(options as { path: string })
      const serving = server.serve(echo)
      const clients = await Promise.all(Array.from({ length: 31 }, () => connect(options as { path: string })))
      const answers = await Promise.all(clients.map((one, i) => ask(one, `${i}`)))
      assert.deepEqual(
        answers,
        clients.map((_, i) => `${i}`),
      )
      await server.close()
      for (const one of clients.slice(1)) await one.close()
      const [last] = clients
      assert.equal(await ask(last as Socket, 'still served'), 'still served')
      await last?.close()
      await within(serving, 'the end')
    }
  })

  test('a connection is closed when its handler returns, throws or rejects, and the others go on', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1' }))
    const told: unknown[] = []
    let count = 0
    const serving = server.serve(
      (conn) => {
        count++
        if (count === 1) return undefined
        if (count === 2) throw new Error('thrown')
        if (count === 3) return Promise.reject(new Error('rejected'))
        return echo(conn)
      },
      { onError: (error, conn) => told.push((error as Error).message, conn.fd() >= 0) },
    )
    for (let i = 0; i < 3; i++) assert.equal(await within(closing(t, await client(server)).recv(), 'the end'), null)
    const last = closing(t, await client(server))
    assert.equal(await ask(last, 'x'), 'x')
    assert.deepEqual(told, ['thrown', true, 'rejected', true])
    await Promise.all([server.close(), last.close(), within(serving, 'the end')])
  })

  test('what a peer can cause is of no consequence without onError, and anything else is a process warning', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1' }))
    const warnings: string[] = []
    const onWarning = ({ message }: Error): number => warnings.push(message)
    process.on('warning', onWarning)
    t.after(() => process.off('warning', onWarning))
    let isOdd = false
    const serving = server.serve((conn) => (isOdd ? Promise.reject(new Error('a bug')) : echo(conn)))
    const rude = await client(server)
    await ask(rude, 'x')
    rude.linger(0)
    await rude.close()
    const polite = closing(t, await client(server))
    assert.equal(await ask(polite, 'y'), 'y')
    assert.deepEqual(warnings, [])
    isOdd = true
    assert.equal(await within(closing(t, await client(server)).recv(), 'the end'), null)
    await eventually(() => warnings.length > 0, 'the warning')
    assert.match(warnings.join(), /a connection has ended by an error: Error: a bug/)
    await Promise.all([server.close(), polite.close(), within(serving, 'the end')])
  })

  test('a line that is too long or has no end, and a connection that the program closes, are of no consequence either', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1' }))
    const warnings: string[] = []
    const onWarning = ({ message }: Error): number => warnings.push(message)
    process.on('warning', onWarning)
    t.after(() => process.off('warning', onWarning))
    const open = new Set<stream.inet.Socket>()
    const serving = server.serve(async (conn) => {
      open.add(conn)
      await conn.send('hello')
      for await (const line of conn.reader().lines({ max: 8 })) assert.fail(line)
    })
    const ended = async (act: (conn: stream.inet.Client) => unknown): Promise<void> => {
      const conn = closing(t, await client(server))
      await within(conn.recv(), 'the greeting')
      await act(conn)
      assert.equal(await within(conn.recv(), 'the end'), null)
    }
    await ended((conn) => conn.send('a line without an end'))
    await ended(async (conn) => {
      await conn.send('half')
      conn.closew()
    })
    await ended(() => Promise.all([...open].map((conn) => conn.close())))
    await Promise.all([server.close(), within(serving, 'the end')])
    await new Promise((turn) => setImmediate(turn))
    assert.deepEqual(warnings, [])
  })

  test('garbage in place of TLS ends its connection alone', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1', tlscfg: hostConfig }))
    const serving = server.serve(echo)
    const rude = closing(t, await client(server))
    await rude.send('GET / HTTP/1.0\r\n\r\n')
    while ((await within(rude.recv(), 'the end')) !== null);
    await Promise.all([server.close(), within(serving, 'the end')])
  })

  test('no more than maxConnections are served at a time, and the others wait in the backlog', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1' }))
    let [now, most] = [0, 0]
    const serving = server.serve(
      async (conn) => {
        most = Math.max(most, ++now)
        await echo(conn)
        now--
      },
      { maxConnections: 3 },
    )
    const clients = closingAll(t, await Promise.all(Array.from({ length: 7 }, () => client(server))))
    const answers = clients.map(async (one, i) => {
      const answer = await ask(one, `${i}`)
      await one.close()
      return answer
    })
    assert.deepEqual(await within(Promise.all(answers), 'all answers'), ['0', '1', '2', '3', '4', '5', '6'])
    assert.equal(most, 3)
    await Promise.all([server.close(), within(serving, 'the end')])
  })

  test('aborting closes the server and idle connections at once, and lets the others end', async (t) => {
    const controller = new AbortController()
    const server = closing(t, await listen({ host: '127.0.0.1' }))
    let finish: (() => void) | undefined
    const told: unknown[] = []
    const serving = server.serve(
      async (conn) => {
        const question = String(await conn.recv())
        if (question === 'slow') await new Promise<void>((resolve) => (finish = resolve))
        await conn.send('answer')
        await conn.recv()
      },
      { signal: controller.signal, onError: (error) => told.push(error) },
    )
    const [idle, slow] = [closing(t, await client(server)), closing(t, await client(server))]
    assert.equal(await ask(idle, 'quick'), 'answer')
    await slow.send('slow')
    await eventually(() => finish !== undefined, 'the slow question')
    controller.abort()
    assert.equal(server.fd(), -1)
    assert.equal(await within(idle.recv(), 'the end'), null)
    finish?.()
    assert.equal(String(await within(slow.recv(), 'the answer')), 'answer')
    // It is idle by now, and closed like the other one, long before the grace period is over.
    assert.equal(await within(slow.recv(), 'the end'), null)
    await within(serving, 'the end')
    assert.deepEqual(told, [])
  })

  test('after the grace period what is left is closed, and an aborted signal serves nobody', async (t) => {
    const controller = new AbortController()
    const server = closing(t, await listen({ host: '127.0.0.1' }))
    const busy = server.serve(
      async (conn) => {
        await conn.send(Buffer.alloc(64 << 20))
      },
      { signal: controller.signal, grace: 30 },
    )
    const stalled = closing(t, await client(server))
    await within(stalled.readable(), 'the first data')
    controller.abort()
    await within(busy, 'the end')
    const other = closing(t, await listen({ host: '127.0.0.1' }))
    await within(
      other.serve(() => assert.fail('it serves'), { signal: AbortSignal.abort() }),
      'the end',
    )
    assert.equal(other.fd(), -1)
  })

  test('a stream of a connection is served until it is closed', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1' }))
    const serving = server.serve(async (conn) => {
      const duplex = conn.duplex()
      duplex.pipe(duplex)
      await once(duplex, 'close')
    })
    const one = closing(t, await client(server))
    assert.equal(await ask(one, 'through a stream'), 'through a stream')
    await one.close()
    await Promise.all([server.close(), within(serving, 'the end')])
  })

  test('wrong arguments reject, and so does a server that does not listen', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1' }))
    await assert.rejects(server.serve(null as never), coded('ERR_INVALID_ARG_TYPE'))
    for (const [wrong, code] of [
      [{ maxConnections: 0 }, 'ERR_OUT_OF_RANGE'],
      [{ grace: -1 }, 'ERR_OUT_OF_RANGE'],
      [{ signal: {} }, 'ERR_INVALID_ARG_TYPE'],
      [{ onError: 1 }, 'ERR_INVALID_ARG_TYPE'],
      [{ max: 1 }, 'ERR_INVALID_ARG_VALUE'],
      [5, 'ERR_INVALID_ARG_TYPE'],
    ] as const)
      await assert.rejects(server.serve(echo, wrong as never), coded(code))
    const { inet } = (await import('berkeley')).stream
    const deaf = closing(t, await inet.Server.create({ host: '127.0.0.1' }))
    await assert.rejects(deaf.serve(echo), { code: 'EINVAL', message: /listen/ })
  })
})
