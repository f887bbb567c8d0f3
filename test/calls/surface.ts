// Every function of the package that takes an object of options, or of fields, and what may be in it.
import { closeSync } from 'node:fs'
import {
  AddrInfo,
  AF_INET,
  AF_UNIX,
  CmsgHdr,
  connect,
  createSocket,
  dgram,
  listen,
  netlink,
  relay,
  SOCK_DGRAM,
  SOCK_STREAM,
  seqpacket,
  stream,
  tls,
} from 'berkeley'
import { Socket as LowSocket, socket } from 'berkeley/llsocket'
import { tlscfg } from '../tls/common.js'
import { closing, tempFolder } from '../util/index.js'
import { waitingVerbs } from './verbs.js'

type Test = Parameters<typeof closing>[0]

/** A function with an object in the place that is tested. */
export interface Place {
  readonly name: string
  /** Calls the function with that object; what it makes is closed. */
  call(given: object): unknown
  /** An object that it accepts. */
  readonly valid: object
}

const idle = { host: '127.0.0.1', port: 9 }
const here = { host: '127.0.0.1', port: 0 }

/** Addresses, lookups, and the values of control messages. */
export function places(t: Test): Place[] {
  const unixPath = `${tempFolder(t)}/s`
  return [
    place('AddrInfo.inet', (o) => AddrInfo.inet('127.0.0.1', 1, o), { socktype: 1 }),
    place('AddrInfo.inet6', (o) => AddrInfo.inet6('::1', 1, o), { flowinfo: 1 }),
    place('AddrInfo.unix', (o) => AddrInfo.unix('/x', o), { socktype: 1 }),
    place('AddrInfo.vsock', (o) => AddrInfo.vsock(1, 1, o), { socktype: 1 }),
    place('AddrInfo.packet', (o) => AddrInfo.packet(o), { ifindex: 1 }),
    place('AddrInfo.netlink', (o) => AddrInfo.netlink(o), { groups: 1 }),
    place('AddrInfo.can', (o) => AddrInfo.can(o), { ifindex: 1 }),
    place('AddrInfo.raw', (o) => AddrInfo.raw(new Uint8Array(16), o), { socktype: 1 }),
    place('AddrInfo#with', (o) => AddrInfo.inet('127.0.0.1').with(o), { socktype: 1 }),
    place('stream.getaddrinfoin', (o) => stream.getaddrinfoin(o), idle),
    place('dgram.getaddrinfoin', (o) => dgram.getaddrinfoin(o), idle),
    place('stream.getaddrinfoun', (o) => stream.getaddrinfoun(o as never), { path: '/x' }),
    place('dgram.getaddrinfoun', (o) => dgram.getaddrinfoun(o as never), { path: '/x' }),
    place('CmsgHdr.of pktinfo', (o) => CmsgHdr.of('pktinfo', o), { ifindex: 1 }),
    place('CmsgHdr.of pktinfo6', (o) => CmsgHdr.of('pktinfo6', o), { ifindex: 1 }),
    place('CmsgHdr.of credentials', (o) => CmsgHdr.of('credentials', o as never), { pid: 1, uid: 2, gid: 3 }),
    place('Client.create of stream.inet', (o) => stream.inet.Client.create(o as never, false), idle),
    place('Client.create of stream.unix', (o) => stream.unix.Client.create(o as never, false), { path: '/x' }),
    place('Client.create of seqpacket.unix', (o) => seqpacket.unix.Client.create(o as never, false), { path: '/x' }),
    place('Client.create of tls.inet', (o) => tls.inet.Client.create(o as never, false), { ...idle, tlscfg: {} }),
    place('Client.create of tls.unix', (o) => tls.unix.Client.create(o as never, false), {
      path: '/x',
      servername: 'localhost',
      tlscfg: {},
    }),
    place('Server.create of stream.inet', (o) => stream.inet.Server.create(o), here),
    place('Server.create of stream.unix', (o) => stream.unix.Server.create(o as never), { path: unixPath }),
    place('Server.create of seqpacket.unix', (o) => seqpacket.unix.Server.create(o as never), { path: unixPath }),
    place('Server.create of tls.inet', (o) => tls.inet.Server.create(o as never), { ...here, tlscfg }),
    place('Server.create of tls.unix', (o) => tls.unix.Server.create(o as never), { path: unixPath, tlscfg }),
    place('listen', (o) => listen(o), here),
    place('connect', (o) => connect(o as never), idle),
    place('Socket.create of dgram.inet', (o) => dgram.inet.Socket.create(o), here),
    place('Socket.create of dgram.unix', (o) => dgram.unix.Socket.create(o as never), { path: '/x' }),
    place('createSocket', (o) => createSocket(o), { family: AF_INET, type: SOCK_DGRAM }),
    place('Socket.create of dgram.any', (o) => dgram.any.Socket.create(o), { family: AF_INET }),
    place('Socket.create of stream.any', (o) => stream.any.Socket.create(o), { family: AF_INET }),
    place('Socket.create of seqpacket.any', (o) => seqpacket.any.Socket.create(o), { family: AF_UNIX }),
    place('Socket.create of netlink', (o) => netlink.Socket.create(o), { groups: 1 }),
    place('tls.Context.server', (o) => tls.Context.server(o), tlscfg),
    place('tls.Context.client', (o) => tls.Context.client(o), { servername: 'x' }),
    place('keyPairs', (o) => tls.Context.server({ ...tlscfg, keyPairs: [o as never] }), tlscfg),
  ]
}

