/** `berkeley/llsocket`: one method, one call. On a non-blocking socket EINTR is not seen, and EAGAIN is AGAIN. */
import { closeSync, openSync } from 'node:fs'
import * as ll from 'berkeley/llsocket'
import { ERRNOS } from '../errnos.js'
import { type Fixture, Ledger, message, must, type Open, type Row } from '../row.js'

const { AddrInfo, MsgHdr, SOCK_DGRAM, SOCK_STREAM, socket } = ll

/** How one end of a pair sends, and the other receives. */
interface Way {
  /** Sends, and answers what was sent. */
  send(from: ll.Socket, data: Buffer): Uint8Array
  receive(to: ll.Socket): Uint8Array | null
}

const plain: Way = {
  send: (from, data) => data.subarray(0, must(from.send(data))),
  receive: (to) => must(to.recv()),
}

const into: Way = {
  send: plain.send,
  receive(to) {
    const room = Buffer.alloc(4096)
    return room.subarray(0, must(to.recvinto(room)))
  },
}

const vector: Way = {
  send: (from, data) => data.subarray(0, must(from.writev([data.subarray(0, 10), data.subarray(10)]))),
  receive(to) {
    const rooms = [Buffer.alloc(10), Buffer.alloc(4096)]
    const count = must(to.readv(rooms))
    return Buffer.concat(rooms).subarray(0, count)
  },
}

const messages: Way = {
  send(from, data) {
    const msg = new MsgHdr()
    msg.add(data)
    return data.subarray(0, must(from.sendmsg(msg)))
  },
  receive(to) {
    const msg = new MsgHdr()
    const room = Buffer.alloc(4096)
    msg.add(room)
    return room.subarray(0, must(to.recvmsg(msg)) ?? 0)
  },
}

const addressed: Way = {
  send: (from, data) => data.subarray(0, must(from.sendto(data, from.getpeername()))),
  receive: (to) => (must(to.recvfrom()) as [Buffer, unknown])[0],
}

type Pair = [from: ll.Socket, to: ll.Socket]

const unixPair = (socktype: number) => (): Pair => socket.pair(socktype, true)

function udpPair(): Pair {
  const make = (): ll.Socket => socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_DGRAM }), true)
  const [from, to] = [make(), make()]
  from.bind()
  to.bind()
  from.connect(to.getsockname())
  return [from, to]
}

/** Sends at one end and receives at the other, and in the end everything has arrived. */
function conversation(way: Way, pair: () => Pair, end: 'from' | 'to'): Open {
  return () => {
    const [from, to] = pair()
    const ledger = new Ledger()
    const receive = (): void => ledger.received(way.receive(to))
    return {
      fd: (end === 'from' ? from : to).fd(),
      step(i) {
        ledger.sent(way.send(from, message(i)))
        receive()
      },
      settle() {
        while (ledger.missing.bytes > 0) receive()
        ledger.check()
      },
      close() {
        from.close()
        to.close()
      },
    }
  }
}

const HIDDEN = ['EINTR']
const AGAIN = ['EAGAIN', 'EALREADY']

function transfers(
  what: string,
  way: Way,
  pair: () => Pair,
  sends: [call: string, syscall: string],
  receives: [call: string, syscall: string],
  limits: readonly number[] = [],
): Row[] {
  const common = { done: HIDDEN, again: AGAIN, limits }
  const [from, to] = [conversation(way, pair, 'from'), conversation(way, pair, 'to')]
  return [
    { what: `${what}, sending`, open: from, call: sends[0], syscall: sends[1], errors: ERRNOS.sending, ...common },
    {
      what: `${what}, receiving`,
      open: to,
      call: receives[0],
      syscall: receives[1],
      errors: ERRNOS.receiving,
      ...common,
    },
  ]
}

const STREAM_LIMITS = [1, 7]
const stream = unixPair(SOCK_STREAM)

/** Something that a socket can be asked for, as often as one likes. */
function asking(make: () => ll.Socket, ask: (sock: ll.Socket, i: number) => unknown): Open {
  return (): Fixture => {
    const sock = make()
    return { fd: sock.fd(), step: (i) => must(ask(sock, i)), close: () => sock.close() }
  }
}

const tcp = (): ll.Socket => socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_STREAM }), true)

function listening(): ll.Socket {
  const sock = tcp()
  sock.bind()
  sock.listen()
  return sock
}

