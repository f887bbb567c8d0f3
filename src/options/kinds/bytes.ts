import { type AddrInfo, addressArgument, adoptSockaddr } from '../../address/addrinfo.js'
import { native } from '../../native/sockets.js'
import * as validate from '../../support/validate.js'
import { type BpfProgram, bpfBytes, FILTER_ROW, FILTER_ROWS } from './bpf.js'
import { fetch, type Kind, readOnly, store, writeOnly } from './kind.js'

/** Raw bytes; at most `room` of them are read. */
export function bytes(room: number): Kind<Buffer, [value: Uint8Array]> {
  return {
    name: 'Buffer',
    get(place) {
      const into = Buffer.alloc(room)
      return into.subarray(0, fetch(place, 'bytes', into))
    },
    set(place, value) {
      store(place, 'bytes', validate.uint8Array('value', value))
    },
  }
}

/** Raw bytes of one of the given lengths. */
export function bytesOfLength(...lengths: number[]): Kind<Buffer, [value: Uint8Array]> {
  const any = bytes(Math.max(...lengths))
  const expected = lengths.join(' or ')
  return {
    name: `Buffer of ${expected} bytes`,
    get: any.get,
    set(place, value) {
      const memory = validate.uint8Array('value', value)
      if (!lengths.includes(memory.length)) throw validate.outOfRange('value.length', expected, memory.length)
      any.set(place, memory)
    },
  }
}

/** Text that ends with a NUL, in at most `room` bytes. */
export function text(room: number): Kind<string> {
  return {
    name: 'string',
    get(place) {
      const into = Buffer.alloc(room)
      const there = into.subarray(0, fetch(place, 'bytes', into))
      const end = there.indexOf(0)
      return there.toString('utf8', 0, end < 0 ? there.length : end)
    },
    set(place, value) {
      const checked = Buffer.from(validate.textWithoutNul('value', value))
      if (checked.length >= room) throw validate.outOfRange('value', `shorter than ${room} bytes`, value)
      store(place, 'bytes', checked)
    },
  }
}

/** The name of an interface and its NUL (IFNAMSIZ). */
const interfaceText = text(16)

/** The name of an interface, or `null` for any interface. */
export const interfaceName: Kind<string | null> = {
  name: 'interface name or null',
  get: (place) => interfaceText.get(place) || null,
  set(place, value) {
    if (value === '') throw validate.invalidValue('value', 'must be the name of an interface or null', value)
    interfaceText.set(place, value ?? '')
  },
}

/** The most bytes of a list: more than the 65536 groups that one process may be in. */
const LIST_ROOM = 0x40000

/** An array of unsigned 32-bit numbers, whose length the kernel determines. */
export const u32List: Kind<number[]> = {
  name: 'u32[]',
  get(place) {
    const into = new Uint32Array(LIST_ROOM / Uint32Array.BYTES_PER_ELEMENT)
    const length = fetch(place, 'bytes', new Uint8Array(into.buffer))
    return [...into.subarray(0, length / Uint32Array.BYTES_PER_ELEMENT)]
  },
  set: readOnly,
}

/** A socket address of any family. */
export const address: Kind<AddrInfo> = {
  name: 'AddrInfo',
  get(place) {
    const into = Buffer.alloc(native.limits.sockaddr_max)
    return adoptSockaddr(into.subarray(0, fetch(place, 'bytes', into)))
  },
  set(place, value) {
    store(place, 'bytes', addressArgument('value', value).sockaddr)
  },
}

/** A filter program. See bpf(2), `tcpdump -ddd`. */
export const filter: Kind<never, [program: BpfProgram]> = {
  name: 'BPF program',
  get: writeOnly,
  set(place, program) {
    store(place, 'filter', bpfBytes('program', program))
  },
}

/** The filter program that is attached, empty when there is none. */
export const attachedFilter: Kind<Buffer> = {
  name: 'Buffer of struct sock_filter[]',
  get: bytes(FILTER_ROW * FILTER_ROWS).get,
  set: readOnly,
}
