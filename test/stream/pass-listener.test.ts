// A listener that goes from one process to another while clients connect.
import assert from 'node:assert/strict'
import { closeSync } from 'node:fs'
import { describe, test } from 'node:test'
import { stream } from 'berkeley'
import { type Child, closing, closingAll, leavesNoFd, runScript, script, start, within } from '../util/index.js'
import { listening } from './common.js'

leavesNoFd()

/** Receives a listener over fd 3, serves with its own name, hands it over to the end of a pair that comes after it. */
const GENERATION = `
  import { stream } from 'berkeley'
  const name = process.argv.at(-1)
  const parent = await stream.unix.wrap(3)
  const server = await stream.inet.Server.wrap(await parent.recvfd())
  let open = 0
  const serve = async (conn) => {
    open++
    const question = await conn.recv()
    await conn.send(name + ' ' + question)
    await conn.close()
    open--
  }
  const serving = (async () => { for await (const conn of server) serve(conn) })()
  await parent.send('ready')
  // Told to pass the listener on: the next process gets it, and says so, before it is closed here.
  await parent.recv()
  await parent.sendfd(server.fd())
  await parent.recv()
  await server.close()
  await serving
  while (open > 0) await new Promise(setImmediate)
  await parent.close()
`

interface Generation {
  readonly child: Child
  readonly line: stream.unix.Socket
}

async function generation(t: Parameters<typeof start>[0], name: string, listener: number): Promise<Generation> {
  const [line, theirs] = await stream.unix.pair()
  t.after(() => line.close())
  const child = start(t, process.execPath, [...script(GENERATION), '--', name], {
    stdio: ['pipe', 'pipe', 'pipe', theirs.fd()],
  })
  await theirs.close()
  await line.sendfd(listener)
  assert.equal(String(await within(line.recv(), 'the next generation')), 'ready')
  return { child, line }
}

/** Takes the listener of one generation over into the next. */
async function handOver(t: Parameters<typeof start>[0], from: Generation, name: string): Promise<Generation> {
  await from.line.send('hand over')
  const fd = await within(from.line.recvfd(), 'the listener')
  assert.ok(fd !== null)
  const next = await generation(t, name, fd)
  closeSync(fd)
  await from.line.send('done')
  const { code, stderr } = await within(from.child.ended, 'the end of the former generation')
  assert.deepEqual([code, stderr], [0, ''])
  return next
}

describe('a listener that is passed on', () => {
  test('a listener passed on over four generations refuses no client and answers each one (H82)', {
    timeout: 60_000,
  }, async (t) => {
    const server = await listening(t)
    const { port = 0 } = server.getsockname()
    let current = await generation(t, 'g0', server.fd())
    await server.close()
    let over = false
    const served = new Map<string, number>()
    const connect = async (id: number): Promise<void> => {
      for (let i = 0; !over; i++) {
        const client = await stream.inet.Client.create({ host: '127.0.0.1', port })
        client.deadlines(10_000, 10_000)
        await client.send(`${id}.${i}`)
        const [name = '', answer] = String(await client.recv()).split(' ')
        assert.equal(answer, `${id}.${i}`)
        served.set(name, (served.get(name) ?? 0) + 1)
        await client.close()
      }
    }
    const clients = Promise.all(Array.from({ length: 4 }, (_, id) => connect(id)))
    // A failure of theirs must end the test, and not wait for its end.
    const failed = clients.then(() => assert.fail('too early'))
    failed.catch(() => {})
    const enough = async (name: string): Promise<void> => {
      while ((served.get(name) ?? 0) < 50) await Promise.race([new Promise((turn) => setImmediate(turn)), failed])
    }
    await enough('g0')
    for (const name of ['g1', 'g2', 'g3']) {
      current = await handOver(t, current, name)
      await enough(name)
    }
    over = true
    await clients
    assert.deepEqual([...served.keys()].sort(), ['g0', 'g1', 'g2', 'g3'])
    await current.child.stop()
  })

  test('a passed listener goes on after close() without shutdown, which removes it from the epoll set (H82, H43)', async (t) => {
    const server = await listening(t)
    const { port = 0 } = server.getsockname()
    const accepting = server.accept()
    const [a, b] = closingAll(t, await stream.unix.pair())
    await a.sendfd(server.fd())
    await server.close()
    await assert.rejects(accepting, { code: 'ECANCELED' })
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port }))
    const heir = closing(t, await stream.inet.Server.wrap((await b.recvfd()) as number))
    const peer = closing(t, await within(heir.accept(), 'the connection'))
    await client.send('to the heir')
    assert.equal(String(await peer.recv()), 'to the heir')
  })

  test('a passed listener that is never received is closed with the pair, and clients are refused (H82)', async () => {
    const { stdout, code, stderr } = await runScript(`
      import { stream } from 'berkeley'
      const server = await stream.inet.Server.create({ host: '127.0.0.1' })
      server.listen()
      const { port } = server.getsockname()
      const [a, b] = await stream.unix.pair()
      await a.sendfd(server.fd())
      await server.close()
      await a.close()
      await b.close()
      console.log(await stream.inet.Client.create({ host: '127.0.0.1', port }).catch((error) => error.code))
    `)
    assert.deepEqual([stdout, code], ['ECONNREFUSED\n', 0], stderr)
  })
})
