import { platform } from 'node:os'
import { native } from '../native/sockets.js'
import { IOV_MAX, SOMAXCONN } from './exported.generated.js'

/** Limits and name of this platform. */
export const env = {
  /** The operating system, as `os.platform()` names it. */
  os: platform(),
  /** Bytes of a unix address: the longest abstract name; a path has one less. See unix(7). */
  unixpath_max: native.limits.unixpath_max,
  /** The default of `listen()`. The kernel caps it at net.core.somaxconn. See listen(2). */
  somaxconn: SOMAXCONN,
  /** The most elements of a message. See readv(2). */
  iov_max: IOV_MAX,
} as const
