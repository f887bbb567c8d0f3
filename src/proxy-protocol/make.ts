import { type AddrInfo, addressArgument, withoutMapping } from '../address/addrinfo.js'
import { AF_INET, AF_INET6, AF_UNIX } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'
import { FIXED, formatBinary, PAYLOAD_MOST } from './binary.js'
import { PP2_TYPE, type Tlv } from './header.js'
import { formatText } from './text.js'

/** A field to send: {@link Tlv}, whose value may be a string, for its UTF-8. */
export interface OutgoingTlv {
  /** 0 to 255: see {@link PP2_TYPE}. */
  type: number
  /** At most 65,535 bytes. */
  value: validate.Data
}

/** What {@link header} makes a header of. */
export interface HeaderOptions {
  /** 1 is text, for IPv4 and IPv6; 2, the default, is binary. */
  version?: 1 | 2 | undefined
  /** `'LOCAL'`, in version 2, for a connection of the proxy's own; `'PROXY'` by default. */
  command?: 'PROXY' | 'LOCAL' | undefined
  /** The client, such as `conn.getpeername()`. Without both addresses the header says that they are unknown: a receiver may refuse that, as HAProxy does in version 2. */
  source?: AddrInfo | undefined
  /** The address that it connected to, such as `conn.getsockname()`, of the same family. */
  destination?: AddrInfo | undefined
  /** Further fields, in version 2, beside addresses. */
  tlvs?: readonly OutgoingTlv[] | undefined
  /** Whether a checksum is added, in version 2, beside addresses. */
  crc32c?: boolean | undefined
}

const HEADER_OPTIONS = ['version', 'command', 'source', 'destination', 'tlvs', 'crc32c']
const TLV_OPTIONS = ['type', 'value']

/**
 * Makes a header of the PROXY protocol, to be sent before anything else on a connection.
 * @param options - `source` and `destination`, addresses; `version`, 2 by default; `command`, `'PROXY'` by default; `tlvs` and `crc32c`
 *   of version 2.
 * @throws EAFNOSUPPORT for addresses that it cannot have: of another family than the other, or than IPv4, IPv6 and (in version 2) unix;
 *   TypeError or RangeError for what does not go together, or does not fit.
 * @example
 * await upstream.send(proxyProtocol.header({ source: conn.getpeername(), destination: conn.getsockname() }))
 */
export function header(options: HeaderOptions = {}): Buffer {
  const given = validate.options('options', options, HEADER_OPTIONS) as HeaderOptions
  const { version = 2, command = 'PROXY', crc32c = false } = given
  if (version !== 1 && version !== 2) throw validate.invalidValue('options.version', 'must be 1 or 2', version)
  if (command !== 'PROXY' && command !== 'LOCAL')
    throw validate.invalidValue('options.command', "must be 'PROXY' or 'LOCAL'", command)
  validate.boolean('options.crc32c', crc32c)
  const [source, destination] = addressesIn(given, version)
  const tlvs = tlvsIn(given.tlvs)
  if (command === 'LOCAL' && (version === 1 || source !== undefined))
    throw validate.invalidValue('options.command', "may be 'LOCAL' in version 2 without addresses", command)
  if ((version === 1 || source === undefined) && (tlvs.length > 0 || crc32c))
    throw validate.invalidValue('options', 'may have fields in version 2 beside addresses', options)
  if (version === 1) return formatText(source, destination)
  const made = formatBinary({ command, source, destination, tlvs, crc32c })
  if (made.length > FIXED + PAYLOAD_MOST)
    throw validate.outOfRange('options.tlvs', `at most ${PAYLOAD_MOST} bytes with the addresses`, made.length)
  return made
}

const FAMILIES: Readonly<Record<1 | 2, readonly number[]>> = {
  1: [AF_INET, AF_INET6],
  2: [AF_INET, AF_INET6, AF_UNIX],
}

/** Both addresses, or neither. IPv4 by a socket for both families is IPv4. */
function addressesIn({ source, destination }: HeaderOptions, version: 1 | 2): [AddrInfo?, AddrInfo?] {
  if (source === undefined && destination === undefined) return []
  const given = [addressArgument('options.source', source), addressArgument('options.destination', destination)]
  const plain = given.map(withoutMapping)
  const pair = plain[0]?.family === plain[1]?.family ? plain : given
  const unfit = pair.find(({ family }) => family !== pair[0]?.family || !FAMILIES[version].includes(family))
  if (unfit === undefined) return pair as [AddrInfo, AddrInfo]
  throw systemError(sys.EAFNOSUPPORT, 'header', {
    ...unfit.context(),
    detail: `in a PROXY header of version ${version}`,
  })
}

function tlvsIn(tlvs: readonly OutgoingTlv[] = []): Tlv[] {
  if (!Array.isArray(tlvs)) throw validate.invalidType('options.tlvs', 'an instance of Array', tlvs)
  return Array.from(tlvs as readonly OutgoingTlv[], (one, i) => {
    const name = `options.tlvs[${i}]`
    const { type, value } = validate.options(name, one, TLV_OPTIONS) as OutgoingTlv
    const number = validate.integer(`${name}.type`, type, 0, 255)
    if (number === PP2_TYPE.CRC32C) throw validate.invalidValue(`${name}.type`, 'is what the option crc32c makes', type)
    const bytes = Buffer.from(validate.bytes(`${name}.value`, value))
    if (bytes.length > PAYLOAD_MOST) throw validate.outOfRange(`${name}.value`, `at most ${PAYLOAD_MOST} bytes`, value)
    return { type: number, value: bytes }
  })
}
