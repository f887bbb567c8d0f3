/** How asynchronous sockets begin and end: servers, clients, adoption, lookups, closing. */
import { closeSync } from 'node:fs'
import {
  AddrInfo,
  connect,
  dgram,
  EAI_SYSTEM,
  getnameinfo,
  IP_MULTICAST_IF,
  IPPROTO_IP,
  listen,
  stream,
} from 'berkeley'
import { device, inet } from 'berkeley/llsocket'
import { lookup } from '#internal/constants/lookup.js'
import { abstractName } from '../../../test/util/index.js'
import { ERRNOS } from '../errnos.js'
import type { Fixture, Open, Row } from '../row.js'
import type { CallName } from '../shim.js'
import { type Pair, seqpacketPair, tcpPair, unixPair } from '../sockets.js'
import { GENERIC_FAILURE } from './numbers.js'

const LOCAL = { host: '127.0.0.1' }
const DONE = ['EINTR', 'EAGAIN']

/** Makes something in each step, and closes it. */
const making =
  (make: (i: number) => Promise<{ close(): Promise<void> }>): Open =>
  () => ({ step: async (i) => (await make(i)).close() })

const tcpServer = () => listen({ ...LOCAL, port: 0 })
const unixServer = () => listen({ path: abstractName() })
const udp = () => dgram.inet.Socket.create({ ...LOCAL, port: 0, reuseaddr: true })

/** A server, and connections of clients to it that are made and closed in each step. */
async function accepting(): Promise<Fixture> {
  const server = await tcpServer()
  const { port } = server.getsockname()
  server.deadlines(4000, 4000)
  return {
    fd: server.fd(),
    async step() {
      // The client that was not accepted would be the next one's.
      const client = await connect({ ...LOCAL, port })
      try {
        await (await server.accept()).close()
      } catch (error) {
        await (await server.accept()).close()
        throw error
      } finally {
        await client.close()
      }
    },
    close: () => server.close(),
  }
}

/** The same for an accept before a client comes. */
async function awaiting(): Promise<Fixture> {
  const server = await unixServer()
  const path = `\0${server.getsockname().path?.slice(1)}`
  server.deadlines(4000, 4000)
  return {
    fd: server.fd(),
    async step() {
      const accepted = server.acceptfd()
      const client = await connect({ path })
      try {
        closeSync(await accepted)
      } catch (error) {
        closeSync(await server.acceptfd())
        throw error
      } finally {
        await client.close()
      }
    },
    close: () => server.close(),
  }
}

/** The same by whichever descriptor: poll(2) has its own in memory. */
const anyOf =
  (open: () => Promise<Fixture>): Open =>
  async () => ({ ...(await open()), fd: undefined })

/** A server that takes no connection: only the clients make calls. */
const unaccepted =
  (isUnix: boolean): Open =>
  async () => {
    const server = isUnix ? await unixServer() : await tcpServer()
    const { port, path } = server.getsockname()
    const client = () =>
      isUnix ? connect({ path: `\0${path?.slice(1)}` }) : connect({ ...LOCAL, port: port as number })
    return { step: async () => (await client()).close(), close: () => server.close() }
  }

/** A server that takes every connection, so that clients never wait for it. */
function connecting(isUnix: boolean): Open {
  return async () => {
    const server = isUnix ? await unixServer() : await tcpServer()
    const name = server.getsockname()
    const path = `\0${name.path?.slice(1)}`
    const over = (async () => {
      for await (const conn of server) await conn.close()
    })()
    return {
      async step() {
        const client = isUnix ? await connect({ path }) : await connect({ ...LOCAL, port: name.port as number })
        await client.close()
      },
      async close() {
        await server.close()
        await over
      },
    }
  }
}

/** One socket, asked again and again. */
function asking<S extends { fd(): number; close(): Promise<void> }>(
  make: () => Promise<S>,
  ask: (sock: S) => unknown,
  byFd = true,
): Open {
  return async () => {
    const sock = await make()
    return { fd: byFd ? sock.fd() : undefined, step: () => ask(sock), close: () => sock.close() }
  }
}

