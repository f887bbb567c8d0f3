/** An Error with a code of Node's. */
export function coded<E extends Error>(error: E, code: string): E & { code: string } {
  return Object.assign(error, { code })
}

/** The error of what waited for a connection that never came. */
export function closedBefore(): Error {
  return coded(new Error('Socket closed before the connection was established'), 'ERR_SOCKET_CLOSED_BEFORE_CONNECTION')
}

/** The error of a write that the end of its stream has overtaken. */
export function destroyed(): Error {
  return coded(new Error('Cannot call write after a stream was destroyed'), 'ERR_STREAM_DESTROYED')
}

/** The error of a write after the peer has ended. */
export function endedByPeer(): Error {
  return coded(new Error('This socket has been ended by the other party'), 'EPIPE')
}
