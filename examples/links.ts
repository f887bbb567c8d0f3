// Shows the network links of this machine, and then what becomes of them, until Ctrl-C: a client of rtnetlink(7).
//
//   node build/examples/links.js
import {
  AddrInfo,
  IFF_LOWER_UP,
  IFF_UP,
  IFLA_IFNAME,
  IFLA_MTU,
  NLA_TYPE_MASK,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  netlink,
  RTM_DELLINK,
  RTM_GETLINK,
  RTM_NEWLINK,
  RTMGRP_LINK,
} from 'berkeley'

/** The sizes of `struct nlmsghdr`, `struct ifinfomsg` and `struct rtattr`; everything is in the byte order of the host. */
const HEADER_BYTES = 16
const LINK_BYTES = 16
const ATTRIBUTE_BYTES = 4

const aligned = (length: number): number => (length + 3) & ~3

interface Message {
  readonly type: number
  readonly body: Buffer
}

/** The messages of a datagram. One that claims more than there is is an error, and not what happens to follow it in memory. */
function* messagesIn(data: Buffer): Generator<Message> {
  for (let at = 0; at < data.length; ) {
    const left = data.length - at
    const length = left < HEADER_BYTES ? 0 : data.readUInt32LE(at)
    if (length < HEADER_BYTES || length > left) throw new Error(`a message of ${length} bytes in ${left}`)
    yield { type: data.readUInt16LE(at + 4), body: data.subarray(at + HEADER_BYTES, at + length) }
    at += aligned(length)
  }
}

/** The attributes behind the fixed part of a message, by type. */
function attributesOf(body: Buffer): Map<number, Buffer> {
  const attributes = new Map<number, Buffer>()
  for (let at = LINK_BYTES; at < body.length; ) {
    const left = body.length - at
    const length = left < ATTRIBUTE_BYTES ? 0 : body.readUInt16LE(at)
    if (length < ATTRIBUTE_BYTES || length > left) throw new Error(`an attribute of ${length} bytes in ${left}`)
    attributes.set(body.readUInt16LE(at + 2) & NLA_TYPE_MASK, body.subarray(at + ATTRIBUTE_BYTES, at + length))
    at += aligned(length)
  }
  return attributes
}

/** A link in one line. */
function line(body: Buffer): string {
  if (body.length < LINK_BYTES) throw new Error(`a link of ${body.length} bytes`)
  const attributes = attributesOf(body)
  const name = attributes.get(IFLA_IFNAME)?.toString('utf8').replace(/\0$/, '')
  const flags = body.readUInt32LE(8)
  const states = [flags & IFF_UP ? 'up' : 'down', flags & IFF_LOWER_UP ? 'carrier' : 'no carrier']
  return `${body.readInt32LE(4)} ${name} mtu ${attributes.get(IFLA_MTU)?.readUInt32LE(0)} ${states.join(', ')}`
}

function show({ type, body }: Message): void {
  if (type === NLMSG_ERROR) throw new Error(`the kernel answered with error ${body.readInt32LE(0)}`)
  if (type === RTM_NEWLINK) console.log(`link ${line(body)}`)
  if (type === RTM_DELLINK) console.log(`gone ${line(body)}`)
  if (type === NLMSG_DONE) console.log('that is all for now')
}

/** Asks for the list of all links. */
function request(): Buffer {
  const message = Buffer.alloc(HEADER_BYTES + LINK_BYTES)
  message.writeUInt32LE(message.length, 0)
  message.writeUInt16LE(RTM_GETLINK, 4)
  message.writeUInt16LE(NLM_F_REQUEST | NLM_F_DUMP, 6)
  return message
}

await using sock = await netlink.Socket.create({ groups: RTMGRP_LINK })
await sock.bind()
process.once('SIGINT', () => sock.close())
await sock.sendto(request(), AddrInfo.netlink())
for await (const [data, { pid }] of sock) {
  // Other programs may send messages, too.
  if (pid === 0) for (const message of messagesIn(data)) show(message)
}
