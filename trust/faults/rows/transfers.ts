/** Data over asynchronous sockets: EINTR and EAGAIN are not seen, any other error ends one call and no more. */
import { closeSync, openSync } from 'node:fs'
import { type dgram, MsgHdr, type Socket, type stream } from 'berkeley'
import { socket } from 'berkeley/llsocket'
import { foreignDuplicate } from '../../../test/util/index.js'
import { ERRNOS } from '../errnos.js'
import { Ledger, message, type Open, type Row } from '../row.js'
import { type Pair, seqpacketPair, tcpPair, udpPair, unixDgramPair, unixPair } from '../sockets.js'
import { GENERIC_FAILURE } from './numbers.js'

/** How one end of a pair sends, and the other receives. */
interface Way<S extends Socket> {
  send(from: S, data: Buffer, to: S): Promise<number>
  receive(to: S): Promise<Uint8Array | null>
}

const plain: Way<Socket> = {
  send: (from, data) => from.send(data),
  receive: (to) => to.recv(),
}

const into: Way<Socket> = {
  send: (from, data) => from.sendsync(data),
  async receive(to) {
    const room = Buffer.alloc(4096)
    return room.subarray(0, await to.recvintosync(room))
  },
}

/** Push mode: a loop that ends with the first piece, and writes that are not awaited one by one. */
const pushed: Way<
  Socket & { forEach(fn: (data: Buffer) => unknown, options?: { signal?: AbortSignal }): Promise<void> }
> = {
  async send(from, data) {
    from.write(data)
    await from.drained()
    return data.length
  },
  async receive(to) {
    const enough = new AbortController()
    let piece: Buffer | null = null
    const loop = to.forEach(
      (data) => {
        piece = data
        enough.abort()
      },
      { signal: enough.signal },
    )
    await loop.catch((error) => {
      if (error.name !== 'AbortError') throw error
    })
    return piece
  },
}

const messages: Way<Socket> = {
  send(from, data) {
    const msg = new MsgHdr()
    msg.add(data.subarray(0, 10))
    msg.add(data.subarray(10))
    return from.sendmsg(msg)
  },
  async receive(to) {
    const msg = new MsgHdr()
    const room = Buffer.alloc(4096)
    msg.add(room)
    return room.subarray(0, (await to.recvmsg(msg)) ?? 0)
  },
}

const addressed: Way<dgram.Socket> = {
  send: (from, data) => from.sendto(data, from.getpeername()),
  receive: async (to) => (await to.recvfrom())[0],
}

const batches: Way<dgram.Socket> = {
  async send(from, data) {
    const parts = [data.subarray(0, 20), data.subarray(20, 50), data.subarray(50)]
    await from.sendmany(parts.map((part) => ({ data: part })))
    return data.length
  },
  async receive(to) {
    using batch = await to.recvmany(8, 512)
    return Buffer.concat([...batch].map(({ data }) => data))
  },
}

const iterated: Way<dgram.Socket> = {
  send: (from, data) => from.send(data),
  async receive(to) {
    for await (const [data] of to) return data
    return null
  },
}

/** Data is there before it is asked for; or it is asked for before it is there. */
type Order = 'there' | 'awaited'

function conversation<S extends Socket>(
  way: Way<S>,
  open: () => Promise<Pair<S>>,
  end: 'from' | 'to',
  order: Order = 'there',
): Open {
  return async () => {
    const pair = await open()
    const { from, to } = pair
    const ledger = new Ledger()
    const send = async (data: Buffer): Promise<void> => {
      try {
        ledger.sent(data.subarray(0, await way.send(from, data, to)))
      } catch (error) {
        ledger.sent(data.subarray(0, (error as { bytes?: number }).bytes ?? 0))
        throw error
      }
    }
    const receive = async (): Promise<void> => ledger.received(await way.receive(to))
    return {
      fd: pair[end].fd(),
      async step(i) {
        if (order === 'there') {
          await send(message(i))
          await receive()
        } else {
          const ended = await Promise.allSettled([receive(), send(message(i))])
          for (const one of ended) if (one.status === 'rejected') throw one.reason
        }
      },
      async settle() {
        while (ledger.missing.bytes > 0) await receive()
        ledger.check()
        // Still good for another one.
        await send(message(99))
        while (ledger.missing.bytes > 0) await receive()
        ledger.check()
      },
      close: () => pair.close(),
    }
  }
}

