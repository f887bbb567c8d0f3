// Version 2: binary.
import { AddrInfo } from '../address/addrinfo.js'
import { AF_INET, AF_INET6, AF_UNIX, SOCK_DGRAM, SOCK_STREAM } from '../constants/exported.generated.js'
import { crc32c } from './crc32c.js'
import { PP2_TYPE, type ProxyHeader, ProxyProtocolError, type Tlv } from './header.js'

/** How it begins: what no text and no TLS begins with. */
export const SIGNATURE: Buffer = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')

/** Bytes up to the addresses. */
export const FIXED = 16

/** The most bytes that can follow. */
export const PAYLOAD_MOST = 0xffff

const VERSION_AND_COMMAND = 12
const FAMILY_AND_TYPE = 13
const LENGTH = 14

const LOCAL = 0x20
const PROXY = 0x21

const CRC_BYTES = 4
const TLV_FIXED = 3

/** How addresses of a family are laid out, by its number in the header. */
interface Layout {
  readonly number: number
  readonly family: number
  /** Bytes of one address, without its port. */
  readonly bytes: number
  /** Whether ports follow both addresses. */
  readonly hasPorts: boolean
  read(bytes: Buffer, port: number, socktype: number): AddrInfo
  write(ai: AddrInfo): Buffer
}

const SUN_PATH = 2
const SIN_ADDR = 4
const SIN6_ADDR = 8

const LAYOUTS: readonly Layout[] = [
  {
    number: 1,
    family: AF_INET,
    bytes: 4,
    hasPorts: true,
    read: (bytes, port, socktype) => AddrInfo.inet(bytes.join('.'), port, { socktype }),
    write: ({ sockaddr }) => sockaddr.subarray(SIN_ADDR, SIN_ADDR + 4),
  },
  {
    number: 2,
    family: AF_INET6,
    bytes: 16,
    hasPorts: true,
    read: (bytes, port, socktype) => {
      const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16))
      return AddrInfo.inet6(groups.join(':'), port, { socktype })
    },
    write: ({ sockaddr }) => sockaddr.subarray(SIN6_ADDR, SIN6_ADDR + 16),
  },
  {
    number: 3,
    family: AF_UNIX,
    bytes: 108,
    hasPorts: false,
    read: (bytes, _, socktype) => AddrInfo.unix(unixName(bytes), { socktype }),
    write: ({ sockaddr }) => sockaddr.subarray(SUN_PATH),
  },
]

/** A path ends at its first NUL; an abstract name, which begins with one, is filled up with them. */
function unixName(bytes: Buffer): Buffer {
  if (bytes[0] !== 0) return bytes.subarray(0, bytes.includes(0) ? bytes.indexOf(0) : bytes.length)
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 0) end--
  return bytes.subarray(0, end)
}

const SOCKTYPES = [SOCK_STREAM, SOCK_DGRAM]

/**
 * How many bytes a header that begins like one of version 2 has; -1 if they have not come.
 * @param most - the most bytes that it may have.
 */
export function binaryLength(bytes: Buffer, most: number): number {
  if (bytes.length > VERSION_AND_COMMAND) commandOf(bytes)
  if (bytes.length < FIXED) return -1
  const length = FIXED + bytes.readUInt16BE(LENGTH)
  if (length > most) throw new ProxyProtocolError(`it has ${length} bytes, and may have ${most}`)
  return bytes.length < length ? -1 : length
}

function commandOf(bytes: Buffer): 'PROXY' | 'LOCAL' {
  const byte = bytes[VERSION_AND_COMMAND]
  if (byte === LOCAL) return 'LOCAL'
  if (byte === PROXY) return 'PROXY'
  throw new ProxyProtocolError(`its version and command are 0x${byte?.toString(16)}`)
}

/** Reads a header that is there as a whole. */
export function parseBinary(bytes: Buffer): ProxyHeader {
  const command = commandOf(bytes)
  const family = bytes[FAMILY_AND_TYPE] as number
  // What the proxy says about itself, or about what it does not know, is to be ignored.
  if (command === 'LOCAL' || family === 0)
    return { version: 2, command, source: undefined, destination: undefined, tlvs: [] }
  const layout = LAYOUTS.find(({ number }) => number === family >> 4)
  const socktype = SOCKTYPES[(family & 0xf) - 1]
  if (layout === undefined || socktype === undefined)
    throw new ProxyProtocolError(`its family and type are 0x${family.toString(16)}`)
  const end = FIXED + addressBytes(layout)
  if (bytes.length < end) throw new ProxyProtocolError(`it has ${bytes.length} bytes, and addresses up to ${end}`)
  return {
    version: 2,
    command,
    source: addressAt(bytes, 0, layout, socktype),
    destination: addressAt(bytes, 1, layout, socktype),
    tlvs: tlvsIn(bytes, end),
  }
}

