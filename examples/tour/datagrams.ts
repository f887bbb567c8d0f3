// Step 4: datagrams, with the synchronous layer: one method, one system call. What is sent over the loopback is there at
// once, so that nothing here waits.
import { AddrInfo, device, SOCK_DGRAM, type Socket, socket } from 'berkeley/llsocket'
import type { Screen } from './screen.js'
import { failsWith, same } from './verify.js'

const LONG = 1400
const ROOM = 100
const PATIENCE_S = 2

/** A datagram socket with an address of its own. It blocks, but not for ever, should a datagram be lost after all. */
function bound(ai: AddrInfo): Socket {
  const sock = socket.create(ai)
  sock.bind()
  sock.rcvtimeo(PATIENCE_S)
  return sock
}

/** A message with its sender comes as sent. */
function exchange(from: Socket, to: Socket, text: string): string {
  from.sendto(text, to.getsockname())
  const received = to.recvfrom()
  if (!Array.isArray(received)) throw new Error(`no datagram came to ${to.getsockname()}`)
  const [data, sender] = received
  same('the text of a datagram', data.toString(), text)
  same('the sender of a datagram', `${sender}`, `${from.getsockname()}`)
  return `${sender} sent "${data}"`
}

/** A datagram without any data is a datagram: an empty Buffer, and not the end of anything. */
function exchangeEmpty(from: Socket, to: Socket): void {
  from.sendto('', to.getsockname())
  same('an empty datagram', to.recv(), Buffer.alloc(0))
}

/** What does not fit is cut by the kernel, and that is an error here which tells the real length. */
function exchangeTooLong(from: Socket, to: Socket): string {
  from.sendto(Buffer.alloc(LONG), to.getsockname())
  const error = failsWith('a datagram that was cut', 'EMSGSIZE', () => to.recv(ROOM))
  same('the real length of a datagram that was cut', error['bytes'], LONG)
  return `${error['code']}: ${error['bytes']} bytes did not fit into ${ROOM}`
}

function converse(name: string, ask: AddrInfo, answer: AddrInfo, screen: Screen): void {
  using client = bound(ask)
  using server = bound(answer)
  const lines = [exchange(client, server, 'ping'), exchange(server, client, 'pong')]
  exchangeEmpty(client, server)
  lines.push(exchangeTooLong(client, server))
  for (const [i, line] of lines.entries()) screen.line(line, i === 0 ? name : ' '.repeat(name.length))
}

function hasIpv6(): boolean {
  const interfaces = Object.values(device.getifaddrs())
  return interfaces.some(({ inet6 }) => inet6.some(({ address }) => address === '::1'))
}

export const title = 'Datagrams: who sent them, empty ones, and ones too long'

export async function run(screen: Screen): Promise<string> {
  const options = { socktype: SOCK_DGRAM }
  const families = ['IPv4']
  // Port 0: the kernel chooses a free one.
  const ipv4 = AddrInfo.inet('127.0.0.1', 0, options)
  converse('IPv4', ipv4, ipv4, screen)
  if (hasIpv6()) {
    const ipv6 = AddrInfo.inet6('::1', 0, options)
    converse('IPv6', ipv6, ipv6, screen)
    families.push('IPv6')
  } else screen.line('not on this machine', 'IPv6')
  const abstract = (name: string): AddrInfo => AddrInfo.unix(`\0berkeley-tour-${process.pid}-${name}`, options)
  converse('unix', abstract('a'), abstract('b'), screen)
  families.push('unix')
  return `${families.join(', ')}: senders known, empty ones kept, nothing cut in silence`
}
