// The relay of the tool, between connections of every kind.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connect, listen, type stream } from 'berkeley'
import { abstractName, closing, leavesNoFd, PATIENCE_MS, tempFolder } from '../util/index.js'
import { certificates, listening, tool } from './common.js'

leavesNoFd()

/** A server that echoes, and ends each connection when its peer does. */
async function echo(t: TestContext): Promise<number> {
  const server = closing(t, await listen({ host: '127.0.0.1', port: 0 }))
  const stop = new AbortController()
  const serving = server.serve(
    async (conn) => {
      for await (const data of conn) await conn.send(data)
    },
    { signal: stop.signal },
  )
  closing(t, {
    close: () => {
      stop.abort()
      return serving
    },
  })
  return server.getsockname().port as number
}

async function whole(conn: stream.Socket | stream.unix.Socket): Promise<Buffer> {
  const parts: Buffer[] = []
  for (
    let data = await conn.recv({ timeout: PATIENCE_MS });
    data !== null;
    data = await conn.recv({ timeout: PATIENCE_MS })
  )
    parts.push(data)
  return Buffer.concat(parts)
}

test('relay passes megabytes both ways between TCP and unix, many clients at once, and says how much', async (t) => {
  const path = join(tempFolder(t), 's')
  const { child } = await listening(t, ['relay', '-v', `unix:${path}`, `tcp:127.0.0.1:${await echo(t)}`])
  const talk = async (): Promise<void> => {
    const data = randomBytes(1_000_000)
    const client = closing(t, await connect({ path }))
    const answer = whole(client)
    await client.send(data)
    client.closew()
    assert.ok((await answer).equals(data))
    await client.close()
  }
  await Promise.all(Array.from({ length: 5 }, talk))
  child.process.kill('SIGINT')
  const { code, stderr } = await child.ended
  assert.equal(code, 0)
  assert.match(stderr, /berkeley: 5 connections, 5\.00 MB received, 5\.00 MB sent, /)
})

test('relay ends TLS, and begins it', async (t) => {
  const { cert, key, ca } = certificates(t)
  const port = await echo(t)
  const inner = await listening(t, ['relay', '--cert', cert, '--key', key, 'tls:127.0.0.1:0', `tcp:127.0.0.1:${port}`])
  const outer = await listening(t, [
    'relay',
    '--ca',
    ca,
    '--servername',
    'localhost',
    'tcp:127.0.0.1:0',
    `tls:127.0.0.1:${inner.port}`,
  ])
  const client = closing(t, await connect({ host: '127.0.0.1', port: outer.port }))
  const answer = whole(client)
  await client.send('by two relays')
  client.closew()
  assert.equal(String(await answer), 'by two relays')
})

test('relay keeps the boundaries of seqpackets', async (t) => {
  const [from, to] = [abstractName(), abstractName()]
  const server = closing(t, await listen({ path: to, type: 'seqpacket' }))
  const args = ['relay', `seqpacket-abstract:${from.slice(1)}`, `seqpacket-abstract:${to.slice(1)}`, '-m', '1']
  const { child } = await listening(t, args)
  const client = closing(t, await connect({ path: from, type: 'seqpacket' }))
  const conn = closing(t, await server.accept())
  for (const record of ['one', 'two', 'three']) await client.send(record)
  for (const record of ['one', 'two', 'three']) assert.equal(String(await conn.recv()), record)
  client.closew()
  assert.equal(await conn.recv(), null)
  await conn.send('answer')
  await conn.close()
  assert.equal(String(await client.recv()), 'answer')
  assert.equal(await client.recv(), null)
  assert.equal((await child.ended).code, 0)
})

test('relay says that the target does not answer, resets the client, and serves the next', async (t) => {
  const path = abstractName()
  const { child, port } = await listening(t, ['relay', 'tcp:127.0.0.1:0', `unix-abstract:${path.slice(1)}`])
  const first = closing(t, await connect({ host: '127.0.0.1', port }))
  await assert.rejects(first.recv({ timeout: PATIENCE_MS }), { code: 'ECONNRESET' })
  await child.waitForOutput(/^berkeley: connect ECONNREFUSED @/m)
  const server = closing(t, await listen({ path }))
  const second = closing(t, await connect({ host: '127.0.0.1', port }))
  const conn = closing(t, await server.accept())
  await second.send('there')
  assert.equal(String(await conn.recv()), 'there')
})

test('relay --max ends when the last of so many clients has', async (t) => {
  const { child, port } = await listening(t, ['relay', '-m', '2', 'tcp:127.0.0.1:0', `tcp:127.0.0.1:${await echo(t)}`])
  for (let i = 0; i < 2; i++) {
    const { stdout, code } = await tool(['connect', `tcp:127.0.0.1:${port}`], { input: `client ${i}` })
    assert.deepEqual([code, stdout], [0, `client ${i}`])
  }
  assert.equal((await child.ended).code, 0)
})

test('relay resets what is cut, so that nobody takes it for complete (H139)', async (t) => {
  const server = closing(t, await listen({ host: '127.0.0.1', port: 0 }))
  const { port } = await listening(t, ['relay', 'tcp:127.0.0.1:0', `tcp:127.0.0.1:${server.getsockname().port}`])
  const client = closing(t, await connect({ host: '127.0.0.1', port }))
  const conn = closing(t, await server.accept())
  await client.send('begun')
  assert.equal(String(await conn.recv()), 'begun')
  conn.linger(0)
  await conn.close()
  await assert.rejects(client.recv({ timeout: PATIENCE_MS }), { code: 'ECONNRESET' })
})
