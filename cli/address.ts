import { suggestion } from './nearest.js'
import { UsageError } from './usage.js'

/** An address with a host and a port. */
export interface InetAddress {
  readonly kind: 'tcp' | 'tls' | 'udp'
  /** Absent for every address of this machine, or for this machine. */
  readonly host: string | undefined
  readonly port: number
  /** 4 or 6, where only one of them will do. */
  readonly version: 4 | 6 | undefined
}

/** A path or abstract name. */
export interface UnixAddress {
  readonly kind: 'unix' | 'seqpacket' | 'unixgram'
  /** With a NUL first if it is abstract. */
  readonly path: string
}

/** Something else. */
export interface OtherAddress {
  readonly kind: 'stdio' | 'fd' | 'systemd' | 'icmp'
  /** Number, name or host. */
  readonly name: string
}

/** Where to listen, or where to. */
export type Address = InetAddress | UnixAddress | OtherAddress

const INET = /^(tcp|tls|udp)([46])?$/
const UNIX = /^(unix|seqpacket|unixgram)(-abstract)?$/

/** What an address may begin with. */
export const KINDS = [
  ...['tcp', 'tcp4', 'tcp6', 'tls', 'udp', 'udp4', 'udp6'],
  ...['unix', 'unix-abstract', 'seqpacket', 'seqpacket-abstract', 'unixgram', 'unixgram-abstract'],
  ...['fd', 'systemd', 'icmp'],
]

/** Reads an address, such as `tcp:localhost:80`. */
export function parseAddress(text: string): Address {
  if (text === '-') return { kind: 'stdio', name: '-' }
  const end = text.indexOf(':')
  if (end < 0)
    throw new UsageError(
      `"${text}" is no address: it begins with its kind, as in tcp:localhost:80 or unix:/run/app.sock`,
    )
  const [kind, rest] = [text.slice(0, end), text.slice(end + 1)]
  const inet = INET.exec(kind)
  if (inet && KINDS.includes(kind)) return inetAddress(inet[1] as InetAddress['kind'], inet[2], rest, text)
  const unix = UNIX.exec(kind)
  if (unix) return unixAddress(unix[1] as UnixAddress['kind'], unix[2] !== undefined, rest, text)
  if (kind === 'fd' || kind === 'systemd' || kind === 'icmp') return otherAddress(kind, rest, text)
  throw unknownKind(kind, text)
}

/** A user that writes `localhost:80` means TCP. */
function unknownKind(kind: string, text: string): UsageError {
  const isHostAndPort = /^(\[[^\]]*\]|[^:]+):[0-9]+$/.test(text)
  return new UsageError(
    `"${text}" has the unknown kind ${kind}:${isHostAndPort ? `; did you mean tcp:${text}?` : suggestion(kind, KINDS)}`,
  )
}

/** `host:port`, `[host]:port`, `:port` or `port`. */
function inetAddress(kind: InetAddress['kind'], version: string | undefined, rest: string, text: string): InetAddress {
  const [, bracketed, plain, port = ''] = /^(?:\[([^\]]*)\]:|([^:]*):)?([^:]*)$/.exec(rest) ?? []
  if (!/^[0-9]{1,5}$/.test(port) || Number(port) > 65535)
    throw new UsageError(`"${text}" has no port from 0 to 65535: ${kind}:host:port, with an IPv6 address in brackets`)
  const host = bracketed ?? plain
  return {
    kind,
    host: host || undefined,
    port: Number(port),
    version: version === undefined ? undefined : version === '4' ? 4 : 6,
  }
}

function unixAddress(kind: UnixAddress['kind'], isAbstract: boolean, rest: string, text: string): UnixAddress {
  if (rest === '') throw new UsageError(`"${text}" has no ${isAbstract ? 'name' : 'path'}`)
  return { kind, path: isAbstract ? `\0${rest}` : rest }
}

function otherAddress(kind: OtherAddress['kind'], rest: string, text: string): OtherAddress {
  if (rest === '') throw new UsageError(`"${text}" has nothing behind ${kind}:`)
  if (kind === 'fd' && !/^[0-9]{1,9}$/.test(rest)) throw new UsageError(`"${text}" has no number of a descriptor`)
  return { kind, name: rest }
}

/** An address as it was written, or would have been. */
export function addressText(address: Address): string {
  if ('port' in address) {
    const host = address.host ?? '*'
    return `${address.kind}${address.version ?? ''}:${host.includes(':') ? `[${host}]` : host}:${address.port}`
  }
  if (!('path' in address)) return address.kind === 'stdio' ? '-' : `${address.kind}:${address.name}`
  return address.path.startsWith('\0')
    ? `${address.kind}-abstract:${address.path.slice(1)}`
    : `${address.kind}:${address.path}`
}
