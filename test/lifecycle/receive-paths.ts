// Every way in which a socket receives into memory of the library.
import type { TestContext } from 'node:test'
import { dgram, MsgHdr, seqpacket, stream } from 'berkeley'
import { type Socket as LowSocket, SOCK_DGRAM, SOCK_STREAM, socket } from 'berkeley/llsocket'
import { ends } from '../tls/common.js'
import { closing, closingAll } from '../util/index.js'

/** Two connected sockets: one sends, the other receives. */
export interface Path {
  send(data: Buffer): unknown
  receive(): Promise<Uint8Array>
}

type Test = Pick<TestContext, 'after'>
type Open = (t: Test, bufsize?: number) => Promise<Path>

const lowPair = (t: Test, socktype: number): [LowSocket, LowSocket] => {
  const both = socket.pair(socktype, true)
  for (const one of both) t.after(() => one.close())
  return both
}

type Pair<S> = [a: S, b: S]
const ofLow =
  (socktype: number, receive: (sock: LowSocket, bufsize: number) => unknown): Open =>
  async (t, bufsize = 65536) => {
    const [a, b] = lowPair(t, socktype)
    return { send: (data) => a.send(data), receive: async () => receive(b, bufsize) as Uint8Array }
  }

const of =
  <S extends stream.Socket | dgram.Socket | seqpacket.unix.Socket>(
    make: () => Promise<Pair<S>>,
    receive: (sock: S, bufsize: number) => Promise<unknown>,
  ): Open =>
  async (t, bufsize = 65536) => {
    const [a, b] = closingAll(t as TestContext, await make())
    return { send: (data) => a.send(data), receive: async () => (await receive(b, bufsize)) as Uint8Array }
  }

async function fromBatch(sock: dgram.unix.Socket, bufsize: number, isClosed: boolean): Promise<unknown> {
  const batch = await sock.recvmany(2, Math.min(bufsize, 1 << 20))
  const data = batch.at(0)?.data
  if (isClosed) batch.close()
  return data
}

async function firstOf<T>(all: AsyncIterable<T>): Promise<T | undefined> {
  for await (const one of all) return one
  return undefined
}

async function byMessage(sock: stream.Socket): Promise<Buffer> {
  const msg = new MsgHdr()
  msg.addn(8192)
  await sock.recvmsg(msg)
  return msg.concat()
}

export const paths: [name: string, open: Open][] = [
  ['recv()', of(stream.unix.pair, (sock, bufsize) => sock.recv(bufsize))],
  ['recv() of a seqpacket', of(seqpacket.unix.pair, (sock, bufsize) => sock.recv(bufsize))],
  ['recvfrom()', of(dgram.unix.pair, async (sock, bufsize) => (await sock.recvfrom(bufsize))[0])],
  ['recvmany()', of(dgram.unix.pair, (sock, bufsize) => fromBatch(sock, bufsize, true))],
  ['recvmany() without close', of(dgram.unix.pair, (sock, bufsize) => fromBatch(sock, bufsize, false))],
  ['iteration', of(stream.unix.pair, firstOf)],
  ['iteration over datagrams', of(dgram.unix.pair, async (sock) => (await firstOf(sock))?.[0])],
  ['recvmsg() and concat()', of(stream.unix.pair, byMessage)],
  [
    'recv() over TLS',
    async (t, bufsize = 65536) => {
      const [a, b] = await ends(t as TestContext)
      return { send: (data) => a.send(data), receive: async () => (await b.recv(bufsize)) as Buffer }
    },
  ],
  [
    'duplex()',
    async (t) => {
      const [a, b] = await stream.unix.pair()
      closing(t as TestContext, a)
      const duplex = b.duplex()
      t.after(() => {
        duplex.destroy()
      })
      const each = duplex[Symbol.asyncIterator]()
      return { send: (data) => a.send(data), receive: async () => (await each.next()).value }
    },
  ],
  [
    'web()',
    async (t) => {
      const [a, b] = await stream.unix.pair()
      closing(t as TestContext, a)
      const reader = b.web().readable.getReader()
      t.after(() => b.close())
      return { send: (data) => a.send(data), receive: async () => (await reader.read()).value as Uint8Array }
    },
  ],
  ['recv() of llsocket', ofLow(SOCK_STREAM, (sock, bufsize) => sock.recv(bufsize))],
  ['recvfrom() of llsocket', ofLow(SOCK_DGRAM, (sock, bufsize) => (sock.recvfrom(bufsize) as [Buffer, unknown])[0])],
]
