/** The kinds of objects that have methods, and how one of each is made. */

import { Server as NodeServer } from 'node:net'
import { Socket as AsyncSocket, dgram, options, seqpacket, stream, tls } from 'berkeley'
import {
  AddrInfo,
  CmsgHdr,
  CmsgHdrs,
  type Socket as LowSocket,
  socket as low,
  MsgHdr,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from 'berkeley/llsocket'
import { NO_PEER, TlsSession } from '#internal/tls/session.js'
import { sharedContexts, type World } from './world.js'

const LOOPBACK = { inet: '127.0.0.1', inet6: '::1' }

function pair(world: World, type: number): LowSocket {
  const [a, b] = low.pair(type, true)
  b.send('some bytes are there')
  if (type === SOCK_STREAM) b.sendfd(0)
  world.stray(b)
  return a
}

function address(family: 'inet' | 'inet6', socktype: number): AddrInfo {
  return AddrInfo[family](LOOPBACK[family], 0, { socktype })
}

function bound(family: 'inet' | 'inet6', socktype: number): LowSocket {
  const sock = low.create(address(family, socktype), true)
  sock.bind()
  return sock
}

function listener(family: 'inet' | 'inet6'): LowSocket {
  const sock = bound(family, SOCK_STREAM)
  sock.listen()
  return sock
}

/** One end of a TCP connection; the other one has sent something. */
function tcp(world: World, family: 'inet' | 'inet6' = 'inet'): LowSocket {
  const server = listener(family)
  const client = low.create(server.getsockname(), true)
  try {
    client.connect()
    const peer = server.accept()
    if (typeof peer !== 'symbol') world.stray(peer).send('some bytes are there')
    return client
  } finally {
    server.close()
  }
}

function udp(world: World, family: 'inet' | 'inet6' = 'inet'): LowSocket {
  const [a, b] = [bound(family, SOCK_DGRAM), bound(family, SOCK_DGRAM)]
  a.connect(b.getsockname())
  b.sendto('a datagram', a.getsockname())
  world.stray(b)
  return a
}

function unixListener(world: World, socktype: number): LowSocket {
  const sock = low.create(AddrInfo.unix(world.name(), { socktype }), true)
  sock.bind()
  sock.listen()
  return sock
}

function message(): MsgHdr {
  const msg = new MsgHdr()
  msg.add('some text')
  msg.addn(100)
  return msg
}

function controls(): CmsgHdrs {
  const cmsgs = new CmsgHdrs()
  cmsgs.push(CmsgHdr.of('ttl', 5))
  return cmsgs
}

function session(isServer: boolean): TlsSession {
  const { server, client } = sharedContexts()
  return new TlsSession(isServer ? server : client, { ...NO_PEER, shortReadDrains: false })
}

/** One end of a conversation over TLS, whose other end takes part in the handshake. */
function encrypted(world: World, isServer: boolean): stream.unix.Socket {
  const [a, b] = low.pair(SOCK_STREAM, true)
  const peer = world.stray(new stream.unix.Socket(b, session(!isServer)))
  world.track('the handshake of the peer', peer.handshake())
  return new stream.unix.Socket(a, session(isServer))
}

function batch(world: World): object {
  const sock = new dgram.inet.Socket(udp(world))
  world.stray(sock)
  const made: object[] = []
  world.track('recvmany', sock.recvmany(4, 64), (value) => {
    made.push(world.stray(value as { close(): void }))
    world.put('batch', value as object)
    const datagram = (value as Iterable<object>)[Symbol.iterator]().next().value as object | undefined
    if (datagram) world.put('datagram', datagram)
  })
  // It is there with the next turn; until then nothing is asked of it.
  return made
}

export const SLOTS = {
  'll unix stream': (world: World) => pair(world, SOCK_STREAM),
  'll unix dgram': (world: World) => pair(world, SOCK_DGRAM),
  'll unix seqpacket': (world: World) => pair(world, SOCK_SEQPACKET),
  'll unix listener': (world: World) => unixListener(world, SOCK_STREAM),
  'll tcp': tcp,
  'll tcp6': (world: World) => tcp(world, 'inet6'),
  'll tcp listener': () => listener('inet'),
  'll udp': udp,
  'll udp6': (world: World) => udp(world, 'inet6'),
  'unix stream': (world: World) => new stream.unix.Socket(pair(world, SOCK_STREAM)),
  'unix dgram': (world: World) => new dgram.unix.Socket(pair(world, SOCK_DGRAM)),
  'unix seqpacket': (world: World) => new seqpacket.unix.Socket(pair(world, SOCK_SEQPACKET)),
  'unix stream server': (world: World) => new stream.unix.Server(unixListener(world, SOCK_STREAM)),
  'unix seqpacket server': (world: World) => new seqpacket.unix.Server(unixListener(world, SOCK_SEQPACKET)),
  'unix stream client': () => new stream.unix.Client(),
  'unix seqpacket client': () => new seqpacket.unix.Client(),
  tcp: (world: World) => new stream.inet.Socket(tcp(world)),
  tcp6: (world: World) => new stream.inet.Socket(tcp(world, 'inet6')),
  'tcp server': () => new stream.inet.Server(listener('inet')),
  'tcp client': () => new stream.inet.Client(),
  'any socket': (world: World) => new AsyncSocket(tcp(world)),
  'any stream': (world: World) => new stream.Socket(tcp(world)),
  'any server': () => new stream.Server(listener('inet')),
  'any dgram': (world: World) => new dgram.Socket(udp(world)),
  udp: (world: World) => new dgram.inet.Socket(udp(world)),
  udp6: (world: World) => new dgram.inet.Socket(udp(world, 'inet6')),
  'tls client': (world: World) => encrypted(world, false),
  'tls server': (world: World) => encrypted(world, true),
  'tls tcp listener': () => {
    const server = new tls.inet.Server(listener('inet'))
    server.secure(sharedContexts().server)
    return server
  },
  'tls tcp client': () => new tls.inet.Client(),
  'tls unix listener': (world: World) => {
    const server = new tls.unix.Server(unixListener(world, SOCK_STREAM))
    server.secure(sharedContexts().server)
    return server
  },
  'tls unix client': () => new tls.unix.Client(),
  duplex: (world: World) => watched(world, new stream.unix.Socket(pair(world, SOCK_STREAM))),
  'tcp duplex': (world: World) => watched(world, new stream.inet.Socket(tcp(world))),
  'tls duplex': (world: World) => watched(world, encrypted(world, false)),
  address: () => AddrInfo.inet('127.0.0.1', 80),
  'address 6': () => AddrInfo.inet6('::1', 80),
  'address unix': () => AddrInfo.unix('missing/socket'),
  'address raw': () => AddrInfo.raw(new Uint8Array([255, 0, 1, 2])),
  message,
  control: () => CmsgHdr.of('ttl', 5),
  rights: () => CmsgHdr.rights(0, 1),
  controls,
  batch,
  datagram: (world: World) => {
    world.get('batch')
    return []
  },
  context: () => sharedContexts().server,
  'client context': () => sharedContexts().client,
  session: (world: World) => world.stray(session(false)),
  'options of Node': (world: World) => {
    const server = new NodeServer().listen(world.name())
    world.stray({ close: () => void server.close() })
    return options(server)
  },
} satisfies Record<string, (world: World) => object>

export type SlotName = keyof typeof SLOTS

/** A stream over a socket. The socket ends with the world, the stream with the socket. */
function watched(world: World, sock: stream.Socket): object {
  world.stray(sock)
  const duplex = sock.duplex()
  duplex.on('error', (error) => world.judge('the stream', error))
  return duplex
}
