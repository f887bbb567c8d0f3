// The messages of DHCP: RFC 2131, and the options of RFC 2132 that the server knows. Addresses are numbers here.

/** Types of messages: the value of option 53. */
export const TYPE = { discover: 1, offer: 2, request: 3, decline: 4, ack: 5, nak: 6, release: 7, inform: 8 } as const

/** Numbers of options. */
const OPTION = {
  pad: 0,
  netmask: 1,
  router: 3,
  wanted: 50,
  lease: 51,
  type: 53,
  server: 54,
  client: 61,
  end: 255,
} as const

const REQUEST = 1
const REPLY = 2
const ETHERNET = 1
const ETHERNET_BYTES = 6
const OPTIONS_AT = 240
const COOKIE = 0x63825363
/** Old clients take nothing shorter. */
const REPLY_MIN = 300

/** What a client says. */
export interface Request {
  readonly type: number
  /** Who it is: what it calls itself, or its hardware address. */
  readonly client: string
  /** The address that it has already and goes on to use; 0 for none. */
  readonly ciaddr: number
  /** The address that it would like; 0 for none. */
  readonly wanted: number
  /** The server whose offer it takes; 0 for none. */
  readonly server: number
  /** The first 44 bytes: what an answer takes over from them is in the same place. */
  readonly header: Buffer
}

/** What the server says to it. */
export interface Reply {
  readonly type: number
  readonly server: number
  /** The address that the client gets; absent for a refusal, as are the others. */
  readonly yiaddr?: number
  readonly netmask?: number
  readonly router?: number
  /** Seconds. */
  readonly lease?: number
}

/** The options, by number. `undefined` when they are malformed. */
function optionsOf(packet: Buffer): Map<number, Buffer> | undefined {
  const found = new Map<number, Buffer>()
  for (let at = OPTIONS_AT; at < packet.length; ) {
    const code = packet.readUInt8(at++)
    if (code === OPTION.end) return found
    if (code === OPTION.pad) continue
    if (at >= packet.length) return undefined
    const length = packet.readUInt8(at++)
    if (at + length > packet.length) return undefined
    found.set(code, packet.subarray(at, at + length))
    at += length
  }
  return found
}

const number = (bytes: Buffer | undefined): number => (bytes?.length === 4 ? bytes.readUInt32BE() : 0)

/** Reads what arrived; `undefined` for anything that is not a request of an Ethernet client, and for what came through a relay. */
export function parse(packet: Buffer): Request | undefined {
  if (packet.length < OPTIONS_AT || packet.readUInt32BE(236) !== COOKIE) return undefined
  const [op, htype, hlen] = packet
  if (op !== REQUEST || htype !== ETHERNET || hlen !== ETHERNET_BYTES || packet.readUInt32BE(24) !== 0) return undefined
  const options = optionsOf(packet)
  const type = options?.get(OPTION.type)
  if (options === undefined || type?.length !== 1) return undefined
  return {
    type: type.readUInt8(),
    client: (options.get(OPTION.client) ?? packet.subarray(28, 34)).toString('hex'),
    ciaddr: packet.readUInt32BE(12),
    wanted: number(options.get(OPTION.wanted)),
    server: number(options.get(OPTION.server)),
    header: Buffer.from(packet.subarray(0, 44)),
  }
}

/** Lays out a reply to a request. */
export function build({ header }: Request, reply: Reply): Buffer {
  const packet = Buffer.alloc(REPLY_MIN)
  // Taken over: transaction, flags, hardware type and address. Not taken over: hops, seconds, and the four addresses.
  header.copy(packet)
  packet.fill(0, 8, 10).fill(0, 12, 28)
  packet.writeUInt8(REPLY, 0)
  packet.writeUInt8(0, 3)
  packet.writeUInt32BE(reply.yiaddr ?? 0, 16)
  packet.writeUInt32BE(COOKIE, 236)
  let at = packet.writeUInt8(OPTION.type, OPTIONS_AT)
  at = packet.writeUInt8(1, at)
  at = packet.writeUInt8(reply.type, at)
  for (const option of ['server', 'lease', 'netmask', 'router'] as const) {
    const value = reply[option]
    if (value === undefined) continue
    at = packet.writeUInt8(OPTION[option], at)
    at = packet.writeUInt8(4, at)
    at = packet.writeUInt32BE(value, at)
  }
  packet.writeUInt8(OPTION.end, at)
  return packet
}

/** An IPv4 address as text. */
export function text(address: number): string {
  return [24, 16, 8, 0].map((bits) => (address >>> bits) & 0xff).join('.')
}
