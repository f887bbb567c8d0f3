// A DHCP server: one UDP socket for every address, which knows of each datagram by which interface it came, and answers
// out of the same one, to clients that have no address yet. That is what packet info is for (IP_PKTINFO, ip(7)).
//
//   node build/examples/dhcp-server.js [--port 67] [--lease seconds] interface ...
//
// Clients on an interface get addresses of the network of that interface. It serves only the interfaces that are named,
// because a second DHCP server in a network that has one is a nuisance. Leases are not kept over a restart. Its parts:
// dhcp-server/packet.ts reads and writes messages, pool.ts knows the addresses, server.ts decides.
import { parseArgs } from 'node:util'
import { AddrInfo, CmsgHdr, dgram, MsgHdr } from 'berkeley'
import { device } from 'berkeley/llsocket'
import { build, parse, type Reply, type Request, TYPE, text } from './dhcp-server/packet.js'
import { Pool } from './dhcp-server/pool.js'
import { answer } from './dhcp-server/server.js'

const BROADCAST = '255.255.255.255'

interface Served {
  readonly name: string
  readonly pool: Pool
}

function settings() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { port: { type: 'string', default: '67' }, lease: { type: 'string', default: '3600' } },
  })
  const [port, lease] = [Number(values.port), Number(values.lease)]
  if (positionals.length === 0 || !(port > 0 && port < 65535) || !(lease > 0 && lease < 2 ** 32))
    throw new Error('usage: dhcp-server [--port 67] [--lease seconds] interface ...')
  return { port, lease, names: positionals }
}

const number = (address: string): number => AddrInfo.inet(address).sockaddr.readUInt32BE(4)

/** The interfaces of those names, by index. */
function networks(names: readonly string[]): Map<number, Served> {
  const all = device.getifaddrs()
  return new Map(
    names.map((name) => {
      const found = Object.hasOwn(all, name) ? all[name] : undefined
      const [own] = found?.inet ?? []
      if (found === undefined || own?.netmask === undefined) throw new Error(`${name} has no IPv4 address`)
      console.log(`${name}: ${own.address}, netmask ${own.netmask}`)
      return [found.index, { name, pool: new Pool(number(own.address), number(own.netmask)) }]
    }),
  )
}

const { port, lease, names } = settings()
const served = networks(names)

await using sock = await dgram.inet.Socket.create({ host: '0.0.0.0', port, reuseaddr: true })
sock.pktinfo(true)
sock.broadcast(true)
await sock.bind()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => sock.close())
console.log(`listening on ${sock.getsockname()}`)

/**
 * Sends a reply out of the interface by which the request came, from the server's address there. A client without an
 * address could not be reached otherwise than by a broadcast, and a broadcast needs to be told its interface.
 */
async function send(request: Request, reply: Reply, ifindex: number): Promise<void> {
  const isReachable = request.ciaddr !== 0 && reply.type !== TYPE.nak
  const msg = new MsgHdr()
  msg.name(AddrInfo.inet(isReachable ? text(request.ciaddr) : BROADCAST, port + 1))
  msg.add(build(request, reply))
  msg.control().push(CmsgHdr.of('pktinfo', { ifindex, addr: AddrInfo.inet(text(reply.server)) }))
  await sock.sendmsg(msg)
}

const nameOf = (type: number): string =>
  Object.entries(TYPE)
    .find(([, value]) => value === type)?.[0]
    .toUpperCase() ?? `type ${type}`

async function serve(packet: Buffer, ifindex: number): Promise<void> {
  const network = served.get(ifindex)
  const request = network && parse(packet)
  if (network === undefined || request === undefined) return
  const reply = answer(request, network.pool, lease)
  const said = reply ? `${nameOf(reply.type)} ${text(reply.yiaddr ?? 0)}` : 'nothing'
  console.log(`${network.name}: ${nameOf(request.type)} of ${request.client}, answered by ${said}`)
  if (reply) await send(request, reply, ifindex)
}

/** What arrives, until the socket is closed. */
async function received(msg: MsgHdr): Promise<boolean> {
  try {
    await sock.recvmsg(msg)
    return true
  } catch (error) {
    if (sock.fd() >= 0) throw error
    return false
  }
}

const msg = new MsgHdr()
msg.addn(65536)
while (await received(msg)) {
  const info = msg.control().value('pktinfo')
  // An interface that is down, or gone by now, is no reason to end.
  if (info?.ifindex)
    await serve(msg.get(0) as Buffer, info.ifindex).catch((error: Error) => console.error(error.message))
}