/** Adopts what another owner gives away, and gives it back. */
async function adopting(): Promise<Fixture> {
  const pair = await unixPair()
  let fd = pair.from.detach()
  return {
    fd,
    async step() {
      const sock = await stream.unix.wrap(fd)
      fd = sock.detach()
    },
    async close() {
      closeSync(fd)
      await pair.to.close()
    },
  }
}

/** The socket is gone whatever the call says, and so is the number. */
async function closed({ from, to }: Pair): Promise<void> {
  closeSync(to.detach())
  try {
    await from.close()
  } catch (error) {
    throw from.fd() === -1 ? error : new Error('the socket still has a descriptor')
  }
}

const closing: Open = () => ({ step: async () => closed(await unixPair()) })

/** A close on a thread of its own. */
const lingering: Open = () => ({
  async step() {
    const pair = await tcpPair()
    pair.from.linger(1)
    await closed(pair)
  },
})

/** One such close, known by its descriptor: in which order the thread and its caller then close what they talked by is open. */
async function lingeringOnce(): Promise<Fixture> {
  const pair = await tcpPair()
  pair.from.linger(1)
  return { fd: pair.from.fd(), step: () => closed(pair) }
}

/** Sends a text to an end that waits for it already. */
async function exchange({ from, to }: Pair, text: string): Promise<void> {
  const waiting = to.recv()
  // A refusal does not wake a call that waits only afterwards.
  waiting.catch(() => {})
  await from.send(text)
  const got = await waiting
  if (got?.toString() !== text) throw new Error(`${got} arrived instead of ${text}`)
}

/** Each step begins with sockets that are not watched yet, and waits with one of them. */
const watching: Open = () => ({
  async step(i) {
    const pair = await unixPair()
    try {
      await exchange(pair, `${i}`)
    } finally {
      await pair.close()
    }
  },
})

/** One pair, so that only readiness is asked for. */
async function conversing(): Promise<Fixture> {
  const pair = await unixPair()
  return {
    step: (i) => exchange(pair, `${i}`),
    close: () => pair.close(),
  }
}

/** More than it takes until a socket counts as alone, also after the last one could not be set apart. */
const MANY_EXCHANGES = 4200

/** A socket that the event loop watches for itself in the end, also when something comes that no call waits for. */
async function alone(): Promise<Fixture> {
  const pair = await unixPair()
  const { from, to, close } = pair
  await exchange(pair, 'first')
  return {
    async step(i) {
      for (let count = 0; count < MANY_EXCHANGES; count++) await exchange(pair, `${i}`)
      await from.send('unexpected')
      for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve))
      const got = await to.recv()
      if (got?.toString() !== 'unexpected') throw new Error(`${got} arrived`)
    },
    settle: () => exchange(pair, 'last'),
    close,
  }
}

const APART: Pick<Row, 'what' | 'open' | 'syscall' | 'steps'> = {
  what: 'a socket that is alone',
  open: alone,
  syscall: 'none',
  steps: 1,
}

/** Empty records, one after the other, of which none is the end. */
async function emptyRecords(): Promise<Fixture> {
  const { from, to, close } = await seqpacketPair()
  return {
    async step() {
      await from.send('')
      if ((await to.recv())?.length !== 0) throw new Error('an empty record was taken for the end')
    },
    async settle() {
      await from.close()
      if ((await to.recv()) !== null) throw new Error('the end did not come')
    },
    close,
  }
}

const halfClosing =
  (half: 'closer' | 'closew' | 'end'): Open =>
  async () => {
    const pair = await tcpPair()
    return { fd: pair.from.fd(), step: () => pair.from[half](), close: () => pair.close() }
  }

const SERVER: readonly [what: string, make: () => Promise<{ close(): Promise<void> }>][] = [
  ['TCP server', tcpServer],
  ['unix server', unixServer],
]

const serverRows = SERVER.flatMap(([what, make]): Row[] => [
  { what: `${what}, its socket`, open: making(make), call: 'socket', syscall: 'socket', errors: ERRNOS.socket },
  { what: `${what}, its name`, open: making(make), call: 'bind', syscall: 'bind', errors: ERRNOS.bind },
  { what: `${what}, listening`, open: making(make), call: 'listen', syscall: 'listen', errors: ERRNOS.listen },
  // The new socket is made non-blocking by its birth; whether it is, is asked.
  { what: `${what}, its mode`, open: making(make), call: 'fcntl', syscall: 'fcntl', errors: ERRNOS.fcntl },
])

