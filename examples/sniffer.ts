// Shows the frames of a network interface, a line each, until Ctrl-C, and at the end how many there were. Needs CAP_NET_RAW.
//
//   node build/examples/sniffer.js [-c count] [-f program] interface
//
// The program is one of classic BPF, as `tcpdump -ddd 'udp port 53'` prints it, in a file.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import {
  ETH_P_ALL,
  ETH_P_ARP,
  ETH_P_IP,
  ETH_P_IPV6,
  PACKET_BROADCAST,
  PACKET_MR_PROMISC,
  PACKET_MULTICAST,
  PACKET_OTHERHOST,
  PACKET_OUTGOING,
  packet,
} from 'berkeley'

function usage(): never {
  console.error('usage: sniffer [-c count] [-f program] interface')
  process.exit(2)
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', short: 'c', default: 'Infinity' },
    filter: { type: 'string', short: 'f' },
  },
})
const [ifname = usage()] = positionals

const PROTOCOLS = new Map([
  [ETH_P_IP, 'IPv4'],
  [ETH_P_IPV6, 'IPv6'],
  [ETH_P_ARP, 'ARP'],
])

const DIRECTIONS = new Map([
  [PACKET_OUTGOING, 'out'],
  [PACKET_BROADCAST, 'broadcast'],
  [PACKET_MULTICAST, 'multicast'],
  [PACKET_OTHERHOST, 'other'],
])

await using sock = await packet.Socket.create({ ifindex: ifname, protocol: ETH_P_ALL })
// The filter comes first, so that nothing is received that it does not want.
if (values.filter !== undefined) sock.attachfilter(readFileSync(values.filter, 'utf8'))
sock.packetaddmembership(ifname, PACKET_MR_PROMISC)
await sock.bind()
process.once('SIGINT', () => sock.close())
console.log(`listening on ${ifname}`)

let left = Number(values.count)
for await (const [frame, { addr, ethertype, pkttype }] of sock) {
  const protocol = PROTOCOLS.get(ethertype) ?? `0x${ethertype.toString(16).padStart(4, '0')}`
  console.log(`${DIRECTIONS.get(pkttype) ?? 'in'} ${protocol} ${frame.length} bytes from ${addr || 'nowhere'}`)
  if (--left <= 0) break
}
if (sock.fd() >= 0) {
  const { packets, drops } = sock.packetstatistics()
  console.log(`${packets} frames, ${drops} of them dropped`)
}
