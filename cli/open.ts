import { type AddrInfo, AF_INET, AF_INET6, connect, dgram, listen, seqpacket, stream, systemd, unix } from 'berkeley'
import { SOCK_DGRAM, SOCK_SEQPACKET, socket } from 'berkeley/llsocket'
import { type Address, addressText, type InetAddress, type OtherAddress, type UnixAddress } from './address.js'
import { connectionPeer, datagramPeer, type Peer } from './peer.js'
import type { Settings } from './settings.js'
import { UsageError } from './usage.js'

type Server = stream.Server | seqpacket.unix.Server

/** Something to accept connections from. */
export interface Door {
  /** Where it listens. */
  readonly text: string
  /** The next peer. */
  accept(signal: AbortSignal): Promise<Peer>
  /** Closes it. */
  close(): Promise<void>
}

/** Host and port as the library takes them, for one family or both. */
function place({ host, port, version }: InetAddress) {
  return {
    ...(host === undefined ? {} : { host }),
    port,
    ...(version === undefined ? {} : { family: version === 4 ? AF_INET : AF_INET6 }),
  }
}

/** Connects to an address. */
export async function connectTo(address: Address, settings: Settings, signal: AbortSignal): Promise<Peer> {
  const text = addressText(address)
  switch (address.kind) {
    case 'tcp':
    case 'tls':
      return connectionPeer(await connectInet(address, settings, signal), text)
    case 'unix':
      return connectionPeer(await connect({ path: address.path, ...common(settings, signal) }), text)
    case 'seqpacket':
      return connectionPeer(await connect({ path: address.path, type: 'seqpacket', ...common(settings, signal) }), text)
    case 'udp':
    case 'unixgram':
      return datagramPeer(await connectDatagram(address, settings), text)
    case 'fd':
      return adoptedPeer(address, text)
    default:
      throw new UsageError(`${text} is nothing to connect to`)
  }
}

function common({ timeout, prepare }: Settings, signal: AbortSignal) {
  return { timeout, prepare, signal }
}

async function connectInet(address: InetAddress, settings: Settings, signal: AbortSignal): Promise<stream.inet.Socket> {
  const options = { ...place(address), ...common(settings, signal) }
  if (address.kind === 'tcp') return connect(options)
  return connect({ ...options, tlscfg: settings.tls })
}

/** Makes a datagram socket that remembers an address. */
function datagramSocket(address: InetAddress | UnixAddress): Promise<dgram.unix.Socket | dgram.inet.Socket> {
  if ('path' in address) return dgram.unix.Socket.create({ path: address.path })
  return dgram.inet.Socket.create(place(address))
}

async function connectDatagram(address: InetAddress | UnixAddress, { prepare }: Settings): Promise<dgram.Socket> {
  const sock = await datagramSocket(address)
  try {
    prepare(sock)
    // Without a name of our own there can be no answer.
    if (sock instanceof dgram.unix.Socket) await sock.bind({ path: '' })
    await sock.connect()
    return sock
  } catch (error) {
    await sock.close()
    throw error
  }
}

async function adoptedPeer({ name }: OtherAddress, text: string): Promise<Peer> {
  const fd = Number(name)
  const { family, socktype } = kindOf(fd)
  if (socktype === SOCK_DGRAM)
    return datagramPeer(
      family === AF_INET || family === AF_INET6 ? await dgram.inet.wrap(fd) : await dgram.unix.wrap(fd),
      text,
    )
  return connectionPeer(socktype === SOCK_SEQPACKET ? await seqpacket.unix.wrap(fd) : await stream.wrap(fd), text)
}

function kindOf(fd: number): { family: number; socktype: number } {
  const sock = socket.wrap(fd)
  const kind = { family: sock.family(), socktype: sock.socktype() }
  sock.unwrap()
  return kind
}

