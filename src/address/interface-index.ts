import { native } from '../native/sockets.js'
import { check, type ErrorContext } from '../support/errors.js'
import * as validate from '../support/validate.js'

/** The longest name of an interface: IFNAMSIZ without the NUL. */
const INTERFACE_NAME_MAX = 15

/**
 * The interface that an index and the zones of addresses name; 0 for none of them. A zone is the kernel's to ignore where it takes an index.
 * @throws `ERR_INVALID_ARG_VALUE` when they contradict each other.
 */
export function interfaceOfZones(name: string, index: number, ...zones: (number | undefined)[]): number {
  const chosen = index || (zones.find((zone) => zone) ?? 0)
  if (zones.some((zone) => zone && zone !== chosen))
    throw validate.invalidValue(name, 'must be the interface that the zone of the address names', chosen)
  return chosen
}

/**
 * The index of an interface that is given by name or index.
 * @throws ENODEV when there is no interface of that name. See if_nametoindex(3).
 */
export function interfaceIndex(name: string, value: unknown, context: ErrorContext = {}): number {
  if (typeof value === 'number') return validate.integer(name, value, 0)
  const text = validate.textWithoutNul(name, value)
  if (text === '' || Buffer.byteLength(text) > INTERFACE_NAME_MAX)
    throw validate.invalidValue(name, 'must be the name of an interface', value)
  return check(native.ifNameToIndex(text), 'if_nametoindex', { detail: text, ...context })
}