const DONE = ['EINTR', 'EAGAIN']
const LIMITS = [1, 7]
/** What the network reports of an earlier datagram, which does not end a loop. */
const REPORTS = ['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'EPROTO']

interface Transfer {
  readonly what: string
  /** Conversations, with the fault at the end that sends, or receives. */
  readonly open: (end: 'from' | 'to', order?: Order) => Open
  readonly sends: readonly [call: string, syscall: string]
  readonly receives: readonly [call: string, syscall: string]
  readonly limits?: readonly number[]
  /** Errors of a receive that a loop ignores. */
  readonly reports?: readonly string[]
}

const transfer = <S extends Socket>(
  what: string,
  way: Way<S>,
  open: () => Promise<Pair<S>>,
  sends: Transfer['sends'],
  receives: Transfer['receives'],
  limits: readonly number[] = [],
  reports: readonly string[] = [],
): Transfer => ({ what, open: (end, order) => conversation(way, open, end, order), sends, receives, limits, reports })

function rowsOf({ what, open, sends, receives, limits = [], reports = [] }: Transfer): Row[] {
  const [call, syscall] = sends
  const [receiving, receivingSyscall] = receives
  const common = { done: DONE, limits }
  const received = {
    call: receiving,
    syscall: receivingSyscall,
    errors: ERRNOS.receiving,
    limits,
    done: [...DONE, ...reports],
  }
  return [
    { what: `${what}, sending`, open: open('from'), call, syscall, errors: ERRNOS.sending, ...common },
    { what: `${what}, receiving`, open: open('to'), ...received },
    { what: `${what}, waiting for data`, open: open('to', 'awaited'), ...received },
  ]
}

const transfers: Transfer[] = [
  transfer('TCP', plain, tcpPair, ['send', 'send'], ['recv', 'recv'], LIMITS),
  transfer('TCP, own memory, in turn', into, tcpPair, ['send', 'send'], ['recv', 'recv'], LIMITS),
  transfer('TCP, pushed', pushed, tcpPair, ['send', 'send'], ['recv', 'recv'], LIMITS),
  transfer('seqpacket, pushed', pushed, seqpacketPair, ['send', 'send'], ['recv', 'recv']),
  transfer('TCP, messages', messages, tcpPair, ['sendmsg', 'sendmsg'], ['recvmsg', 'recvmsg'], LIMITS),
  transfer('unix stream', plain, unixPair, ['send', 'send'], ['recv', 'recv'], LIMITS),
  transfer('unix stream, messages', messages, unixPair, ['sendmsg', 'sendmsg'], ['recvmsg', 'recvmsg'], LIMITS),
  transfer('seqpacket', plain, seqpacketPair, ['send', 'send'], ['recv', 'recv']),
  transfer('UDP', plain, udpPair, ['send', 'send'], ['recv', 'recv']),
  transfer('UDP with addresses', addressed, udpPair, ['sendto', 'sendto'], ['recvfrom', 'recvfrom']),
  transfer('UDP, messages', messages, udpPair, ['sendmsg', 'sendmsg'], ['recvmsg', 'recvmsg']),
  transfer('UDP, pushed', pushed, udpPair, ['send', 'send'], ['recvmmsg', 'recvmmsg'], [], REPORTS),
  transfer('UDP, iterated', iterated, udpPair, ['send', 'send'], ['recvfrom', 'recvfrom'], [], REPORTS),
  transfer('unix datagram', plain, unixDgramPair, ['send', 'send'], ['recv', 'recv']),
  transfer('unix datagram, pushed', pushed, unixDgramPair, ['send', 'send'], ['recvmmsg', 'recvmmsg'], [], REPORTS),
  transfer('unix datagram, messages', messages, unixDgramPair, ['sendmsg', 'sendmsg'], ['recvmsg', 'recvmsg']),
]

/** A batch is one call, or as many as shorter counts make it; what a failed one had sent is in the error. */
const batchRows: Row[] = (
  [
    ['UDP batch', udpPair],
    ['unix datagram batch', unixDgramPair],
  ] as const
).flatMap(([what, open]) => [
  {
    what: `${what}, sending`,
    open: conversation(batches, open as () => Promise<Pair<dgram.Socket>>, 'from'),
    call: 'sendmmsg',
    syscall: 'sendmmsg',
    errors: ERRNOS.sending,
    done: DONE,
    limits: [1, 2],
  },
  {
    what: `${what}, receiving`,
    open: conversation(batches, open as () => Promise<Pair<dgram.Socket>>, 'to'),
    call: 'recvmmsg',
    syscall: 'recvmmsg',
    errors: ERRNOS.receiving,
    done: DONE,
    limits: [1, 2],
  },
])

/** One descriptor after the other, each closed where it arrives. */
function passing(end: 'from' | 'to'): Open {
  return async () => {
    const pair = await unixPair()
    const file = openSync('/dev/null', 'r')
    let under = 0
    const receive = async (): Promise<void> => {
      closeSync((await pair.to.recvfd()) as number)
      under--
    }
    return {
      fd: pair[end].fd(),
      async step() {
        await pair.from.sendfd(file)
        under++
        await receive()
      },
      async settle() {
        while (under > 0) await receive()
      },
      async close() {
        closeSync(file)
        await pair.close()
      },
    }
  }
}

const PART = 300

/** Another process with the socket clears O_NONBLOCK. */
function makeBlocking(sock: Socket): void {
  const twin = socket.wrap(foreignDuplicate(sock.fd()), false)
  twin.close()
}

/** Of a file, the part that step `i` is about; calls are made on another thread, on duplicates. */
function sendingFile(open: () => Promise<Pair<stream.Socket>>, isBlocking = false): Open {
  return async () => {
    const pair = await open()
    if (isBlocking) makeBlocking(pair.from)
    const file = openSync(process.execPath, 'r')
    let under = 0
    const receive = async (): Promise<void> => {
      while (under > 0) under -= (await pair.to.recv())?.length ?? under
      if (under < 0) throw new Error('more arrived than was sent')
    }
    return {
      async step(i) {
        try {
          under += await pair.from.sendfile(file, PART, i * PART)
        } catch (error) {
          under += (error as { bytes: number }).bytes
          throw error
        }
        await receive()
      },
      settle: receive,
      async close() {
        closeSync(file)
        await pair.close()
      },
    }
  }
}

const fileRows: Row[] = (
  [
    ['TCP', tcpPair],
    ['unix stream', unixPair],
  ] as const
).flatMap(([what, open]) => {
  const common = { open: sendingFile(open as () => Promise<Pair<stream.Socket>>), syscall: 'sendfile' }
  const copying = { ...common, open: sendingFile(open as () => Promise<Pair<stream.Socket>>, true) }
  return [
    { what: `${what}, sendfile`, call: 'sendfile', errors: ERRNOS.sendfile, done: DONE, limits: LIMITS, ...common },
    { what: `${what}, sendfile, duplicates`, call: 'fcntl', errors: ERRNOS.fcntl_dup, ...common },
    { what: `${what}, sendfile, its memory`, call: 'calloc', errors: ['ENOMEM'], result: 0, ...common },
    { what: `${what}, sendfile, its callback`, call: 'napi_create_reference', errors: ['GENERIC'], ...common },
    { what: `${what}, sendfile, its work`, call: 'napi_create_async_work', errors: ['GENERIC'], ...common },
    { what: `${what}, sendfile, its queue`, call: 'napi_queue_async_work', errors: ['GENERIC'], ...common },
    {
      what: `${what}, sendfile, blocking: the file`,
      call: 'pread',
      errors: ERRNOS.pread,
      done: DONE,
      limits: LIMITS,
      ...copying,
    },
    {
      what: `${what}, sendfile, blocking: the data`,
      call: 'send',
      errors: ERRNOS.sending,
      done: DONE,
      limits: LIMITS,
      ...copying,
    },
    // A poll that fails says nothing: sendfile(2) itself does.
    { what: `${what}, sendfile, looking for room`, call: 'poll', errors: ERRNOS.poll, done: ERRNOS.poll, ...common },
    {
      what: `${what}, sendfile without a handler of SIGPIPE`,
      call: 'sigaction',
      errors: ['EINVAL', 'EFAULT'],
      done: ['EINVAL', 'EFAULT'],
      ...common,
    },
  ].map((row) =>
    row.errors[0] === 'GENERIC' ? { ...row, result: GENERIC_FAILURE, silent: true, code: 'ENOMEM' } : row,
  )
})

export const transferRows: Row[] = [
  ...transfers.flatMap(rowsOf),
  ...batchRows,
  {
    what: 'sendfd',
    open: passing('from'),
    call: 'sendmsg',
    syscall: 'sendfd',
    errors: [...ERRNOS.sending, 'ETOOMANYREFS'],
    done: DONE,
  },
  { what: 'recvfd', open: passing('to'), call: 'recvmsg', syscall: 'recvfd', errors: ERRNOS.receiving, done: DONE },
  ...fileRows,
]
