// The databases of services(5) and protocols(5), and the name of this host. The thread waits for the files that they are in.
import { native } from '../native/sockets.js'
import { check, checkAnswer, systemError } from '../support/errors.js'
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
 * @param name - the name of the service, such as `'http'`, or one of its aliases.
 * @param protocol - `'tcp'`, `'udp'`, …; the first entry of any by default.
 * @throws ENOENT when there is none. See getservbyname(3).
 */
export function getservbyname(name: string, protocol?: string): number {
  const service = nameArgument('name', name)
  const given = protocolArgument(protocol)
  const detail = given === undefined ? service : `${service}/${given}`
  return check(native.servicePort(service, given), 'getservbyname', { detail })
}

/**
 * Returns the name of the service at a port.
 * @param port - the port number.
 * @param protocol - `'tcp'`, `'udp'`, …; the first entry of any by default.
 * @throws ENOENT when there is none. See getservbyport(3).
 */
export function getservbyport(port: number, protocol?: string): string {
  const number = validate.integer('port', port, 0, 65535)
  const name = native.serviceName(number, protocolArgument(protocol))
  if (typeof name === 'string') return name
  throw systemError(-name, 'getservbyport', {
    detail: protocol === undefined ? String(number) : `${number}/${protocol}`,
  })
}

/**
 * Returns the number of a protocol, `IPPROTO_*`.
 * @param name - the name of the protocol, such as `'tcp'`.
 * @throws ENOENT when there is none of that name. See getprotobyname(3).
 */
export function getprotobyname(name: string): number {
  const protocol = nameArgument('name', name)
  return check(native.protocolNumber(protocol), 'getprotobyname', { detail: protocol })
}

/** Returns the name of this host. See gethostname(2). */
export function gethostname(): string {
  return checkAnswer(native.hostName(), 'gethostname')
}
