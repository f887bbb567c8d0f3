// What a loop over datagrams sends from within its function leaves together, as it receives together.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { AF_INET, type dgram, SOF_TIMESTAMPING_TX_SOFTWARE } from 'berkeley'
import { MSG_DONTWAIT, socket } from 'berkeley/llsocket'
import { sys } from '#internal/constants/lookup.js'
import { native } from '#internal/native/sockets.js'
import { closing, eachFamily, leavesNoFd, within } from '../util/index.js'
import { boundForBatches, numbered, received, type Test, unixPair, withoutGathering } from './common.js'

leavesNoFd()

/** Another descriptor of the same open socket, to ask what the kernel has, by the addon alone: other calls let gathered data leave first. */
function twinOf(t: Test, sock: dgram.Socket): () => number {
  const number = closing(t, socket.wrap(sock.dup().detach())).fd()
  return () => native.recv(number, Buffer.alloc(10), 0, 10, MSG_DONTWAIT)
}

/** Lets a loop begin to wait. */
async function waits(): Promise<void> {
  for (let i = 0; i < 3; i++) await turn()
}

describe('a loop over datagrams', () => {
  test('receives by one call what is there, and sends by one what it is given', {
    skip: withoutGathering,
  }, async (t) => {
    const [server, client] = await unixPair(t)
    const unread = twinOf(t, server)
    const unanswered = twinOf(t, client)
    const seen: unknown[] = []
    const loop = server.forEach((data) => {
      server.write(data)
      seen.push(unread(), unanswered())
    })
    await waits()
    for (const data of ['a', 'b', 'c']) client.write(data)
    for (const data of ['a', 'b', 'c']) assert.equal(String(await client.recv()), data)
    assert.deepEqual(seen, Array(6).fill(-sys.EAGAIN))
    await server.close()
    await within(loop, 'the end')
  })

  test('sends what it has gathered before another call sends, and before it closes', async (t) => {
    const [server, client] = await unixPair(t)
    const loop = server.forEach((data) => {
      server.write(`${data}, gathered`)
      if (String(data) === 'b') void server.send(`${data}, sent`)
      if (String(data) === 'c') void server.close()
    })
    await waits()
    for (const data of ['a', 'b', 'c', 'd']) client.write(data)
    const answers: string[] = []
    for (let i = 0; i < 4; i++) answers.push(String(await client.recv()))
    assert.deepEqual(answers, ['a, gathered', 'b, gathered', 'b, sent', 'c, gathered'])
    await within(loop, 'the end')
  })

  test('keeps the order where the receiver has no room for all of a batch (H169)', async (t) => {
    const [server, client] = await unixPair(t)
    const count = 40
    const loop = server.forEach((data) => {
      if (String(data) === 'go') for (let i = 0; i < count; i++) server.write(String(i))
      server.write(`after ${data}`)
    })
    await waits()
    client.write('go')
    client.write('more')
    const expected = [...numbered(count).map((text) => text.trim()), 'after go', 'after more']
    const answers: string[] = []
    for (const _ of expected) answers.push(String(await client.recv()))
    assert.deepEqual(answers, expected)
    await server.close()
    await within(loop, 'the end')
  })
})

/** Over IPv6 both ends have to want it. */
function withoutChecksums(server: dgram.inet.Socket, client: dgram.inet.Socket): void {
  if (server.family() === AF_INET) return void server.nocheck(true)
  server.udpnocheck6tx(true)
  client.udpnocheck6rx(true)
}

eachFamily(({ loopback }) => {
  describe('equal pieces to one address', () => {
    const sizes = [...Array.from({ length: 9 }, () => 1000), 400]

    /** A server that sends pieces of those sizes for each datagram, and a client that may have them joined. */
    async function answering(
      t: Test,
      joins: boolean,
    ): Promise<{ server: dgram.inet.Socket; client: dgram.inet.Socket }> {
      const server = await boundForBatches(t, loopback)
      const client = await boundForBatches(t, loopback)
      client.udpgro(joins)
      void server.forEach((_, from) => {
        for (const [i, size] of sizes.entries()) server.write(Buffer.alloc(size, i), from)
      })
      await waits()
      return { server, client }
    }

    /** Asks twice at once, for a batch of two. */
    function ask({ server, client }: { server: dgram.inet.Socket; client: dgram.inet.Socket }): void {
      client.write('1', server.getsockname())
      client.write('2', server.getsockname())
    }

    /** What came, as length and first byte. */
    const shape = (all: readonly string[]): string[] => all.map((data) => `${data.length} ${data.charCodeAt(0)}`)

    const expected = [...sizes, ...sizes].map((size, i) => `${size} ${i % sizes.length}`)

    const title = 'are cut by the kernel, which the receiver sees only if it asks for joined ones (H169)'
    test(title, { skip: withoutGathering }, async (t) => {
      const pair = await answering(t, true)
      ask(pair)
      using batch = await pair.client.recvmany()
      assert.equal(batch.at(0)?.data.length, 9400)
      assert.equal(batch.at(0)?.segmentSize, 1000)
      const plain = await answering(t, false)
      ask(plain)
      assert.deepEqual(shape(await received(plain.client, expected.length)), expected)
    })

    for (const [what, prepare] of [
      ['a size of segments of its own', (sock: dgram.inet.Socket) => sock.udpsegment(1000)],
      ['no checksums, for which the kernel refuses to cut', withoutChecksums],
      [
        'a note about each datagram that leaves',
        (sock: dgram.inet.Socket) => sock.timestamping(SOF_TIMESTAMPING_TX_SOFTWARE),
      ],
    ] as const)
      test(`are sent one by one where the socket has ${what} (H169)`, async (t) => {
        const pair = await answering(t, true)
        prepare(pair.server, pair.client)
        ask(pair)
        assert.deepEqual(shape(await received(pair.client, expected.length)), expected)
        ask(pair)
        using batch = await pair.client.recvmany()
        assert.equal(batch.at(0)?.data.length, 1000)
      })

    test('stay one datagram while the user puts one together (H169)', async (t) => {
      const pair = await answering(t, false)
      pair.server.udpcork(true)
      ask(pair)
      await waits()
      pair.server.udpcork(false)
      const [data] = await pair.client.recvfrom()
      assert.equal(data.length, 2 * 9400)
    })
  })
})
