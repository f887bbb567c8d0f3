// Says hello to a multicast group, and prints the first answer: that of multicast-receiver.ts.
//
//   node build/examples/multicast-sender.js [group] [port] [interface]
import { AddrInfo, dgram } from 'berkeley'
import { device } from 'berkeley/llsocket'

const loopback = Object.entries(device.getifaddrs()).find(([, { flags }]) => flags.includes('loopback'))
const [group = '239.255.0.251', port = '5000', name = loopback?.[0] ?? 'lo'] = process.argv.slice(2)

await using sock = await dgram.inet.Socket.create()
sock.mcastif(name) // where the datagram leaves: no route has to say so
sock.deadlines(2000) // milliseconds: perhaps the group has no member
await sock.sendto('hello', AddrInfo.inet(group, port))

const [data, from] = await sock.recvfrom()
console.log(`received from ${from}: ${data}`)
