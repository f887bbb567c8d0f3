import { IPPROTO_UDP, SO_PEEK_OFF, SOL_SOCKET, UDP_GRO } from '../constants/exported.generated.js'

/**
 * How often this thread has set an option that changes what a receive gives, on any socket. What was learnt of one before may no longer
 * hold then, because duplicates of a socket share its options.
 */
export const receiveOptions = {
  /** The count, which only grows. */
  changes: 0,
}

/** Notes that an option was set. */
export function noteReceiveOption(level: number, option: number): void {
  if ((level === IPPROTO_UDP && option === UDP_GRO) || (level === SOL_SOCKET && option === SO_PEEK_OFF))
    receiveOptions.changes++
}