/** Methods of sockets, which need one. */
export async function methods(t: Test): Promise<Place[]> {
  const udp = closing(t, await dgram.inet.Socket.create())
  const local = closing(t, await dgram.unix.Socket.create())
  const server = closing(t, await stream.inet.Server.create(here))
  const [low] = socket.pair(SOCK_STREAM).map((one) => closing(t, one)) as [LowSocket, LowSocket]
  const tcp = closing(t, await stream.inet.Client.create(idle, false))
  const options = closing(t, socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_STREAM })))
  const pair = async (): Promise<stream.unix.Socket> => {
    const [a, b] = await stream.unix.pair()
    await b.close()
    return closing(t, a)
  }
  const chunks = await pair()
  const facts = { family: low.family(), socktype: low.socktype(), protocol: 0 }
  return [
    place('bind of dgram.inet', (o) => udp.bind(o), here),
    place('connect of dgram.inet', (o) => udp.connect(o), idle),
    place('bind of dgram.unix', (o) => local.bind(o as never), { path: '\0surface' }),
    place('connect of dgram.unix', (o) => local.connect(o as never), { path: '\0nobody' }),
    place('connect of a client', (o) => tcp.connect(o), {}),
    place('secure', (o) => server.secure(o), tlscfg),
    ...(await waitingVerbs(t)).flatMap(({ name, named, trailing }) => [
      place(`${name} by name`, named, { timeout: 1 }),
      place(name, trailing, { timeout: 1 }),
    ]),
    place('chunks', (o) => chunks.chunks(o), {}),
    place('messages', (o) => udp.messages(o), {}),
    place('relay', async (o) => relay(await pair(), await pair(), o), {}),
    place('connections', (o) => server.connections(o), {}),
    place('sendmany', (o) => udp.sendmany([o as never]), { data: 'x', addr: AddrInfo.inet('127.0.0.1', 9) }),
    place('tls.wrap', async (o) => tls.wrap(await pair(), { ca: tlscfg.cert }, o), { servername: 'x' }),
    place('duplex', async (o) => (await pair()).duplex(o).destroy(), {}),
    place('a Socket of llsocket', (o) => lowSocket(low, o), facts),
    place('txtime', (o) => options.txtime(o as never), { clockid: 1, flags: 0 }),
    place('tcpmd5sigext', (o) => options.tcpmd5sigext('127.0.0.1', 'key', o), { prefixlen: 8 }),
    place('tcprepairoptions', (o) => options.tcprepairoptions(o), { mss: 1 }),
    place('tcprepairwindow', (o) => options.tcprepairwindow(o as never), {
      snd_wl1: 1,
      snd_wnd: 1,
      max_window: 1,
      rcv_wnd: 1,
      rcv_wup: 1,
    }),
  ]
}

/** The constructor is not public, and takes the descriptor only if it accepts the facts. */
function lowSocket(of: LowSocket, facts: object): LowSocket {
  const fd = of.dup().unwrap()
  try {
    return new (LowSocket as unknown as new (fd: number, facts: object) => LowSocket)(fd, facts)
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

function place(name: string, call: (given: object) => unknown, valid: object): Place {
  return { name, call, valid }
}

/** Calls the function of a place, and closes what it makes. Resolves to its failure, or undefined. */
export async function failure({ call }: Place, given: object): Promise<NodeJS.ErrnoException | undefined> {
  try {
    const made = (await call(given)) as { close?(): unknown } | null | undefined
    if (made && typeof made.close === 'function') await made.close()
    return undefined
  } catch (error) {
    return error as NodeJS.ErrnoException
  }
}

/** The names of the options that a function has: its refusal of another one lists them. */
export async function optionsOf(place: Place): Promise<string[]> {
  const refusal = await failure(place, { ...place.valid, 'no such option': 1 })
  return /it may have (.*?)\)/.exec(refusal?.message ?? '')?.[1]?.split(', ') ?? []
}
