import { level } from '../constants/lookup.js'
import * as kind from './kinds/index.js'
import { ro, rw, wo } from './option.js'

const socket = level('SOL_SOCKET')

/** Options of unix sockets, in the order of their constants. See unix(7). */
export const unixOptions = {
  /**
   * Whether received messages carry the number of bytes that are left to read (`SCM_INQ`). Streams only; it cannot be
   * read back.
   */
  inq: wo(socket('SO_INQ'), kind.bool),
  /** Whether received messages carry process, user and group of their sender (`SCM_CREDENTIALS`). */
  passcred: rw(socket('SO_PASSCRED'), kind.bool),
  /** Whether received messages carry a pidfd of their sender (`SCM_PIDFD`), which the receiver owns. */
  passpidfd: rw(socket('SO_PASSPIDFD'), kind.bool),
  /** Whether the peer may send descriptors; true by default. When false, sending them is EPERM there. */
  passrights: rw(socket('SO_PASSRIGHTS'), kind.bool),
  /** Whether received messages carry the security context of their sender (`SCM_SECURITY`). */
  passsec: rw(socket('SO_PASSSEC'), kind.bool),
  /**
   * Process, user and group of the peer, as they were when it connected or made the pair; of a listener those of the process that
   * called listen(2). ENODATA before either, and on sockets of other families.
   */
  peercred: ro(socket('SO_PEERCRED'), kind.ucred),
  /** Supplementary groups of the peer, as they were when it connected or made the pair. */
  peergroups: ro(socket('SO_PEERGROUPS'), kind.u32List),
  /**
   * A pidfd of the peer's process: a new descriptor with every call, close-on-exec, that the caller owns and closes. It
   * polls readable once that process has ended.
   */
  peerpidfd: ro(socket('SO_PEERPIDFD'), kind.fd),
  /** Security context of the peer; ENOPROTOOPT without a security module that has one. */
  peersec: ro(socket('SO_PEERSEC'), kind.text(4096)),
}
