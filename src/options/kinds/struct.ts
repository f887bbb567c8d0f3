import { registers } from '../../native/sockets.js'
import * as validate from '../../support/validate.js'
import { u32List } from './bytes.js'
import { fetch, type Kind, readOnly, store } from './kind.js'

const UINT_MAX = 0xffffffff

/** Who is at the other end of a unix socket. */
export interface Credentials {
  /** Process. */
  pid: number
  /** User. */
  uid: number
  /** Group. */
  gid: number
}

/** `struct ucred`. */
export const ucred: Kind<Credentials> = {
  name: '{ pid, uid, gid }',
  get(place) {
    fetch(place, 'ucred')
    const [pid = 0, uid = 0, gid = 0] = registers
    return { pid, uid, gid }
  },
  set: readOnly,
}

/** The clock and the flags of SO_TXTIME. */
export interface TxTime {
  /** `CLOCK_*` of clock_gettime(2): 1 monotonic, 11 TAI. */
  clockid: number
  /** `SOF_TXTIME_*`: 1 deadline mode, 2 report errors. */
  flags: number
}

/** `struct sock_txtime`. */
export const txtime: Kind<TxTime> = {
  name: '{ clockid, flags }',
  get(place) {
    fetch(place, 'txtime')
    const [clockid = 0, flags = 0] = registers
    return { clockid, flags }
  },
  set(place, value) {
    const clockid = validate.integer('value.clockid', value?.clockid)
    const flags = validate.integer('value.flags', value.flags, 0, UINT_MAX)
    registers[0] = clockid
    registers[1] = flags
    store(place, 'txtime')
  },
}

/** Memory that a socket holds, in bytes. */
export interface MemInfo {
  /** In the receive queue. */
  rmem_alloc: number
  /** Its bound, SO_RCVBUF. */
  rcvbuf: number
  /** On the way to the network. */
  wmem_alloc: number
  /** Its bound, SO_SNDBUF. */
  sndbuf: number
  /** Set aside, and free for the next packet. */
  fwd_alloc: number
  /** In the send queue. */
  wmem_queued: number
  /** Of options, such as filters and multicast memberships. */
  optmem: number
  /** Waiting until whoever uses the socket lets go of it. */
  backlog: number
  /** Datagrams that were dropped: a count. Absent before Linux 4.11. */
  drops?: number
}

/** `SK_MEMINFO_*`, in their order. */
const MEMORY: readonly (keyof MemInfo)[] = [
  'rmem_alloc',
  'rcvbuf',
  'wmem_alloc',
  'sndbuf',
  'fwd_alloc',
  'wmem_queued',
  'optmem',
  'backlog',
  'drops',
]

/** An array of numbers that have names. */
export const memInfo: Kind<MemInfo> = {
  name: 'MemInfo',
  get(place) {
    const numbers = u32List.get(place)
    const named = MEMORY.slice(0, numbers.length).map((name, index) => [name, numbers[index]])
    return Object.fromEntries(named) as MemInfo
  },
  set: readOnly,
}
