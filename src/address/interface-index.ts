import { native } from '../native/sockets.js'
import { check, type ErrorContext } from '../support/errors.js'
import * as validate from '../support/validate.js'

/** The longest name of an interface: IFNAMSIZ without the NUL. */
const INTERFACE_NAME_MAX = 15

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
