import { AF_INET, AF_INET6, AF_PACKET } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { type InterfaceRow, native } from '../native/sockets.js'
import { check, checkAnswer, systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'
import { adoptSockaddr } from './addrinfo.js'
import { interfaceIndex } from './interface-index.js'

/** An address of an interface. */
export interface InterfaceAddress {
  /** The address as text. */
  address: string
  /** The mask of the bits that are the network. */
  netmask?: string
  /** The broadcast address of its network. */
  broadcast?: string
  /** The other end of a point-to-point link. */
  peer?: string
  /** The interface index of a link-local IPv6 address. */
  scopeid?: number
}

/** A network interface. See netdevice(7). */
export interface Interface {
  /** The index of the interface. */
  index: number
  /** The most bytes of a packet (MTU). */
  mtu: number
  /** The names of the flags that are set, in lower case: `up`, `loopback`, `running`, `multicast`, … */
  flags: string[]
  /** The hardware address, such as `02:42:ac:11:00:02`; absent where there is none. */
  ether?: string
  /** IPv4 addresses. */
  inet: InterfaceAddress[]
  /** IPv6 addresses. */
  inet6: InterfaceAddress[]
}

function flagNames(flags: number): string[] {
  return Object.entries(native.interfaceFlags)
    .filter(([, bit]) => (flags & bit) !== 0)
    .map(([name]) => name)
}

function textOf(sockaddr: Buffer | undefined): string | undefined {
  return sockaddr && adoptSockaddr(sockaddr).addr
}

function addressOf([, flags, address, netmask, other]: InterfaceRow): InterfaceAddress {
  const ai = adoptSockaddr(address as Buffer)
  const has = (name: string): boolean => (flags & (native.interfaceFlags[name] ?? 0)) !== 0
  const optional = {
    netmask: textOf(netmask),
    broadcast: has('broadcast') ? textOf(other) : undefined,
    peer: has('pointopoint') ? textOf(other) : undefined,
    scopeid: ai.family === AF_INET6 && ai.scopeid ? ai.scopeid : undefined,
  }
  return Object.assign({ address: ai.addr as string }, defined(optional))
}

/** A copy without the properties that are undefined. */
function defined<T extends object>(properties: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>
  }
}

/** Index, MTU and flags of an interface; undefined if it was removed since it was listed. */
function newInterface(name: string, flags: number): Interface | undefined {
  const index = native.ifNameToIndex(name)
  const mtu = native.ifMtu(name)
  if (index === -sys.ENODEV || mtu === -sys.ENODEV) return undefined
  check(index, 'if_nametoindex', { detail: name })
  check(mtu, 'ioctl', { detail: `SIOCGIFMTU ${name}` })
  return { index, mtu, flags: flagNames(flags), inet: [], inet6: [] }
}

/**
 * Lists the network interfaces of this machine by name, each with all its addresses.
 * @returns an object with a property for each interface: its index, flags and addresses.
 * @see {@link https://man7.org/linux/man-pages/man3/getifaddrs.3.html getifaddrs(3)}
 */
export function getifaddrs(): Record<string, Interface> {
  const found = new Map<string, Interface>()
  for (const row of checkAnswer(native.getifaddrs(), 'getifaddrs')) {
    const [name, flags, address] = row
    const device = found.get(name) ?? newInterface(name, flags)
    if (device === undefined) continue
    found.set(name, device)
    if (address) place(device, row, adoptSockaddr(address).family)
  }
  return Object.fromEntries(found)
}

/** The index and the name of an interface. */
export interface InterfaceName {
  /** Its index, 1 or more. */
  index: number
  /** Its name. */
  name: string
}

/**
 * Lists the indices and names of all interfaces.
 * @returns an array of `{ index, name }`.
 * @see {@link https://man7.org/linux/man-pages/man3/if_nameindex.3.html if_nameindex(3)}
 */
export function if_nameindex(): InterfaceName[] {
  const all = checkAnswer(native.ifNameIndex(), 'if_nameindex')
  return Array.from({ length: all.length / 2 }, (_, i) => ({
    index: all[2 * i] as number,
    name: all[2 * i + 1] as string,
  }))
}

/**
 * Returns the index of an interface.
 * @param name - the name of the interface, such as `'eth0'`.
 * @throws ENODEV when there is no interface of that name. See if_nametoindex(3).
 */
export function if_nametoindex(name: string): number {
  return interfaceIndex('name', validate.string('name', name))
}

/**
 * Returns the name of an interface.
 * @param index - its index, from 1.
 * @throws ENXIO when there is no interface of that index. See if_indextoname(3).
 */
export function if_indextoname(index: number): string {
  const number = validate.integer('index', index, 0)
  const name = native.ifIndexToName(number)
  if (typeof name === 'string') return name
  throw systemError(-name, 'if_indextoname', { detail: `index ${number}` })
}

/** Adds an address to the list of its family. A hardware address of zeros is left out. */
function place(device: Interface, row: InterfaceRow, family: number): void {
  if (family === AF_INET) device.inet.push(addressOf(row))
  else if (family === AF_INET6) device.inet6.push(addressOf(row))
  else if (family === AF_PACKET) {
    const ether = textOf(row[2])
    if (ether && /[1-9a-f]/.test(ether)) device.ether = ether
  }
}
