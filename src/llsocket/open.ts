import type { AddrInfo } from '../address/addrinfo.js'
import {
  AF_CAN,
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_PACKET,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  SO_PROTOCOL,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOL_SOCKET,
} from '../constants/exported.generated.js'
import { type Family, nameOf, sys } from '../constants/lookup.js'
import { Handle } from '../descriptor/handle.js'
import { type SocketFacts, SocketKind } from '../descriptor/kind.js'
import { OwnedFd } from '../descriptor/owned-fd.js'
import { native, registers } from '../native/sockets.js'
import { fdContext, type SystemError, systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'
import { Socket } from './socket.js'

/** The network namespace of a socket: a path such as `/run/netns/blue` or `/proc/4711/ns/net`, or a descriptor of one. */
export type NetworkNamespace = string | number

/** Makes a socket, in another network namespace if one is given. The address is what it remembers for `bind()` and `connect()`. */
export function openSocket(facts: SocketFacts, nonblock: boolean, ai?: AddrInfo, netns?: NetworkNamespace): Socket {
  const { family, protocol } = facts
  const type = facts.socktype | (nonblock ? SOCK_NONBLOCK : 0)
  const fd = netns === undefined ? native.socket(family, type, protocol) : socketIn(netns, family, type, protocol)
  if (fd < 0) throw refusal(-fd, facts)
  const kind = SocketKind.from({ family, socktype: facts.socktype, protocol: protocol || protocolOf(fd) })
  return new Socket(new Handle(new OwnedFd(fd, 'Socket'), kind), undefined, ai)
}

/**
 * Checks the text or the number of a network namespace.
 * @param name - what the caller calls it, for the errors.
 */
export function checkNamespace(name: string, netns: unknown): void {
  if (typeof netns === 'string') pathOf(name, netns)
  else validate.descriptor(name, netns)
}

/** One socket(2) in another network namespace: the descriptor, or `-errno` of socket(2). */
function socketIn(netns: NetworkNamespace, family: number, type: number, protocol: number): number {
  const path = typeof netns === 'string' ? pathOf('netns', netns) : undefined
  const number = path === undefined ? validate.descriptor('netns', netns) : -1
  const fd = native.socketIn(number, path, family, type, protocol)
  if (fd < 0 && registers[0] === 0) throw noEntry(-fd, path, number)
  return fd
}

/** PATH_MAX, the NUL included. */
const PATH_MAX = 4096

function pathOf(name: string, netns: string): string {
  const path = validate.textWithoutNul(name, netns)
  if (path === '') throw validate.invalidValue(name, 'must be the path of a network namespace', netns)
  if (Buffer.byteLength(path) >= PATH_MAX) throw systemError(sys.ENAMETOOLONG, 'setns', { path })
  return path
}

function noEntry(errno: number, path: string | undefined, fd: number): SystemError {
  const where = path === undefined ? fdContext(fd) : { path }
  if (errno === sys.EPERM) return systemError(errno, 'setns', { ...where, detail: 'it needs CAP_SYS_ADMIN' })
  if (errno === sys.EINVAL) return systemError(errno, 'setns', { ...where, detail: 'it is not a network namespace' })
  return systemError(errno, 'setns', where)
}

/** What the kernel chose where it had the choice. */
function protocolOf(fd: number): number {
  return native.getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, native.kinds.int) < 0 ? 0 : (registers[0] ?? 0)
}

const NO_SUCH_SOCKET: ReadonlySet<number> = new Set([
  sys.EAFNOSUPPORT,
  sys.ESOCKTNOSUPPORT,
  sys.EPROTONOSUPPORT,
  sys.ENOPROTOOPT,
  sys.ENODEV,
  sys.EINVAL,
])

const NO_PRIVILEGE: ReadonlySet<number> = new Set([sys.EPERM, sys.EACCES])

/** The error of socket(2): one that says that there is no such kind of socket names the kind; one about privileges names what is needed. */
function refusal(errno: number, facts: SocketFacts): SystemError {
  if (NO_SUCH_SOCKET.has(errno)) return systemError(errno, 'socket', { detail: described(facts) })
  if (NO_PRIVILEGE.has(errno)) return systemError(errno, 'socket', { detail: `${described(facts)}${needOf(facts)}` })
  return systemError(errno, 'socket')
}

/** The families of names for protocols that are not those of IP. */
const PROTOCOLS = new Map<number, Family>([
  [AF_NETLINK, 'NETLINK_'],
  [AF_PACKET, 'ETH_P_'],
  [AF_CAN, 'CAN_'],
])

function described({ family, socktype, protocol }: SocketFacts): string {
  const names = PROTOCOLS.get(family) ?? (family === AF_INET || family === AF_INET6 ? 'IPPROTO_' : undefined)
  const name = names === undefined ? (protocol ? `protocol ${protocol}` : undefined) : nameOf(names, protocol)
  return [nameOf('AF_', family), nameOf('SOCK_', socktype), ...(name === undefined ? [] : [name])].join(', ')
}

/** What a process needs to make such a socket. */
function needOf({ family, socktype, protocol }: SocketFacts): string {
  const isInet = family === AF_INET || family === AF_INET6
  if (isInet && socktype === SOCK_DGRAM && (protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6))
    return ': net.ipv4.ping_group_range does not admit the group of this process'
  if (family === AF_PACKET || socktype === SOCK_RAW) return ' needs CAP_NET_RAW'
  return ''
}