const acceptRows = (
  [
    ['accept', accepting],
    ['acceptfd, waiting', awaiting],
  ] as const
).flatMap(([what, open]): Row[] => [
  {
    what,
    open,
    call: 'accept4',
    syscall: 'accept',
    errors: ERRNOS.accept4,
    done: [
      ...DONE,
      ...[
        'ECONNABORTED',
        'EPROTO',
        'EPERM',
        'ENETDOWN',
        'ENOPROTOOPT',
        'EHOSTDOWN',
        'ENONET',
        'EHOSTUNREACH',
        'ENETUNREACH',
      ],
      ...['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'],
    ],
  },
  {
    what: `${what}, looking for a connection`,
    open: anyOf(open),
    call: 'poll',
    syscall: 'accept',
    errors: ERRNOS.poll,
    done: ['EINTR', 'ENOMEM'],
  },
  { what: `${what}, its mode`, open, call: 'fcntl', syscall: 'accept', errors: ERRNOS.fcntl, done: ['EPERM'] },
])

const clientRows = (
  [
    ['TCP client', connecting(false), unaccepted(false)],
    ['unix client', connecting(true), unaccepted(true)],
  ] as const
).flatMap(([what, open, alone]): Row[] => [
  { what, open, call: 'connect', syscall: 'connect', errors: [...ERRNOS.connect, 'EAGAIN'], done: ['EAGAIN'] },
  // Under way, or interrupted and under way all the same.
  {
    what,
    open,
    call: 'connect',
    syscall: 'connect',
    errors: ['EINPROGRESS', 'EINTR'],
    done: ['EINPROGRESS', 'EINTR'],
    action: 'after',
  },
  { what: `${what}, its socket`, open, call: 'socket', syscall: 'socket', errors: ERRNOS.socket },
  { what: `${what}, its mode`, open: alone, call: 'fcntl', syscall: 'connect', errors: ERRNOS.fcntl },
])

/** Asks the resolver on another thread: it is a name, so it has to be looked up. */
const looking: Open = () => ({ step: () => stream.getaddrinfoin({ host: 'localhost', port: 80 }) })

/** What libuv says of a lookup: errors of the system under its names, and those of the resolver under numbers of its own. */
const UV_ERRORS: readonly [name: string, status: number, code: string][] = [
  ['ENOMEM', -12, 'ENOMEM'],
  ['EMFILE', -24, 'EMFILE'],
  ['EINVAL', -22, 'EINVAL'],
]
const UV_EAI: readonly [name: string, status: number][] = [
  ['EAI_ADDRFAMILY', -3000],
  ['EAI_AGAIN', -3001],
  ['EAI_BADFLAGS', -3002],
  ['EAI_CANCELED', -3003],
  ['EAI_FAIL', -3004],
  ['EAI_FAMILY', -3005],
  ['EAI_MEMORY', -3006],
  ['EAI_NODATA', -3007],
  ['EAI_NONAME', -3008],
  ['EAI_OVERFLOW', -3009],
  ['EAI_SERVICE', -3010],
  ['EAI_SOCKTYPE', -3011],
]

/** Asks for the names of an address on another thread. */
const naming: Open = () => ({ step: () => getnameinfo(AddrInfo.inet('127.0.0.1', 80)) })

const LOOKUPS = [
  ['getaddrinfo', looking],
  ['getnameinfo', naming],
] as const

