// The databases of services(5) and protocols(5), and the name of this host. The thread waits for the files that they are in.
import { sys } from '../constants/lookup.js'
import { native } from '../native/sockets.js'
import { checkAnswer, systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'

/** The addon takes shorter ones. */
const NAME_MAX = 255

function nameArgument(name: string, value: unknown): string {
  const text = validate.textWithoutNul(name, value)
  if (text === '') throw validate.invalidValue(name, 'must not be empty', value)
  if (Buffer.byteLength(text) > NAME_MAX) throw validate.outOfRange(name, `at most ${NAME_MAX} bytes`, value)
  return text
}

const protocolArgument = (value: unknown): string | undefined =>
  value === undefined ? undefined : nameArgument('protocol', value)

/**
 * Returns the port of a service, as a plain number.
 * @param protocol - `'tcp'`, `'udp'`, …; the first entry of any by default.
 * @throws ENOENT when there is none. See getservbyname(3).
 */
export function getservbyname(name: string, protocol?: string): number {
  const service = nameArgument('name', name)
  const port = native.servicePort(service, protocolArgument(protocol))
  if (port >= 0) return port
  throw systemError(sys.ENOENT, 'getservbyname', {
    detail: protocol === undefined ? service : `${service}/${protocol}`,
  })
}

/**
 * Returns the name of the service at a port.
 * @param protocol - `'tcp'`, `'udp'`, …; the first entry of any by default.
 * @throws ENOENT when there is none. See getservbyport(3).
 */
export function getservbyport(port: number, protocol?: string): string {
  const number = validate.integer('port', port, 0, 65535)
  const name = native.serviceName(number, protocolArgument(protocol))
  if (name !== undefined) return name
  throw systemError(sys.ENOENT, 'getservbyport', {
    detail: protocol === undefined ? String(number) : `${number}/${protocol}`,
  })
}

/**
 * Returns the number of a protocol, `IPPROTO_*`.
 * @throws ENOENT when there is none of that name. See getprotobyname(3).
 */
export function getprotobyname(name: string): number {
  const protocol = nameArgument('name', name)
  const number = native.protocolNumber(protocol)
  if (number >= 0) return number
  throw systemError(sys.ENOENT, 'getprotobyname', { detail: protocol })
}

/** Returns the name of this host. See gethostname(2). */
export function gethostname(): string {
  return checkAnswer(native.hostName(), 'gethostname')
}
