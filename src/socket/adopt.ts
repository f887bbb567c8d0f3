import { sys } from '../constants/lookup.js'
import { probe } from '../descriptor/descriptor.js'
import { wrap } from '../llsocket/create.js'
import type { Socket } from '../llsocket/socket.js'
import { systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'

/**
 * Adopts an open socket of a certain kind; one of another kind is left to its owner.
 * @param mayListen - whether one that listens will do.
 * @throws EBADF, ENOTSOCK; EPROTOTYPE when it is of another kind; EBUSY when an object of this library owns it already.
 */
export function wrapAs(fd: unknown, families: readonly number[], socktype: number, mayListen = true): Socket {
  const number = validate.descriptor('fd', fd)
  const facts = probe(number)
  if (!families.includes(facts.family) || facts.socktype !== socktype)
    throw systemError(sys.EPROTOTYPE, 'wrap', { detail: `fd ${number} is a socket of another kind` })
  const sock = wrap(number)
  try {
    if (!mayListen) refuseListener(sock)
    sock.nonblock(true)
    return sock
  } catch (error) {
    sock.unwrap()
    throw error
  }
}

function refuseListener(sock: Socket): void {
  if (!sock.acceptconn()) return
  const detail = `fd ${sock.fd()} listens: it is for the wrap() of a server class`
  throw systemError(sys.EPROTOTYPE, 'wrap', { detail })
}
