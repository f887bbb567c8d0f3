// The peer of a datagram socket. Taking it back makes Linux forget more of a UDP socket than that: the port, unless bind(2) was given it as a
// number, and the device. And a second connect(2) keeps the source address of the first, whatever the new peer is reached by.
import { AddrInfo } from '../address/addrinfo.js'
import { readName } from '../address/names.js'
import { AF_INET, AF_INET6, SO_BINDTOIFINDEX, SOL_SOCKET } from '../constants/exported.generated.js'
import { kHandle } from '../descriptor/handle.js'
import { native, registers } from '../native/sockets.js'
import { check, checkAnswer } from '../support/errors.js'
import type { DgramSocket } from './socket.js'

/** An address of AF_UNSPEC, which takes the peer back (connect(2)). */
const UNSPEC_ADDRESS = AddrInfo.raw(new Uint8Array(16))

/** The device that a socket was bound to before it got a peer: the zone of a link-local peer is one afterwards. */
const devices = new WeakMap<DgramSocket, number>()

/** Sets the peer of a datagram socket, which never waits, or takes it back for `null`. */
export function connectTo(sock: DgramSocket, ai: AddrInfo | null): void {
  const { fd, kind } = sock[kHandle]
  const to = ai === null ? NOBODY : { ai, sockaddr: ai.sockaddr }
  if (ai) kind.requireFamily(ai, 'connect')
  const number = fd.use('connect')
  if (kind.family !== AF_INET && kind.family !== AF_INET6) return connectFd(number, to)
  const former = peerOf(number)
  if (former === undefined) devices.set(sock, deviceOf(number))
  else disconnect(sock, number, former)
  if (ai === null) return former ? undefined : connectFd(number, to)
  try {
    connectFd(number, to)
  } catch (error) {
    // As when the kernel refuses the new peer of a connected socket. If the former cannot be had either, the socket has none.
    if (former) native.connect(number, former.sockaddr)
    throw error
  }
}

/** A peer, whose bytes are read before the number is taken: that may run code of the user. */
interface Destination {
  readonly ai: AddrInfo | null
  readonly sockaddr: Uint8Array
}

const NOBODY: Destination = { ai: null, sockaddr: UNSPEC_ADDRESS.sockaddr }

function connectFd(fd: number, { ai, sockaddr }: Destination): void {
  check(native.connect(fd, sockaddr), 'connect', () => ai?.context() ?? {})
}

function nameOf(fd: number, call: 'getsockname' | 'getpeername'): AddrInfo | number {
  return readName((room) => native[call](fd, room))
}

function peerOf(fd: number): AddrInfo | undefined {
  const peer = nameOf(fd, 'getpeername')
  return typeof peer === 'number' ? undefined : peer
}

/** The index of the device that the socket is bound to, 0 for none. */
function deviceOf(fd: number): number {
  return native.getsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, native.kinds.int) < 0 ? 0 : (registers[0] as number)
}

/**
 * Takes the peer back, and gives the socket what it had beside that: the port, which is free for a moment, and the device.
 * @throws EADDRINUSE when another socket has taken the port in that moment; then the socket has none.
 */
function disconnect(sock: DgramSocket, fd: number, peer: AddrInfo): void {
  const { port } = checkAnswer(nameOf(fd, 'getsockname'), 'getsockname')
  const device = devices.get(sock) ?? (peer.scopeid === deviceOf(fd) ? 0 : deviceOf(fd))
  connectFd(fd, NOBODY)
  if (device > 0 && deviceOf(fd) === 0) bindToDevice(fd, device)
  const local = checkAnswer(nameOf(fd, 'getsockname'), 'getsockname')
  if (port && local.port === 0) bindAgain(fd, local, port)
}

function bindToDevice(fd: number, device: number): void {
  registers[0] = device
  const result = native.setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, native.kinds.int)
  check(result, 'setsockopt', { detail: 'the socket is no longer bound to its device' })
}

function bindAgain(fd: number, { addr, family, scopeid = 0 }: AddrInfo, port: number): void {
  const ai =
    family === AF_INET ? AddrInfo.inet(addr as string, port) : AddrInfo.inet6(addr as string, port, { scopeid })
  check(native.bind(fd, ai.sockaddr), 'bind', { ...ai.context(), detail: 'the socket has lost its port' })
}
