// The sockets that options are tried on, each of the kind that an option is about.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { release } from 'node:os'
import type { TestContext } from 'node:test'
import * as ll from 'berkeley/llsocket'

const { AF_INET, AF_INET6, AddrInfo, socket } = ll
const { SOCK_DGRAM, SOCK_RAW, SOCK_STREAM, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE } = ll

type Socket = ll.Socket
type AddrInfo = ll.AddrInfo

/** Says what has to be closed when the test is over. */
export type Keep = (sock: Socket) => Socket

/** Everything that is kept is closed with the test, whatever the test closed itself. */
export function keeper(t: TestContext): Keep {
  const open: Socket[] = []
  t.after(() => {
    for (const sock of open) sock.close()
  })
  return (sock) => {
    open.push(sock)
    return sock
  }
}

export const loopback = (family: number, socktype: number, protocol = 0, port = 0): AddrInfo =>
  family === AF_INET6
    ? AddrInfo.inet6('::1', port, { socktype, protocol })
    : AddrInfo.inet('127.0.0.1', port, { socktype, protocol })

const fresh = (family: number, socktype: number, protocol: number) => (keep: Keep) =>
  keep(socket.create(loopback(family, socktype, protocol), true))

/** A listening socket, a client of it, and what it accepted. */
export function connection(keep: Keep, family: number, prepare: (listener: Socket) => void = () => {}) {
  const listener = keep(socket.create(loopback(family, SOCK_STREAM, IPPROTO_TCP)))
  prepare(listener)
  listener.bind()
  listener.listen()
  const client = keep(socket.create(listener.getsockname().with({ socktype: SOCK_STREAM })))
  client.connect()
  const server = listener.accept()
  if (server === ll.AGAIN) throw new Error('a blocking listener has no connection to accept')
  return { listener, client, server: keep(server) }
}

/** A datagram socket that is connected to itself. */
function mirror(keep: Keep, family: number): Socket {
  const sock = fresh(family, SOCK_DGRAM, IPPROTO_UDP)(keep)
  sock.bind()
  sock.connect(sock.getsockname())
  return sock
}

function unixPair(keep: Keep, socktype: number): Socket {
  const [one, other] = socket.pair(socktype, true)
  keep(other)
  return keep(one)
}

export const sockets = {
  tcp4: fresh(AF_INET, SOCK_STREAM, IPPROTO_TCP),
  tcp6: fresh(AF_INET6, SOCK_STREAM, IPPROTO_TCP),
  connected4: (keep: Keep) => connection(keep, AF_INET).client,
  connected6: (keep: Keep) => connection(keep, AF_INET6).client,
  listening4: (keep: Keep) => connection(keep, AF_INET).listener,
  udp4: fresh(AF_INET, SOCK_DGRAM, IPPROTO_UDP),
  udp6: fresh(AF_INET6, SOCK_DGRAM, IPPROTO_UDP),
  mirror4: (keep: Keep) => mirror(keep, AF_INET),
  mirror6: (keep: Keep) => mirror(keep, AF_INET6),
  lite4: fresh(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE),
  icmp4: fresh(AF_INET, SOCK_RAW, ll.IPPROTO_ICMP),
  icmp6: fresh(AF_INET6, SOCK_RAW, ll.IPPROTO_ICMPV6),
  raw4: fresh(AF_INET, SOCK_RAW, ll.IPPROTO_RAW),
  raw6: fresh(AF_INET6, SOCK_RAW, 200),
  header6: fresh(AF_INET6, SOCK_RAW, ll.IPPROTO_RAW),
  packet: (keep: Keep) => keep(socket.create(AddrInfo.packet({ socktype: SOCK_RAW }), true)),
  netlink: (keep: Keep) => keep(socket.create(AddrInfo.netlink({ socktype: SOCK_RAW }), true)),
  vsock: (keep: Keep) => keep(socket.create(AddrInfo.vsock(ll.VMADDR_CID_ANY, 0, { socktype: SOCK_STREAM }), true)),
  can: (keep: Keep) => keep(socket.create(AddrInfo.can({ socktype: SOCK_RAW, protocol: ll.CAN_RAW }), true)),
  unix: (keep: Keep) => unixPair(keep, SOCK_STREAM),
  unixdgram: (keep: Keep) => unixPair(keep, SOCK_DGRAM),
} as const

export type SocketName = keyof typeof sockets

/** Calls an option method by name: what the tables say is only known at run time. */
export function option(sock: Socket, name: string, ...args: unknown[]): unknown {
  const method = (sock as unknown as Record<string, (...args: unknown[]) => unknown>)[name]
  assert.equal(typeof method, 'function', `a socket has no method ${name}`)
  return method?.apply(sock, args)
}

function effectiveCapabilities(): bigint {
  const line = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))
  return BigInt(`0x${line?.[1] ?? '0'}`)
}

const CAPABILITY = { CAP_NET_ADMIN: 12n, CAP_NET_RAW: 13n } as const

export type Capability = keyof typeof CAPABILITY

export const capable = (capability: Capability): boolean =>
  ((effectiveCapabilities() >> CAPABILITY[capability]) & 1n) === 1n

/** Whether the kernel is of that version or newer. */
export function kernelSince(version: string): boolean {
  const [wanted, running] = [version, release()].map((text) => text.split(/[.-]/).map(Number)) as [number[], number[]]
  const [major = 0, minor = 0] = wanted
  const [ownMajor = 0, ownMinor = 0] = running
  return ownMajor > major || (ownMajor === major && ownMinor >= minor)
}

/** What a file of the kernel says; empty where there is no such file. */
export function told(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}

/** Why this kernel has no sockets of a family; undefined where it has. */
function absence(name: 'vsock' | 'can'): string | undefined {
  try {
    sockets[name]((sock) => {
      sock.close()
      return sock
    })
    return undefined
  } catch (error) {
    return `this kernel has no ${name}: ${(error as Error).message}`
  }
}

/** The reason why sockets of that name cannot be made here, if there is one. */
export function missing(name: SocketName): string | undefined {
  if (name === 'vsock' || name === 'can') return absence(name)
  if (/^(icmp|raw|header|packet)/.test(name) && !capable('CAP_NET_RAW')) return 'raw sockets need CAP_NET_RAW'
  if (name.endsWith('6') && told('/proc/net/if_inet6') === '') return 'this host has no IPv6'
  if (name === 'lite4' && !/^UdpLite:/m.test(told('/proc/net/snmp'))) return 'this kernel has no UDP-Lite'
  return undefined
}
