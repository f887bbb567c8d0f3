import { level } from '../constants/lookup.js'
import * as kind from './kinds/index.js'
import { rw } from './option.js'

const vsock = level('AF_VSOCK')

/** Options of vsocks, in the order of their constants. See vsock(7). */
export const vsockOptions = {
  /** The most bytes that `vsockbuffersize` may be. */
  vsockbuffermaxsize: rw(vsock('SO_VM_SOCKETS_BUFFER_MAX_SIZE'), kind.u64),
  /** The least bytes that `vsockbuffersize` may be. */
  vsockbufferminsize: rw(vsock('SO_VM_SOCKETS_BUFFER_MIN_SIZE'), kind.u64),
  /** Bytes that the peer may send before they are received; the kernel keeps it between the two above. */
  vsockbuffersize: rw(vsock('SO_VM_SOCKETS_BUFFER_SIZE'), kind.u64),
  /** Seconds that the kernel waits for the peer to accept a connection; 2 by default. */
  vsockconnecttimeout: rw(vsock('SO_VM_SOCKETS_CONNECT_TIMEOUT'), kind.timeval),
}