function lookupRows(syscall: 'getaddrinfo' | 'getnameinfo', open: Open): Row[] {
  const ask = `uv_${syscall}` as const
  const row = (what: string, rest: Omit<Row, 'what' | 'open' | 'syscall'>): Row => ({
    what: `asynchronous ${syscall}, ${what}`,
    open,
    syscall,
    ...rest,
  })
  return [
    row('its memory', { call: 'calloc', errors: ['ENOMEM'], result: 0 }),
    row('its callback', {
      call: 'napi_create_reference',
      errors: ['GENERIC'],
      result: GENERIC_FAILURE,
      silent: true,
      code: 'ENOMEM',
    }),
    row('its loop', {
      call: 'napi_get_uv_event_loop',
      errors: ['GENERIC'],
      result: GENERIC_FAILURE,
      silent: true,
      code: 'EOPNOTSUPP',
    }),
    ...UV_ERRORS.flatMap(([name, status, code]): Row[] => [
      // Of an address, libuv says so where it is not one of IPv4 or IPv6, and then no thread is needed.
      row(`not begun for ${name}`, {
        call: ask,
        errors: [name],
        result: status,
        silent: true,
        code: name,
        done: syscall === 'getnameinfo' && name === 'EINVAL' ? [name] : [],
      }),
      row(`answered by ${name}`, { call: ask, errors: [name], action: 'answer', result: status, silent: true, code }),
    ]),
    ...UV_EAI.map(([name, status]) =>
      row(`answered by ${name}`, { call: ask, errors: [name], action: 'answer', result: status, silent: true }),
    ),
  ]
}

const NO_THREAD: readonly [call: CallName, result: number, error: string][] = [
  ['malloc', 0, 'ENOMEM'],
  ['socketpair', -1, 'EMFILE'],
  ['pthread_create', 11, 'EAGAIN'],
]

const EAI = ['AGAIN', 'BADFLAGS', 'FAIL', 'FAMILY', 'MEMORY', 'NONAME', 'SERVICE', 'SOCKTYPE', 'OVERFLOW'].map(
  (name) => [`EAI_${name}`, lookup(`EAI_${name}`) as number] as const,
)

const tcpClient = connecting(false)
const CONNECTED = { open: tcpClient, syscall: 'connect' }