/** Listens at an address. */
export async function listenAt(address: Address, settings: Settings): Promise<Door> {
  if (address.kind === 'udp' || address.kind === 'unixgram')
    return datagramDoor(await bindDatagram(address, settings), address)
  const server = await serverAt(address, settings)
  return {
    text: listeningText(address, server),
    accept: async (signal) => {
      const conn = await server.accept({ signal })
      return connectionPeer(conn, peerText(address, conn))
    },
    close: () => server.close(),
  }
}

async function serverAt(address: Address, settings: Settings): Promise<Server> {
  const { prepare } = settings
  switch (address.kind) {
    case 'tcp':
      return listen({ ...place(address), prepare })
    case 'tls':
      if (settings.tls.cert === undefined || settings.tls.key === undefined)
        throw new UsageError('listening for TLS needs --cert and --key')
      return listen({ ...place(address), prepare, tlscfg: settings.tls })
    case 'unix':
      return listen({ path: address.path, prepare })
    case 'seqpacket':
      return listen({ path: address.path, prepare, type: 'seqpacket' })
    case 'fd':
      return adoptedServer(Number(address.name))
    case 'systemd':
      return inheritedServer(address.name)
    default:
      throw new UsageError(`${addressText(address)} is nothing to listen at`)
  }
}

async function adoptedServer(fd: number): Promise<Server> {
  const { family, socktype } = kindOf(fd)
  if (socktype === SOCK_SEQPACKET) return seqpacket.unix.Server.wrap(fd)
  return family === AF_INET || family === AF_INET6 ? stream.inet.Server.wrap(fd) : stream.unix.Server.wrap(fd)
}

function inheritedServer(name: string): Server {
  const passed = systemd.listenFds()
  const sock = passed.get(name)
  if (sock instanceof stream.Server || sock instanceof seqpacket.unix.Server) return sock
  const names = [...passed].map((one) => one.name).join(', ') || 'nothing'
  throw new UsageError(`systemd has passed no server called "${name}", but ${names}`)
}

/** Where a server listens, with the port that it has. */
function listeningText(address: Address, server: Server | dgram.Socket): string {
  const { port, addr } = server.getsockname()
  if (!('port' in address)) return addressText(address)
  return addressText({ ...address, host: addr, port: port ?? 0, version: undefined })
}

function peerText(address: Address, conn: stream.Socket | seqpacket.unix.Socket): string {
  if (!(conn instanceof stream.Socket) || conn instanceof unix.Socket) return `a peer of ${addressText(address)}`
  try {
    return `tcp:${conn.getpeername()}`
  } catch {
    return 'a peer that has gone' // it reset the connection before it was accepted
  }
}

/** Binds a datagram socket. */
export async function bindDatagram(address: InetAddress | UnixAddress, { prepare }: Settings): Promise<dgram.Socket> {
  const sock = await datagramSocket(address)
  try {
    prepare(sock)
    await sock.bind()
    return sock
  } catch (error) {
    await sock.close()
    throw error
  }
}

async function connectBack(sock: dgram.Socket, from: AddrInfo | null): Promise<void> {
  if (sock instanceof dgram.inet.Socket && from)
    await sock.connect({ host: String(from.addr), port: Number(from.port) })
  else if (sock instanceof dgram.unix.Socket && from?.path) await sock.connect({ path: from.path })
}

/** The sender of the first datagram is the peer of the socket from then on; datagrams of others are dropped by the kernel from then on. */
function datagramDoor(sock: dgram.Socket, address: InetAddress | UnixAddress): Door {
  let isTaken = false
  return {
    text: listeningText(address, sock),
    accept: async (signal) => {
      if (isTaken) throw new UsageError(`${addressText(address)} has one client only: --keep is for connections`)
      const [data, from] = await sock.recvfrom({ signal })
      // A sender that is gone by now has been heard all the same.
      await connectBack(sock, from).catch(() => undefined)
      isTaken = true
      return datagramPeer(sock, `${address.kind}:${from ?? 'an unnamed sender'}`, data)
    },
    close: async () => {
      if (!isTaken) await sock.close()
    },
  }
}
