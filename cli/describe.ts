import * as berkeley from 'berkeley'
import type { Socket } from 'berkeley/llsocket'

const { AF_INET, AF_INET6, AF_UNIX, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET, SOCK_STREAM } = berkeley

/** What there is to say about a socket. Absent is what it does not have. */
export interface Description {
  readonly fd: number
  /** As addresses of this tool begin: `tcp`, `unix`, `seqpacket`. */
  readonly kind: string
  readonly family: string
  readonly type: string
  readonly protocol: string
  /** Whether it listens. */
  readonly listening: boolean
  /** The state of a TCP connection: `ESTABLISHED`. */
  readonly state?: string
  readonly local?: string
  readonly peer?: string
  /** The process on the other side of a unix connection. */
  readonly peerpid?: number
  /** By the names of the methods that read them. */
  readonly options: Readonly<Record<string, unknown>>
  readonly tcpinfo?: object
}

/** Options that are read, by the names of their methods. */
const GENERAL = [
  'rcvbuf',
  'sndbuf',
  'keepalive',
  'reuseaddr',
  'reuseport',
  'priority',
  'mark',
  'linger',
  'bindtodevice',
  'broadcast',
  'rcvlowat',
]
const OF_TCP = [
  ...['tcpnodelay', 'tcpcork', 'tcpkeepalive', 'tcpkeepintvl', 'tcpkeepcnt', 'tcpusertimeout', 'tcpcongestion'],
  ...['tcpmaxseg', 'tcpdeferaccept', 'tcpfastopen', 'tcpquickack', 'tcpnotsentlowat'],
]
const OF_INET = ['tos', 'ttl', 'mtudiscover', 'freebind', 'transparent']
const OF_INET6 = ['v6only', 'tclass', 'unicasthops']

/** States of TCP connections by their numbers (tcp(7), `TCP_INFO`). */
const STATES = [
  ...['', 'ESTABLISHED', 'SYN_SENT', 'SYN_RECV', 'FIN_WAIT1', 'FIN_WAIT2', 'TIME_WAIT', 'CLOSE', 'CLOSE_WAIT'],
  ...['LAST_ACK', 'LISTEN', 'CLOSING', 'NEW_SYN_RECV'],
]

/** The name of a constant among those that the package exports. */
function nameOf(prefix: string, value: number): string {
  const entries = Object.entries(berkeley) as [string, unknown][]
  return (
    entries.find(([name, number]) => name.startsWith(prefix) && number === value)?.[0].slice(prefix.length) ??
    String(value)
  )
}

/** Calls something that fails where a socket has no such thing. */
function ask<T>(question: () => T): T | undefined {
  try {
    return question()
  } catch {
    return undefined
  }
}

const TYPES: ReadonlyMap<number, string> = new Map([
  [SOCK_STREAM, 'unix'],
  [SOCK_DGRAM, 'unixgram'],
  [SOCK_SEQPACKET, 'seqpacket'],
])

function kindOf(family: number, type: number, protocol: string): string {
  if (family === AF_UNIX) return TYPES.get(type) ?? 'unix'
  if (family !== AF_INET && family !== AF_INET6) return nameOf('AF_', family).toLowerCase()
  return type === SOCK_RAW ? `raw ${protocol.toLowerCase()}` : protocol.toLowerCase()
}

function optionsOf(sock: Socket, isTcp: boolean): Record<string, unknown> {
  const family = sock.family()
  const names = [
    ...GENERAL,
    ...(isTcp ? OF_TCP : []),
    ...(family === AF_INET ? OF_INET : []),
    ...(family === AF_INET6 ? OF_INET6 : []),
  ]
  const values = names.map((name) => [name, ask(() => (sock as unknown as Record<string, () => unknown>)[name]?.())])
  return Object.fromEntries(values.filter(([, value]) => value !== undefined))
}

function textOf(ai: berkeley.AddrInfo | undefined): string | undefined {
  const text = ai === undefined ? '' : String(ai)
  return text === '' ? undefined : text
}

/** Asks a socket for everything. */
export function describe(fd: number, sock: Socket): Description {
  const [family, type] = [sock.family(), sock.socktype()]
  const protocol = nameOf('IPPROTO_', sock.protocol())
  const isInet = family === AF_INET || family === AF_INET6
  const isTcp = isInet && protocol === 'TCP'
  const info = isTcp ? ask(() => sock.tcpinfo()) : undefined
  const peer = ask(() => sock.getpeername())
  const credentials = family === AF_UNIX ? ask(() => sock.peercred()) : undefined
  return withoutAbsent({
    fd,
    kind: kindOf(family, type, protocol),
    family: nameOf('AF_', family),
    type: nameOf('SOCK_', type),
    protocol: isInet ? protocol : String(sock.protocol()),
    listening: ask(() => sock.acceptconn()) ?? false,
    state: info && STATES[info.state],
    local: textOf(ask(() => sock.getsockname())),
    peer: textOf(peer),
    peerpid: credentials && credentials.pid > 0 ? credentials.pid : undefined,
    options: optionsOf(sock, isTcp),
    tcpinfo: info,
  }) as Description
}

function withoutAbsent(properties: object): object {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined))
}
