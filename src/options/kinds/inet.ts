import type { AddrInfo } from '../../address/addrinfo.js'
import { interfaceIndex } from '../../address/interface-index.js'
import { AF_INET, AF_INET6, MCAST_EXCLUDE, MCAST_INCLUDE } from '../../constants/exported.generated.js'
import { native, registers } from '../../native/sockets.js'
import { checkAnswer } from '../../support/errors.js'
import * as validate from '../../support/validate.js'
import { addressLike, interfaceFor, placedAddress } from './address.js'
import { fetch, type Kind, kindOf, type OptionPlace, store, writeOnly } from './kind.js'

/**
 * The interface that multicast is sent by: its name, `null` for the kernel's choice; set by name, by index, or `null`.
 */
export const multicastInterface: Kind<string | null, [ifname: string | number | null]> = {
  name: 'interface name or null',
  get(place) {
    return place.family === AF_INET6 ? interfaceOfIndex(place) : interfaceOfAddress(place)
  },
  set(place, ifname) {
    const index = ifname === null ? 0 : interfaceIndex('ifname', ifname)
    const bytes = index > 0 ? addressOfInterface(index) : undefined
    registers[0] = index
    if (place.family === AF_INET6) store(place, 'int')
    else store(place, 'mreqn', bytes)
  },
}

function interfaceOfIndex(place: OptionPlace): string | null {
  fetch(place, 'int')
  const index = registers[0] as number
  return index === 0 ? null : nameOfInterface(index)
}

function nameOfInterface(index: number): string {
  return checkAnswer(native.ifIndexToName(index), 'if_indextoname', { detail: `interface ${index}` })
}

/** The interface by its address: on IPv4 the kernel keeps only that, even when it was set by index. */
function interfaceOfAddress(place: OptionPlace): string | null {
  const into = Buffer.alloc(native.limits.sockaddr_max)
  fetch(place, 'in_addr', into)
  const wanted = native.addressText(into)
  if (wanted === '0.0.0.0') return null
  const row = interfacesWithInet().find(([, address]) => native.addressText(address) === wanted)
  return row?.[0] ?? null
}

function addressOfInterface(index: number): Buffer | undefined {
  const name = nameOfInterface(index)
  return interfacesWithInet().find(([own]) => own === name)?.[1]
}

function interfacesWithInet(): [name: string, address: Buffer][] {
  return checkAnswer(native.getifaddrs(), 'getifaddrs').flatMap(([name, , address]): [string, Buffer][] =>
    address && native.addressParts(address) === AF_INET ? [[name, address]] : [],
  )
}

/** A multicast group and the interface to be a member on (the kernel's choice when absent). */
export const group: Kind<never, [mcaddr: string | AddrInfo, ifname?: string | number]> = {
  name: 'mcaddr, ifname?',
  get: writeOnly,
  set(place, mcaddr, ifname) {
    const [where, group] = placedAddress(place, 'mcaddr', mcaddr)
    registers[0] = interfaceFor(ifname, group)
    store(where, 'group', group.sockaddr)
  },
}

/** A multicast group, a source in it, and the interface (the kernel's choice when absent). */
export const groupSource: Kind<
  never,
  [mcaddr: string | AddrInfo, srcaddr: string | AddrInfo, ifname?: string | number]
> = {
  name: 'mcaddr, srcaddr, ifname?',
  get: writeOnly,
  set(place, mcaddr, srcaddr, ifname) {
    const [where, group] = placedAddress(place, 'mcaddr', mcaddr)
    const source = addressLike(group, 'srcaddr', srcaddr)
    registers[0] = interfaceFor(ifname, group, source)
    store(where, 'group_source', group.sockaddr, source.sockaddr)
  },
}

/** The most sources that Linux accepts by default on IPv6 (`mld_max_msf`); on IPv4 it accepts 10 (`igmp_max_msf`). */
const FILTER_SOURCES = 64

/** A multicast group, whether its sources are included or excluded, the sources, and the interface. */
export const groupFilter: Kind<
  never,
  [mcaddr: string | AddrInfo, mode: number, srcaddrs: readonly (string | AddrInfo)[], ifname?: string | number]
> = {
  name: 'mcaddr, mode, srcaddrs, ifname?',
  get: writeOnly,
  set(place, mcaddr, mode, srcaddrs, ifname) {
    const [where, group] = placedAddress(place, 'mcaddr', mcaddr)
    if (validate.integer('mode', mode) !== MCAST_INCLUDE && mode !== MCAST_EXCLUDE)
      throw validate.outOfRange('mode', 'MCAST_INCLUDE or MCAST_EXCLUDE', mode)
    const sources = sourcesOf(group, srcaddrs)
    const index = interfaceFor(ifname, group, ...sources)
    registers[0] = index
    registers[1] = mode
    store(where, 'group_filter', group.sockaddr, packed(sources))
  },
}

function sourcesOf(group: AddrInfo, addresses: unknown): AddrInfo[] {
  if (!Array.isArray(addresses)) throw validate.invalidType('srcaddrs', 'an instance of Array', addresses)
  if (addresses.length > FILTER_SOURCES)
    throw validate.outOfRange('srcaddrs.length', `<= ${FILTER_SOURCES}`, addresses.length)
  return addresses.map((one) => addressLike(group, 'srcaddr', one))
}

/** Addresses one after the other, each in the room of the largest one. */
function packed(addresses: readonly AddrInfo[]): Buffer {
  const room = native.limits.sockaddr_max
  const all = Buffer.alloc(room * addresses.length)
  for (const [index, { sockaddr }] of addresses.entries()) sockaddr.copy(all, index * room)
  return all
}

/** An anycast address of IPv6 and its interface. */
export const anycast: Kind<never, [addr: string | AddrInfo, ifname?: string | number]> = {
  name: 'addr, ifname?',
  get: writeOnly,
  set(place, addr, ifname) {
    const [, ai] = placedAddress(place, 'addr', addr)
    registers[0] = interfaceFor(ifname, ai)
    store(place, 'mreq6', ai.sockaddr)
  },
}

/** The source address and the interface of IPv6 datagrams; `null` for the kernel's choice of address. */
export const sourceAddress: Kind<never, [addr: string | AddrInfo | null, ifname?: string | number]> = {
  name: 'addr or null, ifname?',
  get: writeOnly,
  set(place, addr, ifname) {
    const [, ai] = placedAddress(place, 'addr', addr === null ? '::' : addr)
    registers[0] = interfaceFor(ifname, ai)
    store(place, 'pktinfo6', ai.sockaddr)
  },
}

/** The MTU of a `struct ip6_mtuinfo`, whose address the kernel leaves empty. */
export const pathMtu: Kind<number> = kindOf('bytes', { layout: 'mtuinfo6', read: () => registers[0] as number })