/** One end of a pair whose other end is closed with it, as the peer that it is connected to. */
function withPeer(ask: (sock: ll.Socket) => unknown, byFd = true): Open {
  return () => {
    const [one, other] = socket.pair(SOCK_STREAM, true)
    return {
      fd: byFd ? one.fd() : undefined,
      step: () => must(ask(one)),
      close() {
        one.close()
        other.close()
      },
    }
  }
}

/** Makes something that is closed again in each step. */
const making =
  (make: (i: number) => { close(): void }): Open =>
  () => ({ step: (i) => make(i).close() })

function makingBoth(): Fixture {
  return {
    step() {
      for (const sock of socket.pair(SOCK_STREAM, true)) sock.close()
    },
  }
}

/** Connects, and the other side takes the connection: no client is left in the backlog. */
function accepting(): Fixture {
  const server = listening()
  return {
    fd: server.fd(),
    step() {
      const client = tcp()
      client.connect(server.getsockname())
      try {
        must(server.accept()).close()
      } finally {
        client.close()
      }
    },
    close: () => server.close(),
  }
}

function connecting(): Fixture {
  const server = listening()
  return {
    step() {
      const client = socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_STREAM }))
      try {
        if (client.connect(server.getsockname()) === ll.AGAIN) must(ll.AGAIN)
        must(server.accept()).close()
      } finally {
        client.close()
      }
    },
    close: () => server.close(),
  }
}

function passing(end: 'from' | 'to'): Open {
  return () => {
    const [from, to] = socket.pair(SOCK_STREAM, true)
    const file = openSync('/dev/null', 'r')
    let under = 0
    const receive = (): void => {
      closeSync(must(to.recvfd()) as number)
      under--
    }
    return {
      fd: (end === 'from' ? from : to).fd(),
      step() {
        must(from.sendfd(file))
        under++
        receive()
      },
      settle() {
        while (under > 0) receive()
      },
      close() {
        from.close()
        to.close()
        closeSync(file)
      },
    }
  }
}

function sendingFile(): Fixture {
  const [from, to] = socket.pair(SOCK_STREAM, true)
  const file = openSync(process.execPath, 'r')
  return {
    fd: from.fd(),
    step() {
      const count = must(from.sendfile(file, 100, 1000))
      const got = must(to.recv()) as Buffer
      if (got.length !== count) throw new Error(`${count} bytes were sent, ${got.length} arrived`)
    },
    close() {
      from.close()
      to.close()
      closeSync(file)
    },
  }
}

/** What is closed in the step is gone, whatever the call says. */
function closing(): Fixture {
  return {
    step() {
      const sock = tcp()
      const before = sock.fd()
      try {
        sock.close()
      } catch (error) {
        throw sock.fd() === -1 ? error : new Error(`the socket still has the descriptor ${before}`)
      }
    },
  }
}

