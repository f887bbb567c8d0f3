/** What is not called, and what is not said, each with its reason. Everything else that is public is. */
import { isIP } from 'node:net'
import { NI_NUMERICHOST, NI_NUMERICSERV, SCM_PIDFD, SCM_RIGHTS, SO_LINGER, SOL_SOCKET } from 'berkeley'
import type { World } from './world.js'

/** Functions by their whole names. */
export const SKIPPED: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [
    /^new (\w+\.)?(SystemError|TimeoutError|TlsError|IncompleteReadError|ProxyProtocolError)$/,
    'errors are made by the library, of what it knows',
  ],
  [/^new (ll\.)?Socket$/, 'internal: takes a number over without asking what it is; wrap() is for callers'],
  [/^new (ll\.)?AddrInfo$/, 'private: the static methods make them'],
  [/^new (Batch|Datagram|TlsSession|NodeOptions|\w*Duplex)$/, 'not exported: methods make them'],
  [/^CmsgHdrs#decode$/, 'owns whatever numbers the bytes hold; the fuzzing of the addon feeds it'],
  [/^\w*Duplex#_\w+$/, 'called by the streams of Node, which check the arguments'],
  [
    /^(ll\.)?pidfd_(open|getfd)$/,
    'the caller owns the number that it gives, which is not told from others: their tests call them',
  ],
  [/^MsgHdr#(received|incoming)$/, 'called by a receive, with what the kernel said'],
  [/^TlsSession#/, 'made by servers, for the constructor of a socket: no method of it is documented for callers'],
  [/^Context#choose(Protocol)?$/, 'called by a session, with what the client has sent'],
  [/\[berkeley\.\w+\]$/, 'between the modules of the library: a symbol that it does not export'],
]

/** Descriptors have numbers below this: the limit of this process. */
export const FD_LIMIT = 256

/** Room of a message that is made; more is asked for only where it is refused. */
const ROOM_MAX = 1_000_000

/** Functions that close a number, or take it over. */
const TAKES_FD = /(^|\.)(wrap|close|shutdown)$/

/** Functions that ask the resolver, unless the host is a number. */
const LOOKS_UP =
  /getaddrinfo|getaddrinfoin|(inet\.\w+\.create|^listen|^connect|^createConnection)$|DgramSocket#(bind|connect)$/

function isNumber(value: unknown): value is number {
  return typeof value === 'number'
}

/** Numbers that are open and owned are replaced by some that are not in use. */
function foreignFd(world: World, value: unknown): unknown {
  if (!isNumber(value) || !Number.isInteger(value) || value < 0 || value >= FD_LIMIT) return value
  return world.mayTake(value) ? value : value + FD_LIMIT
}

const NUMERIC = NI_NUMERICHOST | NI_NUMERICSERV

/** Names would be asked for elsewhere: only numbers, and what is refused before anybody is asked. */
function localHost(host: unknown): unknown {
  if (typeof host !== 'string' || isIP(host.split('%', 1)[0] ?? '')) return host
  const refused = host.includes('\0') || host.length > 253 || host === '*' || host === '' || host === '127.1'
  return refused || host === '\ud800' ? host : '127.0.0.1'
}

/** The kernel would load modules for the names of congestion controls and protocols. */
const LOADS_MODULES = /#(tcpcongestion|tcpulp)$/

/** Asks for numbers in place of names, unless the flags are refused anyway. */
function numeric(place: string, args: unknown[]): unknown[] {
  if (place !== 'getnameinfo') return [...args, NUMERIC]
  const [ai, flags = 0, ...rest] = args
  return [ai, isNumber(flags) ? flags | NUMERIC : flags, ...rest]
}

/** Changes arguments that would harm more than the call. */
export function harmless(place: string, args: unknown[], world: World): unknown[] {
  if (TAKES_FD.test(place)) return args.map((arg, i) => (i === 0 ? foreignFd(world, arg) : arg === false ? true : arg))
  if (/(Duplex|NetSocket)#connect$/.test(place)) return args.map(localHost)
  if (LOOKS_UP.test(place)) return args.map((arg, i) => (i === 0 ? localHost(arg) : arg))
  // A socket that blocks would stop the thread for ever.
  if (/#nonblock$/.test(place)) return args.map((arg) => (arg === false ? true : arg))
  if (/#(recvable|sendable)$/.test(place)) return args.map((arg) => (isNumber(arg) && (arg > 1 || arg < 0) ? 0 : arg))
  // close(2) would wait for as long.
  if (/#linger$/.test(place)) return args.map((arg) => (isNumber(arg) && arg > 0 ? 0 : arg))
  if (/#setsockopt$/.test(place)) return args.map((arg, i) => (i === 1 && arg === SO_LINGER ? SO_LINGER + 1 : arg))
  // Names of addresses are for a name server to tell.
  if (/\bnameinfo$|^getnameinfo$/.test(place)) return numeric(place, args)
  if (LOADS_MODULES.test(place)) return args.map((arg) => (typeof arg === 'string' && arg.length < 16 ? 'reno' : arg))
  // Gigabytes would be filled, and copied: for minutes.
  if (/MsgHdr#addn$/.test(place)) return args.map((arg) => (isNumber(arg) && arg > ROOM_MAX ? arg + 2 ** 31 : arg))
  // What is received is owned: these would be the numbers of others.
  if (/CmsgHdr\.received$/.test(place) && args[0] === SOL_SOCKET && (args[1] === SCM_RIGHTS || args[1] === SCM_PIDFD))
    return [SOL_SOCKET + 1, ...args.slice(1)]
  return args
}
