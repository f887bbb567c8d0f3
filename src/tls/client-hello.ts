// The client's hello (RFC 8446, section 4.1.2), as a server hears it before it chooses a certificate.

import type { HelloParts } from '../native/tls.js'
import { record } from '../support/record.js'
import { VERSIONS } from './versions.js'

/** What a client offers. What has no name here is a hexadecimal number: `'0x0a0a'`. */
export interface ClientHello {
  /** The name that the client asks for (SNI), if any. */
  readonly servername: string | undefined
  /** The application protocols (ALPN), in its order: `['h2', 'http/1.1']`. */
  readonly ALPNProtocols: readonly string[]
  /** The versions, in its order: `['TLSv1.3', 'TLSv1.2']`. */
  readonly versions: readonly string[]
  /** The cipher suites, in its order, by their names in the standards: `['TLS_AES_128_GCM_SHA256', …]`. */
  readonly ciphers: readonly string[]
  /** The signature algorithms, in its order, by their names in the standards: `['ecdsa_secp256r1_sha256', …]`. */
  readonly signatureAlgorithms: readonly string[]
}

/** The registry of IANA, as far as TLS 1.2 and 1.3 use it. */
const SIGNATURE_ALGORITHMS: Readonly<Record<number, string>> = {
  513: 'rsa_pkcs1_sha1',
  515: 'ecdsa_sha1',
  1025: 'rsa_pkcs1_sha256',
  1027: 'ecdsa_secp256r1_sha256',
  1281: 'rsa_pkcs1_sha384',
  1283: 'ecdsa_secp384r1_sha384',
  1537: 'rsa_pkcs1_sha512',
  1539: 'ecdsa_secp521r1_sha512',
  2052: 'rsa_pss_rsae_sha256',
  2053: 'rsa_pss_rsae_sha384',
  2054: 'rsa_pss_rsae_sha512',
  2055: 'ed25519',
  2056: 'ed448',
  2057: 'rsa_pss_pss_sha256',
  2058: 'rsa_pss_pss_sha384',
  2059: 'rsa_pss_pss_sha512',
  2308: 'mldsa44',
  2309: 'mldsa65',
  2310: 'mldsa87',
}

const VERSION_NAMES = new Map<number, string>(Object.entries(VERSIONS).map(([name, number]) => [number, name]))

const hex = (number: number): string => `0x${number.toString(16).padStart(4, '0')}`

/** The numbers of two bytes in a list, after its length of `skip` bytes. OpenSSL refuses a hello whose lengths are wrong. */
function numbers(bytes: Buffer | undefined, skip: number): number[] {
  const list = bytes?.subarray(skip) ?? Buffer.alloc(0)
  return Array.from({ length: list.length >> 1 }, (_, i) => list.readUInt16BE(2 * i))
}

/** The protocols in an extension of ALPN, each preceded by its length. */
function protocolsIn(bytes: Buffer | undefined): string[] {
  const protocols: string[] = []
  for (let rest = bytes?.subarray(2); rest !== undefined && rest.length > 1; ) {
    const end = 1 + (rest[0] ?? 0)
    protocols.push(rest.toString('latin1', 1, end))
    rest = rest.subarray(end)
  }
  return protocols
}

/** The names of signature algorithms in the standards: `'ecdsa_secp256r1_sha256'`. */
export function signatureNames(signatures: readonly number[]): string[] {
  return signatures.map((number) => SIGNATURE_ALGORITHMS[number] ?? hex(number))
}

/** Reads the parts of a hello, as the addon keeps them. */
export function clientHello(servername: string | undefined, parts: HelloParts | undefined): ClientHello {
  const [protocols, versions, signatures, , suites, names = [], version = 0] = parts ?? []
  const offered = versions === undefined ? [version] : numbers(versions, 1)
  return record({
    servername,
    ALPNProtocols: protocolsIn(protocols),
    versions: offered.map((number) => VERSION_NAMES.get(number) ?? hex(number)),
    ciphers: numbers(suites, 0).map((number, i) => names[i] ?? hex(number)),
    signatureAlgorithms: signatureNames(numbers(signatures, 2)),
  })
}