export const life: Row[] = [
  ...serverRows,
  ...acceptRows,
  ...clientRows,
  {
    what: 'TCP client, its options',
    open: tcpClient,
    call: 'setsockopt',
    syscall: 'setsockopt',
    errors: ERRNOS.setsockopt,
  },
  { what: 'TCP client, SO_ERROR', call: 'getpeername', errors: ERRNOS.getpeername, done: ['ENOTCONN'], ...CONNECTED },
  { what: 'UDP socket', open: making(udp), call: 'socket', syscall: 'socket', errors: ERRNOS.socket },
  {
    what: 'UDP socket, its options',
    open: making(udp),
    call: 'setsockopt',
    syscall: 'setsockopt',
    errors: ERRNOS.setsockopt,
  },
  {
    what: 'UDP connect',
    open: asking(udp, (sock) => sock.connect({ ...LOCAL, port: 9 })),
    call: 'connect',
    syscall: 'connect',
    errors: [...ERRNOS.connect, 'EINTR'],
  },
  {
    what: 'UDP disconnect',
    open: asking(udp, (sock) => sock.connect(null)),
    call: 'connect',
    syscall: 'connect',
    errors: [...ERRNOS.connect, 'EINTR'],
  },
  {
    what: 'UDP bind',
    open: making(async () => {
      const sock = await udp()
      try {
        await sock.bind()
        return sock
      } catch (error) {
        await sock.close()
        throw error
      }
    }),
    call: 'bind',
    syscall: 'bind',
    errors: ERRNOS.bind,
  },
  { what: 'pair', open: making(unixPair), call: 'socketpair', syscall: 'socketpair', errors: ERRNOS.socketpair },
  {
    what: 'wrap',
    open: adopting,
    call: 'getsockopt',
    syscall: 'wrap',
    errors: ERRNOS.getsockopt,
    occurrences: [1, 2, 10],
  },
  {
    what: 'close',
    open: closing,
    call: 'close',
    syscall: 'close',
    errors: ERRNOS.close,
    done: ['EINTR'],
    action: 'after',
  },
  {
    what: 'close that lingers',
    open: lingeringOnce,
    call: 'close',
    syscall: 'close',
    errors: ERRNOS.close,
    done: ['EINTR'],
    action: 'after',
    occurrences: [1],
    steps: 1,
  },
  // Without means to learn of its end, or without a thread, it does not linger.
  ...NO_THREAD.map(
    ([call, result, error]): Row => ({
      what: 'close that lingers, without another thread',
      open: lingering,
      call,
      syscall: 'none',
      errors: [error],
      done: [error],
      result,
      silent: call !== 'socketpair',
    }),
  ),
  {
    what: 'getaddrinfo',
    open: () => ({ step: () => inet.getaddrinfo('127.0.0.1', 80) }),
    call: 'getaddrinfo',
    syscall: 'getaddrinfo',
    errors: ['EMFILE', 'ENOMEM'],
    result: EAI_SYSTEM,
  },
  ...LOOKUPS.flatMap(([syscall, open]) => lookupRows(syscall, open)),
  ...EAI.flatMap(([name, code]): Row[] => [
    {
      what: `getaddrinfo, ${name}`,
      open: () => ({ step: () => inet.getaddrinfo('127.0.0.1', 80) }),
      call: 'getaddrinfo',
      syscall: 'getaddrinfo',
      errors: [name],
      result: code,
      silent: true,
    },
    {
      what: `getnameinfo, ${name}`,
      open: () => ({ step: () => AddrInfo.inet('127.0.0.1', 80).nameinfo() }),
      call: 'getnameinfo',
      syscall: 'getnameinfo',
      errors: [name],
      result: code,
      silent: true,
    },
  ]),
  {
    what: 'an interface by its index',
    open: asking(udp, (sock) => sock.getsockopt(IPPROTO_IP, IP_MULTICAST_IF, 'int')),
    call: 'getsockopt',
    syscall: 'getsockopt',
    errors: ERRNOS.getsockopt,
  },
  { what: 'empty records', open: emptyRecords, call: 'poll', syscall: 'none', errors: ERRNOS.poll, done: ERRNOS.poll },
  { what: 'closer', open: halfClosing('closer'), call: 'shutdown', syscall: 'shutdown', errors: ERRNOS.shutdown },
  { what: 'closew', open: halfClosing('closew'), call: 'shutdown', syscall: 'shutdown', errors: ERRNOS.shutdown },
  { what: 'end', open: halfClosing('end'), call: 'shutdown', syscall: 'shutdown', errors: ERRNOS.shutdown },
  {
    what: 'watching a socket',
    open: watching,
    call: 'epoll_ctl',
    syscall: 'epoll_ctl',
    errors: ERRNOS.epoll_ctl,
    occurrences: [1, 3, 9],
  },
  {
    what: 'no longer watching a socket',
    open: watching,
    call: 'epoll_ctl',
    syscall: 'none',
    errors: ERRNOS.epoll_ctl,
    done: ERRNOS.epoll_ctl,
    action: 'after',
    occurrences: [2, 4, 10],
  },
  { call: 'epoll_ctl', errors: ERRNOS.epoll_ctl, done: ERRNOS.epoll_ctl, occurrences: [1, 2], ...APART },
  {
    what: 'asking for readiness',
    open: conversing,
    call: 'epoll_wait',
    syscall: 'none',
    errors: ERRNOS.epoll_wait,
    done: ERRNOS.epoll_wait,
  },
  {
    what: 'getifaddrs',
    open: () => ({ step: () => device.getifaddrs() }),
    call: 'getifaddrs',
    syscall: 'getifaddrs',
    errors: ERRNOS.getifaddrs,
  },
  {
    what: 'getifaddrs, an index',
    open: () => ({ step: () => device.getifaddrs() }),
    call: 'if_nametoindex',
    syscall: 'if_nametoindex',
    errors: ERRNOS.if_nametoindex,
    done: ['ENODEV'],
    result: 0,
  },
  {
    what: 'getifaddrs, an MTU',
    open: () => ({ step: () => device.getifaddrs() }),
    call: 'ioctl',
    syscall: 'ioctl',
    errors: ERRNOS.ioctl,
    done: ['ENODEV'],
  },
  {
    what: 'getifaddrs, its sockets',
    open: () => ({ step: () => device.getifaddrs() }),
    call: 'socket',
    syscall: /^(getifaddrs|ioctl)$/,
    errors: ERRNOS.socket,
  },
  ...(['send', 'recv'] as const).map((call) => ({
    what: 'getifaddrs, the interface of an address',
    open: () => ({ step: () => device.getifaddrs() }),
    call,
    syscall: 'getifaddrs',
    errors: ['ENOMEM'],
    occurrences: [1],
  })),
]
