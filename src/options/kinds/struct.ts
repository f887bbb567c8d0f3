import { sys } from '../../constants/lookup.js'
import { registers } from '../../native/sockets.js'
import { type Credentials, credentialsCodec, UINT_MAX } from '../../support/codec.js'
import { systemError } from '../../support/errors.js'
import * as validate from '../../support/validate.js'
import { u32List } from './bytes.js'
import { type Kind, kindOf, readOnly } from './kind.js'

/**
 * `struct ucred`, which the kernel fills: an option cannot set it. Of a socket without a peer that has credentials the kernel reports success,
 * with the user -1, where it answers other questions about the peer with ENODATA.
 */
export const ucred: Kind<Credentials> = kindOf('{ pid, uid, gid }', {
  layout: credentialsCodec.layout,
  read() {
    const credentials = credentialsCodec.read()
    if (credentials.uid === UINT_MAX)
      throw systemError(sys.ENODATA, 'getsockopt', { detail: 'no peer whose process is known (SO_PEERCRED)' })
    return credentials
  },
})

/** The clock and the flags of `SO_TXTIME`. See tc-etf(8). */
export interface TxTime {
  /** `CLOCK_*` of clock_gettime(2): 1 monotonic, 11 TAI. */
  clockid: number
  /** `SOF_TXTIME_*`: 1 deadline mode, 2 report errors. */
  flags: number
}

/** `struct sock_txtime`. */
export const txtime: Kind<TxTime> = kindOf('{ clockid, flags }', {
  layout: 'txtime',
  read() {
    const [clockid = 0, flags = 0] = registers
    return { clockid, flags }
  },
  write(value: TxTime) {
    const given = validate.options('value', value, ['clockid', 'flags']) as TxTime
    const clockid = validate.integer('value.clockid', given.clockid)
    const flags = validate.integer('value.flags', given.flags, 0, UINT_MAX)
    registers[0] = clockid
    registers[1] = flags
  },
})

/** The memory of a socket, in bytes. See `SO_MEMINFO`. */
export interface MemInfo {
  /** Used by the receive queue. */
  rmem_alloc: number
  /** The limit of the receive queue, `SO_RCVBUF`. */
  rcvbuf: number
  /** Used by packets on the way to the network. */
  wmem_alloc: number
  /** The limit of the send queue, `SO_SNDBUF`. */
  sndbuf: number
  /** Reserved for the next packets. */
  fwd_alloc: number
  /** Used by the send queue. */
  wmem_queued: number
  /** Used by options, such as filters and multicast memberships. */
  optmem: number
  /** Used by packets that arrived while a call had the socket locked. */
  backlog: number
  /** The number of datagrams that were dropped. Absent before Linux 4.11. */
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

/** `SO_MEMINFO`: an array of numbers, each of which has a name. */
export const memInfo: Kind<MemInfo> = {
  name: 'MemInfo',
  get(place) {
    const numbers = u32List.get(place)
    const named = MEMORY.slice(0, numbers.length).map((name, index) => [name, numbers[index]])
    return Object.fromEntries(named) as MemInfo
  },
  set: readOnly,
}