function addressBytes({ bytes, hasPorts }: Layout): number {
  return 2 * (bytes + (hasPorts ? 2 : 0))
}

function addressAt(bytes: Buffer, index: 0 | 1, layout: Layout, socktype: number): AddrInfo {
  const start = FIXED + index * layout.bytes
  const port = layout.hasPorts ? bytes.readUInt16BE(FIXED + 2 * layout.bytes + 2 * index) : 0
  try {
    return layout.read(bytes.subarray(start, start + layout.bytes), port, socktype)
  } catch (error) {
    throw new ProxyProtocolError('one of its addresses is invalid', error)
  }
}

function tlvsIn(bytes: Buffer, from: number): Tlv[] {
  const tlvs: Tlv[] = []
  for (let at = from; at < bytes.length; ) {
    const start = at + TLV_FIXED
    const end = start <= bytes.length ? start + bytes.readUInt16BE(at + 1) : start
    if (end > bytes.length) throw new ProxyProtocolError('one of its fields goes beyond its end')
    const type = bytes[at] as number
    const value = Buffer.from(bytes.subarray(start, end))
    if (type === PP2_TYPE.CRC32C) checkSum(bytes, start, value)
    if (type !== PP2_TYPE.NOOP) tlvs.push({ type, value })
    at = end
  }
  return tlvs
}

function checkSum(bytes: Buffer, at: number, value: Buffer): void {
  const copy = Buffer.from(bytes)
  copy.fill(0, at, at + value.length)
  if (value.length !== CRC_BYTES || value.readUInt32BE() !== crc32c(copy))
    throw new ProxyProtocolError('its checksum is wrong')
}

/** What {@link formatBinary} makes a header of. */
export interface BinaryHeader extends Omit<ProxyHeader, 'version'> {
  /** Whether a checksum is added. */
  readonly crc32c: boolean
}

/** Makes a header; without addresses it says that they are unknown. */
export function formatBinary({ command, source, destination, tlvs, crc32c: isChecked }: BinaryHeader): Buffer {
  const fixed = Buffer.alloc(FIXED)
  SIGNATURE.copy(fixed)
  fixed[VERSION_AND_COMMAND] = command === 'LOCAL' ? LOCAL : PROXY
  const layout = LAYOUTS.find(({ family }) => family === source?.family)
  const parts: Buffer[] = [fixed]
  if (layout !== undefined && source !== undefined && destination !== undefined) {
    fixed[FAMILY_AND_TYPE] = (layout.number << 4) | (source.socktype === SOCK_DGRAM ? 2 : 1)
    parts.push(addressesOf(layout, source, destination))
  }
  parts.push(...tlvs.map(encodeTlv))
  if (isChecked) parts.push(encodeTlv({ type: PP2_TYPE.CRC32C, value: Buffer.alloc(CRC_BYTES) }))
  const header = Buffer.concat(parts)
  // More than there is room for is refused by its caller.
  header.writeUInt16BE((header.length - FIXED) & PAYLOAD_MOST, LENGTH)
  if (isChecked) header.writeUInt32BE(crc32c(header), header.length - CRC_BYTES)
  return header
}

function addressesOf(layout: Layout, source: AddrInfo, destination: AddrInfo): Buffer {
  const bytes = Buffer.alloc(addressBytes(layout))
  for (const [i, ai] of [source, destination].entries()) {
    layout.write(ai).copy(bytes, i * layout.bytes)
    if (layout.hasPorts) bytes.writeUInt16BE(ai.port ?? 0, 2 * layout.bytes + 2 * i)
  }
  return bytes
}

function encodeTlv({ type, value }: Tlv): Buffer {
  const fixed = Buffer.alloc(TLV_FIXED)
  fixed[0] = type
  fixed.writeUInt16BE(value.length, 1)
  return Buffer.concat([fixed, value])
}
