// The server of @grpc/grpc-js over connections of ours, with its own client.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { describe, test } from 'node:test'
import { listen } from 'berkeley'
import { leavesNoFd, tempFolder, within } from '../util/index.js'
import { called, event, library, type Test, unavailable } from './common.js'

leavesNoFd()

const grpc = library('@grpc/grpc-js')

const same = (value: Buffer): Buffer => value
const method = (path: string, requestStream: boolean, responseStream: boolean) => ({
  path: `/test.Echo/${path}`,
  requestStream,
  responseStream,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
})
const SERVICE = {
  One: method('One', false, false),
  Many: method('Many', true, true),
  Never: method('Never', false, false),
}

type Call = { request: Buffer }
type Reply = (error: null, answer: Buffer) => void

describe('@grpc/grpc-js server', { skip: unavailable(['@grpc/grpc-js']) }, () => {
  /** A server that echoes, a client of it, and the streams below the server. */
  async function echo(t: Test & Parameters<typeof tempFolder>[0]) {
    const server = new grpc.Server({ 'grpc.max_receive_message_length': -1 })
    server.addService(SERVICE, {
      One: ({ request }: Call, reply: Reply) => reply(null, request),
      Many: (call: Duplex) => void call.on('data', (data: Buffer) => call.write(data)).on('end', () => call.end()),
      Never: () => undefined,
    })
    const injector = server.createConnectionInjector(grpc.ServerCredentials.createInsecure())
    const path = join(tempFolder(t), 's')
    const listener = await listen({ path })
    const streams = new Set<Duplex>()
    const serving = listener.serve(async (conn) => {
      const duplex = conn.duplex()
      streams.add(duplex)
      const closed = new Promise((resolve) => duplex.once('close', resolve))
      injector.injectConnection(duplex)
      await closed
    })
    const Client = grpc.makeGenericClientConstructor(SERVICE, 'Echo')
    const options = { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_receive_message_length': -1 }
    const client = new Client(`unix:${path}`, grpc.credentials.createInsecure(), options)
    t.after(async () => {
      client.close()
      await listener.close()
      await within(serving, 'the end of the connections')
      server.forceShutdown()
    })
    return { client, server, injector, streams }
  }

  test('1000 calls at a time, and messages of 5 MB, are answered', async (t) => {
    const { client, streams } = await echo(t)
    const one = (body: Buffer): Promise<Buffer> => called<Buffer>((done) => client.One(body, done))
    const answers = await Promise.all(Array.from({ length: 1000 }, (_, i) => one(Buffer.from(`${i}`))))
    assert.ok(answers.every((answer, i) => `${answer}` === `${i}`))
    const big = randomBytes(5_000_000)
    assert.ok(big.equals(await one(big)))
    assert.equal(streams.size, 1)
  })

  test('a stream of 1000 messages comes back in order', async (t) => {
    const { client } = await echo(t)
    const call: Duplex = client.Many()
    for (let i = 0; i < 1000; i++) call.write(Buffer.from(`${i}`))
    call.end()
    let next = 0
    for await (const data of call) assert.equal(`${data}`, `${next++}`)
    assert.equal(next, 1000)
  })

  test('calls have deadlines, and a client whose connection is destroyed connects again', async (t) => {
    const { client, streams } = await echo(t)
    const late = called((done) => client.Never(Buffer.alloc(1), { deadline: Date.now() + 50 }, done))
    await assert.rejects(late, { code: grpc.status.DEADLINE_EXCEEDED })
    const lost = called((done) => client.Never(Buffer.alloc(1), done))
    const [first] = streams
    first!.destroy()
    await assert.rejects(lost, { code: grpc.status.UNAVAILABLE })
    const answer = called<Buffer>((done) => client.waitForReady(Date.now() + 10_000, done)).then(() =>
      called<Buffer>((done) => client.One(Buffer.from('again'), done)),
    )
    assert.equal(`${await answer}`, 'again')
    assert.equal(streams.size, 2)
  })

  test('a server that is shut down finishes its calls, and then closes its connections', async (t) => {
    const { client, injector, streams } = await echo(t)
    const call: Duplex = client.Many()
    const first = event<[Buffer]>(call, 'data')
    call.write(Buffer.from('first'))
    assert.equal(`${(await first)[0]}`, 'first')
    injector.drain(10_000)
    const second = event<[Buffer]>(call, 'data')
    call.write(Buffer.from('second'))
    assert.equal(`${(await second)[0]}`, 'second')
    const [stream] = streams
    const closed = event(stream!, 'close')
    call.end()
    await closed
  })
})
