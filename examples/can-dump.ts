// Shows the frames of a CAN interface, as candump(1) does, until Ctrl-C.
//
//   ip link add vcan0 type vcan && ip link set vcan0 up
//   node build/examples/can-dump.js [-c count] interface
import { parseArgs } from 'node:util'
import { CAN_EFF_FLAG, CAN_EFF_MASK, CAN_ERR_FLAG, CAN_RTR_FLAG, CAN_SFF_MASK, can } from 'berkeley'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { count: { type: 'string', short: 'c', default: 'Infinity' } },
})
const [ifname] = positionals

/** `struct can_frame` and `struct canfd_frame`: identifier, length, flags, and from byte 8 on the data. */
function line(frame: Buffer): string {
  const id = frame.readUInt32LE(0)
  const length = frame.readUInt8(4)
  if (8 + length > frame.length) throw new Error(`${length} bytes of data in a frame of ${frame.length}`)
  const isExtended = (id & CAN_EFF_FLAG) !== 0
  const number = isExtended ? id & CAN_EFF_MASK : id & CAN_SFF_MASK
  const name = number
    .toString(16)
    .toUpperCase()
    .padStart(isExtended ? 8 : 3, '0')
  if ((id & CAN_ERR_FLAG) !== 0) return `error ${name}`
  if ((id & CAN_RTR_FLAG) !== 0) return `${name} [${length}] remote request`
  const bytes = frame.toString('hex', 8, 8 + length).toUpperCase()
  return `${name} [${length}] ${bytes.replace(/..(?=.)/g, '$& ')}`
}

if (ifname === undefined) {
  console.error('usage: can-dump [-c count] interface')
  process.exitCode = 2
} else {
  await using sock = await can.Socket.create({ ifindex: ifname })
  sock.canfdframes(true)
  await sock.bind()
  process.once('SIGINT', () => sock.close())
  console.log(`listening on ${ifname}`)
  let left = Number(values.count)
  for await (const [frame] of sock) {
    console.log(line(frame))
    if (--left <= 0) break
  }
}
