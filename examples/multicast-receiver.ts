// A member of a multicast group: prints what is sent to the group, and sends it back to the sender.
//
//   node build/examples/multicast-receiver.js [group] [port] [interface]
//
// By default the group is one for private use, and the interface the loopback device. Port 0 takes a free port. Ctrl-C
// ends it.
import { dgram } from 'berkeley'
import { device } from 'berkeley/llsocket'

const loopback = Object.entries(device.getifaddrs()).find(([, { flags }]) => flags.includes('loopback'))
const [group = '239.255.0.251', port = '5000', name = loopback?.[0] ?? 'lo'] = process.argv.slice(2)

// Several members on one machine share the address.
await using sock = await dgram.inet.Socket.create({ host: group, port, reuseaddr: true })
await sock.bind()
sock.mcastjoin(group, name)
process.once('SIGINT', () => sock.close()) // and so ends the loop
console.log(`listening on ${sock.getsockname()}`)

for await (const [data, from] of sock) {
  console.log(`received from ${from}: ${data}`)
  try {
    await sock.sendto(data, from)
  } catch (error) {
    console.log(`${error}`) // this sender cannot be answered, others can
  }
}
