import { isIPv4, isIPv6 } from 'node:net'
import { AddrInfo as Address, type AddrInfo, isAddrInfo, withoutMapping } from '../../address/addrinfo.js'
import { interfaceIndex, interfaceOfZones } from '../../address/interface-index.js'
import { AF_INET, AF_INET6 } from '../../constants/exported.generated.js'
import { sys } from '../../constants/lookup.js'
import { systemError } from '../../support/errors.js'
import * as validate from '../../support/validate.js'
import type { OptionPlace } from './kind.js'

/** Checks an address for an option: text, or an AddrInfo. A mapped one is the IPv4 address that it stands for. */
function inetAddress(name: string, value: unknown): AddrInfo {
  return withoutMapping(isAddrInfo(value) ? value : parsed(name, validate.textWithoutNul(name, value)))
}

function parsed(name: string, text: string): AddrInfo {
  if (isIPv4(text)) return Address.inet(text)
  if (isIPv6(text.split('%', 1)[0] as string)) return Address.inet6(text)
  throw validate.invalidValue(name, 'must be an IPv4 or IPv6 address', text)
}

/**
 * Checks an address for an option, and returns it with the place of its family.
 * @throws EAFNOSUPPORT when the socket does not carry that family.
 */
export function placedAddress(place: OptionPlace, name: string, value: unknown): [OptionPlace, AddrInfo] {
  requireInet(place)
  const ai = inetAddress(name, value)
  if (ai.family === place.family) return [place, ai]
  if (ai.family === AF_INET && place.inet) return [place.inet, ai]
  throw ofAnotherFamily(ai, `${name} is of another family than the socket`)
}

/**
 * Checks an address for an option of which a socket has but one: on an IPv6 socket an IPv4 address is mapped.
 * @throws EAFNOSUPPORT when the socket does not carry its family.
 */
export function peerAddress(place: OptionPlace, name: string, value: unknown): AddrInfo {
  requireInet(place)
  const ai = inetAddress(name, value)
  if (ai.family === place.family) return ai
  if (ai.family === AF_INET && place.family === AF_INET6) return Address.inet6(`::ffff:${ai.addr}`)
  throw ofAnotherFamily(ai, `${name} is of another family than the socket`)
}

/**
 * Checks an address of the family of a socket; one of IPv6 takes those of IPv4, too.
 * @throws EOPNOTSUPP on a socket that is neither; EAFNOSUPPORT when it does not carry that family.
 */
export function peerFamilyAddress(syscall: string, family: number, name: string, value: unknown): AddrInfo {
  if (family !== AF_INET6 && family !== AF_INET)
    throw systemError(sys.EOPNOTSUPP, syscall, { detail: 'it needs an IPv4 or IPv6 socket' })
  const ai = inetAddress(name, value)
  if (ai.family === family || ai.family === AF_INET) return ai
  throw systemError(sys.EAFNOSUPPORT, syscall, {
    ...ai.context(),
    detail: `${name} is of another family than the socket`,
  })
}

function requireInet({ family, name }: OptionPlace): void {
  if (family !== AF_INET6 && family !== AF_INET)
    throw systemError(sys.EOPNOTSUPP, 'setsockopt', { detail: `${name} needs an IPv4 or IPv6 socket` })
}

/** Checks an address that goes with another one, such as a source with its group. */
export function addressLike(first: AddrInfo, name: string, value: unknown): AddrInfo {
  const ai = inetAddress(name, value)
  if (ai.family === first.family) return ai
  throw ofAnotherFamily(ai, `${name} is of another family than ${first.addr}`)
}

function ofAnotherFamily(ai: AddrInfo, detail: string): Error {
  return systemError(sys.EAFNOSUPPORT, 'setsockopt', { ...ai.context(), detail })
}

/** The interface that is given by name, by index, or by the zone of an address; 0 for the kernel's choice. They must not contradict each other. */
export function interfaceFor(ifname: unknown, ...addresses: AddrInfo[]): number {
  return interfaceOfZones('ifname', interfaceIndex('ifname', ifname ?? 0), ...addresses.map((ai) => ai.scopeid))
}
