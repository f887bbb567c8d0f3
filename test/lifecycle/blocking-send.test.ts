// Sending on open sockets that another process has made blocking, to peers that do not read: the event loop goes on.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { AddrInfo, dgram, MSG_DONTWAIT, MsgHdr, type Socket, type stream } from 'berkeley'
import { type End, ends, file, nullFd, opened, sha256, unixTypes } from '../stream/common.js'
import { abstractName, closing, leavesNoFd, within } from '../util/index.js'
import { all, datagrams, discard, inTime, type Make, makeBlocking, plain, timesOut, waitsFor } from './blocking.js'

leavesNoFd()

/** More than the buffers of a stream take. */
const BYTES = 16 << 20

const isStream = (sock: Socket): boolean => 'sendfile' in sock

/** What is too much for the socket: a large part of a stream, or one message more than the queue takes. */
async function fill(sock: Socket): Promise<Buffer> {
  if (isStream(sock)) return Buffer.alloc(BYTES)
  await assert.rejects(
    async () => {
      for (;;) await sock.send('message', MSG_DONTWAIT)
    },
    { code: 'EAGAIN' },
  )
  return Buffer.from('message')
}

function message(data: Buffer): MsgHdr {
  const msg = new MsgHdr()
  msg.add(data)
  return msg
}

/** Without UDP, which drops what it has no room for. */
function without<S extends Socket>({ UDP: _, ...others }: Record<string, Make<S>>): Record<string, Make<S>> {
  return others
}

const verbs: [
  verb: string,
  call: (sock: never, data: Buffer) => Promise<number>,
  pairs: Record<string, Make<Socket>>,
][] = [
  ['send()', (sock: Socket, data) => sock.send(data), without(all)],
  ['sendmsg()', (sock: Socket, data) => sock.sendmsg(message(data)), without(plain)],
  ['sendmany()', (sock: dgram.Socket, data) => sock.sendmany([{ data }, { data }]), without(datagrams)],
]

describe('sending over a socket that another owner has made blocking (H96)', () => {
  for (const [verb, call, pairs] of verbs)
    for (const [name, make] of Object.entries(pairs))
      test(`${verb} over ${name} waits without the thread`, async (t) => {
        const [sock, peer] = await make(t)
        makeBlocking(sock)
        const data = await fill(sock)
        await timesOut(sock, () => call(sock as never, data))
        const reading = { over: Promise.resolve() }
        const sent = await waitsFor(
          () => call(sock as never, data),
          async () => {
            reading.over = discard(peer)
          },
        )
        assert.equal(sent, verb === 'sendmany()' ? 2 : data.length)
        assert.equal(sock.isnonblock(), false)
        await peer.close()
        await reading.over
      })

  test('sendto() of a unix datagram waits without the thread', async (t) => {
    const path = abstractName()
    const peer = closing(t, await dgram.unix.Socket.create({ path }))
    await peer.bind()
    const sock = makeBlocking(closing(t, await dgram.unix.Socket.create()))
    const to = AddrInfo.unix(path)
    await assert.rejects(
      async () => {
        for (;;) await sock.sendto('message', to, MSG_DONTWAIT)
      },
      { code: 'EAGAIN' },
    )
    await timesOut(sock, () => sock.sendto('message', to))
    assert.equal(
      await waitsFor(
        () => sock.sendto('message', to),
        () => peer.recv(),
      ),
      7,
    )
  })

  for (const [name, make] of unixTypes)
    test(`sendfd() over a ${name} waits without the thread`, async (t) => {
      const [sock, peer]: [End, End] = await ends(t, make)
      makeBlocking(sock)
      await assert.rejects(
        async () => {
          for (;;) await sock.send(Buffer.alloc(1024), MSG_DONTWAIT)
        },
        { code: 'EAGAIN' },
      )
      const fd = nullFd(t)
      await timesOut(sock, () => sock.sendfd(fd))
      const reading = { over: Promise.resolve() }
      const read = async (): Promise<void> => {
        reading.over = discard(peer)
      }
      assert.equal(await waitsFor(() => sock.sendfd(fd), read), 0)
      await peer.close()
      await reading.over
    })

  test('close() of TLS, whose last record has no room, keeps to its deadline without the thread', async (t) => {
    const [sock, peer] = await (all['TLS'] as Make<stream.Socket>)(t)
    makeBlocking(sock)
    await timesOut(sock, () => sock.send(Buffer.alloc(BYTES)))
    sock.deadlines(0, 60)
    await inTime(() => sock.close().catch((error) => assert.equal(error.name, 'TimeoutError')))
    await peer.close()
  })
})

const streams = Object.entries(all).filter(([name]) => /stream|T/.test(name) && name !== 'UDP') as [
  string,
  Make<stream.Socket>,
][]

/** What `from` gets, up to so many bytes. */
async function exactly(from: Socket, bytes: number): Promise<Buffer> {
  const parts: Buffer[] = []
  for (let left = bytes; left > 0; left -= parts.at(-1)?.length ?? left) parts.push((await from.recv()) as Buffer)
  return Buffer.concat(parts)
}

/** A function that resolves when the socket waits for room the next time. */
function waitsOf(sock: Socket): () => Promise<void> {
  let onWait = (): void => {}
  sock.onwaitsend(() => onWait())
  const next = (): Promise<void> =>
    new Promise((resolve) => {
      onWait = resolve
    })
  return () => within(next(), 'the wait for room')
}

describe('sendfile() over a socket that another owner has made blocking (H96)', () => {
  for (const [name, make] of streams) {
    test(`sendfile() over ${name} keeps to its deadline while the peer does not read`, async (t) => {
      const [sock, peer] = await make(t)
      makeBlocking(sock)
      await timesOut(sock, () => sock.sendfile(opened(t, process.execPath, 'r'), 32 << 20))
      await peer.close()
    })

    test(`sendfile() over ${name} is ended by its signal when O_NONBLOCK is cleared before the peer stops reading`, async (t) => {
      const [sock, peer] = await make(t)
      const waits = waitsOf(sock)
      const first = waits()
      const ending = new AbortController()
      const sending = sock.sendfile(opened(t, process.execPath, 'r'), 32 << 20, 0, { signal: ending.signal })
      const ended = assert.rejects(sending, { name: 'AbortError' })
      await first
      makeBlocking(sock)
      const second = waits()
      await exactly(peer, 4 << 20)
      await second
      ending.abort()
      await inTime(() => ended)
      await peer.close()
    })

    test(`sendfile() over ${name} ends with close() while the peer does not read`, async (t) => {
      const [sock, peer] = await make(t)
      makeBlocking(sock)
      const first = waitsOf(sock)()
      await inTime(async () => {
        const sending = sock.sendfile(opened(t, process.execPath, 'r'), 32 << 20)
        const ended = assert.rejects(sending, { code: 'ECANCELED' })
        await first
        sock.deadlines(0, 60)
        await sock.close().catch((error) => assert.equal(error.name, 'TimeoutError'))
        await ended
      })
      await peer.close()
    })

    test(`sendfile() over ${name} sends the whole file when O_NONBLOCK is cleared in the middle`, async (t) => {
      const [sock, peer] = await make(t)
      const content = randomBytes(BYTES)
      const first = waitsOf(sock)()
      const sending = sock.sendfile(file(t, content), BYTES)
      await first
      makeBlocking(sock)
      assert.equal(sha256(await within(exactly(peer, BYTES), 'the file')), sha256(content))
      assert.equal(await sending, BYTES)
      assert.equal(sock.isnonblock(), false)
    })
  }
})