export const low: Row[] = [
  ...transfers('ll unix stream', plain, stream, ['send', 'send'], ['recv', 'recv'], STREAM_LIMITS),
  ...transfers('ll unix stream, own memory', into, stream, ['send', 'send'], ['recv', 'recv'], STREAM_LIMITS),
  ...transfers('ll unix stream, vectors', vector, stream, ['sendmsg', 'writev'], ['recvmsg', 'readv'], STREAM_LIMITS),
  ...transfers(
    'll unix stream, messages',
    messages,
    stream,
    ['sendmsg', 'sendmsg'],
    ['recvmsg', 'recvmsg'],
    STREAM_LIMITS,
  ),
  ...transfers('ll unix datagram', plain, unixPair(SOCK_DGRAM), ['send', 'send'], ['recv', 'recv']),
  ...transfers('ll seqpacket', plain, unixPair(ll.SOCK_SEQPACKET), ['send', 'send'], ['recv', 'recv']),
  ...transfers('ll UDP', addressed, udpPair, ['sendto', 'sendto'], ['recvfrom', 'recvfrom']),
  ...transfers('ll UDP, messages', messages, udpPair, ['sendmsg', 'sendmsg'], ['recvmsg', 'recvmsg']),
  {
    what: 'll sendfd',
    open: passing('from'),
    call: 'sendmsg',
    syscall: 'sendfd',
    errors: [...ERRNOS.sending, 'ETOOMANYREFS'],
    done: HIDDEN,
    again: AGAIN,
  },
  {
    what: 'll recvfd',
    open: passing('to'),
    call: 'recvmsg',
    syscall: 'recvfd',
    errors: ERRNOS.receiving,
    done: HIDDEN,
    again: AGAIN,
  },
  {
    what: 'll sendfile',
    open: sendingFile,
    call: 'sendfile',
    syscall: 'sendfile',
    errors: ERRNOS.sendfile,
    done: HIDDEN,
    again: AGAIN,
    limits: STREAM_LIMITS,
  },
  {
    what: 'll accept',
    open: accepting,
    call: 'accept4',
    syscall: 'accept',
    errors: ERRNOS.accept4.filter((name) => name !== 'EAGAIN' && name !== 'ECONNABORTED'),
    done: HIDDEN,
  },
  {
    what: 'll accept of what broke',
    open: accepting,
    call: 'accept4',
    syscall: 'accept',
    errors: ['EAGAIN', 'ECONNABORTED'],
    again: ['EAGAIN', 'ECONNABORTED'],
  },
  {
    what: 'll connect',
    open: connecting,
    call: 'connect',
    syscall: 'connect',
    errors: [...ERRNOS.connect, 'EAGAIN', 'EINPROGRESS', 'EINTR'],
    again: ['EAGAIN', 'EINPROGRESS', 'EALREADY', 'EINTR'],
  },
  {
    what: 'll bind',
    open: making(() => {
      const sock = tcp()
      try {
        sock.bind()
        return sock
      } catch (error) {
        sock.close()
        throw error
      }
    }),
    call: 'bind',
    syscall: 'bind',
    errors: ERRNOS.bind,
  },
  {
    what: 'll listen',
    open: asking(listening, (sock) => sock.listen()),
    call: 'listen',
    syscall: 'listen',
    errors: ERRNOS.listen,
  },
  { what: 'll create', open: making(tcp), call: 'socket', syscall: 'socket', errors: ERRNOS.socket },
  { what: 'll pair', open: makingBoth, call: 'socketpair', syscall: 'socketpair', errors: ERRNOS.socketpair },
  {
    what: 'll dup',
    open: asking(tcp, (sock) => sock.dup().close()),
    call: 'fcntl',
    syscall: 'dup',
    errors: ERRNOS.fcntl_dup,
  },
  {
    what: 'll shutdown',
    open: withPeer((sock) => sock.shutdown(ll.SHUT_WR)),
    call: 'shutdown',
    syscall: 'shutdown',
    errors: ERRNOS.shutdown,
  },
  {
    what: 'll close',
    open: closing,
    call: 'close',
    syscall: 'close',
    errors: ERRNOS.close,
    done: HIDDEN,
    action: 'after',
  },
  {
    what: 'll getsockname',
    open: asking(listening, (sock) => sock.getsockname()),
    call: 'getsockname',
    syscall: 'getsockname',
    errors: ERRNOS.getsockname,
  },
  {
    what: 'll getpeername',
    open: withPeer((sock) => sock.getpeername()),
    call: 'getpeername',
    syscall: 'getpeername',
    errors: ERRNOS.getpeername,
  },
  {
    what: 'll cloexec',
    open: asking(tcp, (sock) => sock.cloexec()),
    call: 'fcntl',
    syscall: 'fcntl',
    errors: ERRNOS.fcntl,
  },
  {
    what: 'll isnonblock',
    open: asking(tcp, (sock) => sock.isnonblock()),
    call: 'fcntl',
    syscall: 'fcntl',
    errors: ERRNOS.fcntl,
  },
  {
    what: 'll option read',
    open: asking(tcp, (sock) => sock.tcpnodelay()),
    call: 'getsockopt',
    syscall: 'getsockopt',
    errors: ERRNOS.getsockopt,
  },
  {
    what: 'll option set',
    open: asking(tcp, (sock) => sock.tcpnodelay(true)),
    call: 'setsockopt',
    syscall: 'setsockopt',
    errors: ERRNOS.setsockopt,
  },
  {
    what: 'll option by number',
    open: asking(tcp, (sock) => sock.setsockopt(ll.SOL_SOCKET, ll.SO_KEEPALIVE, true)),
    call: 'setsockopt',
    syscall: 'setsockopt',
    errors: ERRNOS.setsockopt,
  },
  {
    what: 'll error()',
    open: asking(tcp, (sock) => sock.error()),
    call: 'getsockopt',
    syscall: 'getsockopt',
    errors: ERRNOS.getsockopt,
  },
  {
    what: 'll atmark',
    open: asking(tcp, (sock) => sock.atmark()),
    call: 'sockatmark',
    syscall: 'sockatmark',
    errors: ERRNOS.sockatmark,
  },
  {
    what: 'll recvable',
    open: withPeer((sock) => sock.recvable(1), false),
    call: 'poll',
    syscall: 'poll',
    errors: ERRNOS.poll,
    done: HIDDEN,
  },
]
