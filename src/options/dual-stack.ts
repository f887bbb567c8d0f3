// An IPv6 socket that is not for IPv6 alone carries IPv4 too. The kernel has an option of each level for the packets of each family then, and
// says of neither that it holds for half of them only.
import {
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  SO_TYPE,
  SOCK_RAW,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../constants/exported.generated.js'
import { native, registers } from '../native/sockets.js'
import { SystemError } from '../support/errors.js'
import type { Kind, OptionPlace } from './kinds/index.js'

/** Whether an IPv6 socket carries IPv4 too, as mapped addresses. A raw one never does, whatever the switch says. */
export function carriesInet(fd: number): boolean {
  return ask(fd, IPPROTO_IPV6, IPV6_V6ONLY) === 0 && ask(fd, SOL_SOCKET, SO_TYPE) !== SOCK_RAW
}

/** Whether a socket is a stream. */
export function isStream(fd: number): boolean {
  return ask(fd, SOL_SOCKET, SO_TYPE) === SOCK_STREAM
}

function ask(fd: number, level: number, option: number): number | undefined {
  return native.getsockopt(fd, level, option, native.kinds.int) < 0 ? undefined : registers[0]
}

// biome-ignore lint/suspicious/noExplicitAny: rows have kinds of every type
type AnyKind = Kind<any, any>

/** Reads an option: that for IPv4 where that for IPv6 has no answer, as for the path of a connection with an IPv4 peer. */
export function readEither(kind: AnyKind, place: OptionPlace, inet: () => OptionPlace | undefined): unknown {
  try {
    return kind.get(place)
  } catch (error) {
    const other = error instanceof SystemError ? inet() : undefined
    const answer = other && answerOf(kind, other)
    if (answer === undefined) throw error
    return answer.value
  }
}

function answerOf(kind: AnyKind, place: OptionPlace): { value: unknown } | undefined {
  try {
    return { value: kind.get(place) }
  } catch {
    // Then what IPv6 said is the answer.
    return undefined
  }
}

/**
 * Sets an option, for both families where the socket carries both. When one of them is refused, neither is set: IPv4 comes first, because
 * it takes fewer values, and gets back what it had should IPv6 refuse.
 */
export function setBoth(kind: AnyKind, place: OptionPlace, args: unknown[]): void {
  const { inet } = place
  if (inet === undefined) return kind.set(place, ...args)
  const former = kind.get(inet)
  kind.set(inet, ...args)
  try {
    kind.set(place, ...args)
  } catch (error) {
    kind.set(inet, former)
    throw error
  }
}
