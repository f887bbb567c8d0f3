import { SO_TYPE, SOCK_DGRAM, SOCK_RAW, SOL_SOCKET } from '../../constants/exported.generated.js'
import { sys } from '../../constants/lookup.js'
import { native, registers } from '../../native/sockets.js'
import { check, systemError } from '../../support/errors.js'
import type { Kind, OptionPlace } from './kind.js'

/** The same kind for an option that only datagram and raw sockets have: on others it is EOPNOTSUPP. */
export function onlyForDatagrams<Out, Args extends unknown[]>(kind: Kind<Out, Args>): Kind<Out, Args> {
  return {
    ...kind,
    get(place) {
      requireDatagrams(place, 'getsockopt')
      return kind.get(place)
    },
    set(place, ...args) {
      requireDatagrams(place, 'setsockopt')
      kind.set(place, ...args)
    },
  }
}

function requireDatagrams({ fd, name }: OptionPlace, syscall: string): void {
  check(native.getsockopt(fd, SOL_SOCKET, SO_TYPE, native.kinds.int), syscall, { detail: name })
  const [socktype] = registers
  if (socktype === SOCK_DGRAM || socktype === SOCK_RAW) return
  throw systemError(sys.EOPNOTSUPP, syscall, { detail: `${name} is for datagrams` })
}
