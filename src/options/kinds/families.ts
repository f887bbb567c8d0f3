// Values of options that one family has: packet, netlink, CAN, ICMPv6.
import { hardwareAddress } from '../../address/family-address.js'
import { interfaceIndex } from '../../address/interface-index.js'
import {
  PACKET_MR_ALLMULTI,
  PACKET_MR_MULTICAST,
  PACKET_MR_PROMISC,
  PACKET_MR_UNICAST,
} from '../../constants/exported.generated.js'
import { registers, registers64 } from '../../native/sockets.js'
import { UINT_MAX } from '../../support/codec.js'
import * as validate from '../../support/validate.js'
import { filter, u32List } from './bytes.js'
import { fetch, type Kind, kindOf, readOnly, store, writeOnly } from './kind.js'
import { fd } from './number.js'

const UINT16_MAX = 0xffff
const BITS = 32

/** An interface, `PACKET_MR_*`, and a hardware address where that is for one. */
export const packetMembership: Kind<never, [ifname: string | number, type: number, addr?: string | Uint8Array]> = {
  name: 'ifname, type, addr?',
  get: writeOnly,
  set(place, ifname, type, addr) {
    const index = validate.integer('ifname', interfaceIndex('ifname', ifname), 1)
    validate.integer('type', type, PACKET_MR_MULTICAST, PACKET_MR_UNICAST)
    const forAll = type === PACKET_MR_PROMISC || type === PACKET_MR_ALLMULTI
    if (forAll !== (addr === undefined))
      throw validate.invalidValue('addr', forAll ? 'must be absent for all' : 'must be the address that is meant', addr)
    const hardware = hardwareAddress('addr', addr)
    registers[0] = index
    registers[1] = type
    store(place, 'packet_mreq', hardware)
  },
}

/** A group of packet sockets that share what arrives. */
export interface Fanout {
  /** Its number, 16 bits; unique in the network namespace. */
  id: number
  /** `PACKET_FANOUT_*`: how the socket of a frame is chosen, with flags. */
  type: number
}

/** The group of `PACKET_FANOUT`; the kernel reads as 0 where there is none. */
export const fanout: Kind<Fanout | null, [value: Fanout]> = {
  ...kindOf<Fanout | null, Fanout>('{ id, type } or null', {
    layout: 'u32',
    read() {
      const both = registers[0] as number
      return both === 0 ? null : { id: both % 0x10000, type: Math.floor(both / 0x10000) }
    },
    write(value) {
      const given = validate.options('value', value, ['id', 'type']) as Fanout
      const id = validate.integer('value.id', given.id, 0, UINT16_MAX)
      const type = validate.integer('value.type', given.type, 0, UINT16_MAX)
      if (id === 0 && type === 0)
        throw validate.outOfRange('value.id', '>= 1 with PACKET_FANOUT_HASH: the kernel reads 0 as no group', id)
      registers[0] = type * 0x10000 + id
    },
  }),
}

/** A program of classic BPF, or a descriptor of eBPF. */
export const filterOrFd: Kind<never, [program: Parameters<typeof filter.set>[1] | number]> = {
  name: `${filter.name} or fd`,
  get: writeOnly,
  set(place, program) {
    if (typeof program === 'number') fd.set(place, program)
    else filter.set(place, program)
  },
}

/** What became of frames. */
export interface PacketStatistics {
  /** Those that passed the filter, dropped ones among them. */
  packets: number
  /** Those for which there was no room. */
  drops: number
}

/** `struct tpacket_stats`. */
export const packetStatistics: Kind<PacketStatistics> = kindOf('{ packets, drops }', {
  layout: 'packet_stats',
  read() {
    const [packets = 0, drops = 0] = registers
    return { packets, drops }
  },
})

/** How often frames rolled over to the next socket of a fanout group. */
export interface PacketRollover {
  /** All of them. */
  all: bigint
  /** Those of flows that are much of the load. */
  huge: bigint
  /** Those that no socket had room for. */
  failed: bigint
}

/** `struct tpacket_rollover_stats`. */
export const packetRollover: Kind<PacketRollover> = kindOf('{ all, huge, failed }', {
  layout: 'packet_rollover',
  read() {
    const [all = 0n, huge = 0n, failed = 0n] = registers64
    return { all, huge, failed }
  },
})

/** The numbers of groups, from a bitmap of 32-bit words in which bit 0 is group 1. */
export const groupNumbers: Kind<number[]> = {
  name: 'group numbers',
  get: (place) => bitsOf(u32List.get(place)).map((bit) => bit + 1),
  set: readOnly,
}

/** The bits of 32-bit words that are set, counted from the lowest one of the first. */
function bitsOf(words: readonly number[]): number[] {
  return words.flatMap((word, index) =>
    Array.from({ length: BITS }, (_, bit) => bit)
      .filter((bit) => ((word >>> bit) & 1) === 1)
      .map((bit) => index * BITS + bit),
  )
}

const ICMP_TYPES = 256

/** `struct icmp6_filter`: a bitmap of the types that are blocked. */
export const typesBlocked: Kind<number[]> = {
  name: 'ICMPv6 types',
  get(place) {
    const words = new Uint32Array(ICMP_TYPES / BITS)
    fetch(place, 'bytes', new Uint8Array(words.buffer))
    return bitsOf([...words])
  },
  set(place, types) {
    if (!Array.isArray(types)) throw validate.invalidType('value', 'an instance of Array', types)
    const words = new Uint32Array(ICMP_TYPES / BITS)
    for (const [index, type] of types.entries()) {
      const bit = validate.integer(`value[${index}]`, type, 0, ICMP_TYPES - 1)
      const word = Math.floor(bit / BITS)
      words[word] = ((words[word] as number) | (1 << (bit % BITS))) >>> 0
    }
    store(place, 'bytes', new Uint8Array(words.buffer))
  },
}

/** Which CAN identifiers are meant: those that equal `id` in the bits of `mask`. */
export interface CanFilter {
  /** The identifier with its flags; `CAN_INV_FILTER` for those that do not equal it. */
  id: number
  /** The bits that count. */
  mask: number
}

/** The most filters of a socket (CAN_RAW_FILTER_MAX). */
const CAN_FILTERS = 512

/** An array of `struct can_filter`: two 32-bit numbers each. */
export const canFilters: Kind<CanFilter[], [value: readonly CanFilter[]]> = {
  name: '{ id, mask }[]',
  get(place) {
    const words = new Uint32Array(2 * CAN_FILTERS)
    const length = fetch(place, 'bytes', new Uint8Array(words.buffer)) / Uint32Array.BYTES_PER_ELEMENT
    return Array.from({ length: length / 2 }, (_, index) => ({
      id: words[2 * index] as number,
      mask: words[2 * index + 1] as number,
    }))
  },
  set(place, filters) {
    if (!Array.isArray(filters)) throw validate.invalidType('value', 'an instance of Array', filters)
    if (filters.length > CAN_FILTERS) throw validate.outOfRange('value.length', `<= ${CAN_FILTERS}`, filters.length)
    const numbers = (filters as readonly CanFilter[]).flatMap((one, index) => {
      const { id, mask } = validate.options(`value[${index}]`, one, ['id', 'mask']) as CanFilter
      return [
        validate.integer(`value[${index}].id`, id, 0, UINT_MAX),
        validate.integer(`value[${index}].mask`, mask, 0, UINT_MAX),
      ]
    })
    store(place, 'bytes', new Uint8Array(Uint32Array.from(numbers).buffer))
  },
}
