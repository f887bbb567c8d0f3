// Version 1: a line of text.
import { isIPv6 } from 'node:net'
import { AddrInfo } from '../address/addrinfo.js'
import { IPPROTO_TCP, SOCK_STREAM } from '../constants/exported.generated.js'
import { type ProxyHeader, ProxyProtocolError } from './header.js'

/** The most bytes of a header, by the specification. */
export const TEXT_MOST = 107

/** How it begins. */
export const TEXT_BEGINNING: Buffer = Buffer.from('PROXY ')

const LF = 0x0a
const CR = 0x0d

/** How many bytes a header that begins like one of version 1 has; -1 if its end has not come. */
export function textLength(bytes: Buffer): number {
  const end = bytes.subarray(0, TEXT_MOST).indexOf(LF)
  if (end >= 0 && bytes[end - 1] !== CR) throw new ProxyProtocolError('its line does not end with CRLF')
  if (end < 0 && bytes.length >= TEXT_MOST) throw new ProxyProtocolError(`its line is longer than ${TEXT_MOST} bytes`)
  return end < 0 ? -1 : end + 1
}

const KNOWN = /^PROXY (TCP4|TCP6) ([0-9a-fA-F.:]+) ([0-9a-fA-F.:]+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})\r\n$/
// What follows UNKNOWN is to be ignored, whatever it is.
const UNKNOWN = /^PROXY UNKNOWN(?: [^\r\n]*)?\r\n$/

/** Reads a line that is there as a whole. */
export function parseText(line: string): ProxyHeader {
  const known = KNOWN.exec(line)
  if (known === null && !UNKNOWN.test(line)) throw new ProxyProtocolError(`${JSON.stringify(line)} is malformed`)
  const [, family, source = '', destination = '', from, to] = known ?? []
  return {
    version: 1,
    command: 'PROXY',
    source: known ? address(family === 'TCP6', source, Number(from)) : undefined,
    destination: known ? address(family === 'TCP6', destination, Number(to)) : undefined,
    tlvs: [],
  }
}

function address(isInet6: boolean, host: string, port: number): AddrInfo {
  const kind = { socktype: SOCK_STREAM, protocol: IPPROTO_TCP }
  try {
    return isInet6 ? AddrInfo.inet6(host, port, kind) : AddrInfo.inet(host, port, kind)
  } catch (error) {
    throw new ProxyProtocolError(`${JSON.stringify(`${host} ${port}`)} is no address`, error)
  }
}

/** Makes a line; of addresses that are not given it says that they are unknown. */
export function formatText(source: AddrInfo | undefined, destination: AddrInfo | undefined): Buffer {
  if (source === undefined || destination === undefined) return Buffer.from('PROXY UNKNOWN\r\n')
  // A zone means nothing to another machine.
  const [from, to] = [source, destination].map(({ addr = '' }) => addr.replace(/%.*/, '')) as [string, string]
  return Buffer.from(`PROXY ${isIPv6(from) ? 'TCP6' : 'TCP4'} ${from} ${to} ${source.port} ${destination.port}\r\n`)
}
