/**
 * Certificates, revocation lists and OCSP responses for tests, made when they are asked for. They are written here rather than by a
 * program or a library: half of them are wrong on purpose, down to single bytes.
 */
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import * as der from './der.js'

/** Types of keys. The short ones are too weak for anybody. */
export type KeyType = 'p256' | 'p384' | 'p521' | 'p192' | 'rsa2048' | 'rsa3072' | 'rsa1024' | 'ed25519'

const CURVES: Readonly<Record<string, string>> = {
  p256: 'prime256v1',
  p384: 'secp384r1',
  p521: 'secp521r1',
  p192: 'prime192v1',
}

/** A fresh private key. */
export function newKey(type: KeyType = 'p256'): KeyObject {
  const namedCurve = CURVES[type]
  if (namedCurve) return generateKeyPairSync('ec', { namedCurve }).privateKey
  if (type === 'ed25519') return generateKeyPairSync('ed25519').privateKey
  return generateKeyPairSync('rsa', { modulusLength: Number(type.slice(3)) }).privateKey
}

const keys = new Map<KeyType, KeyObject>()

/** The one key of that type in this process, for what need not differ in its key: RSA takes its time. */
export function sharedKey(type: KeyType): KeyObject {
  const key = keys.get(type) ?? newKey(type)
  keys.set(type, key)
  return key
}

export type Digest = 'sha256' | 'sha384' | 'sha1' | 'md5'

const RSA_WITH: Readonly<Record<Digest, string>> = {
  md5: '1.2.840.113549.1.1.4',
  sha1: '1.2.840.113549.1.1.5',
  sha256: '1.2.840.113549.1.1.11',
  sha384: '1.2.840.113549.1.1.12',
}
const ECDSA_WITH: Readonly<Record<Digest, string>> = {
  md5: '',
  sha1: '1.2.840.10045.4.1',
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
}

function algorithm(key: KeyObject, digest: Digest): Buffer {
  if (key.asymmetricKeyType === 'ed25519') return der.sequence(der.oid('1.3.101.112'))
  if (key.asymmetricKeyType === 'rsa') return der.sequence(der.oid(RSA_WITH[digest]), der.nothing())
  return der.sequence(der.oid(ECDSA_WITH[digest]))
}

/** What is to be signed, the algorithm, the signature: the shape of all that is signed in X.509. */
function signed(content: Buffer, key: KeyObject, digest: Digest, spoilt: boolean, ...more: Buffer[]): Buffer {
  const signature = sign(key.asymmetricKeyType === 'ed25519' ? null : digest, content, key)
  // The last byte: an ECDSA signature keeps its structure, and says something else.
  if (spoilt) signature[signature.length - 1] = (signature.at(-1) ?? 0) ^ 1
  return der.sequence(content, algorithm(key, digest), der.bits(signature), ...more)
}

/** A distinguished name with a common name, or an empty one. */
export function nameOf(commonName: string): Buffer {
  if (commonName === '') return der.sequence()
  return der.sequence(der.set(der.sequence(der.oid('2.5.4.3'), der.utf8(commonName))))
}

/** GeneralNames, each by what its choice contains. */
export const dns = (name: string | Uint8Array): Buffer =>
  der.implicit(2, typeof name === 'string' ? Buffer.from(name, 'latin1') : name)
export const email = (name: string): Buffer => der.implicit(1, Buffer.from(name))
export const uri = (name: string): Buffer => der.implicit(6, Buffer.from(name))
export const directory = (commonName: string): Buffer => der.context(4, nameOf(commonName))
/** An iPAddress from hexadecimal digits. */
export const ip = (hex: string): Buffer => der.implicit(7, Buffer.from(hex.replace(/[^0-9a-f]/gi, ''), 'hex'))

export function extension(id: string, value: Uint8Array, critical = false): Buffer {
  return der.sequence(der.oid(id), ...(critical ? [der.boolean(true)] : []), der.octets(value))
}

const KEY_USAGES = { digitalSignature: 0, keyEncipherment: 2, keyAgreement: 4, keyCertSign: 5, cRLSign: 6 } as const
const PURPOSES = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  OCSPSigning: '1.3.6.1.5.5.7.3.9',
  any: '2.5.29.37.0',
} as const

/** Trees of names, as GeneralNames. */
export interface NameConstraints {
  readonly permitted?: readonly Buffer[]
  readonly excluded?: readonly Buffer[]
}

/** What a certificate is to say. Without anything it is good, for a day around now. */
export interface Wish {
  /** Of the subject. */
  readonly commonName?: string
  /** subjectAltName: GeneralNames. */
  readonly names?: readonly Buffer[]
  /** The extension's value in place of the names. */
  readonly rawNames?: Uint8Array
  readonly key?: KeyType | KeyObject
  readonly digest?: Digest
  /** Hours from now; a day before, and a day after, by default. */
  readonly from?: number
  readonly to?: number
  readonly ca?: boolean
  /** Leaves the basic constraints out. */
  readonly noConstraints?: boolean
  readonly pathLength?: number
  readonly usage?: readonly (keyof typeof KEY_USAGES)[] | undefined
  readonly purposes?: readonly (keyof typeof PURPOSES)[]
  readonly nameConstraints?: NameConstraints
  readonly extensions?: readonly Buffer[]
  /** Signed by this key, whatever the issuer is. */
  readonly signWith?: KeyObject
  /** The signature is not good. */
  readonly spoilt?: boolean
  /** X.509 version 1 has no extensions. */
  readonly version1?: boolean
  readonly serial?: bigint
}

/** A certificate with its key, which can issue others. */
export interface Certificate {
  readonly der: Buffer
  readonly pem: string
  readonly key: KeyObject
  /** PKCS #8, PEM. */
  readonly keyPem: string
  readonly name: Buffer
  readonly serial: bigint
  /** SHA-1 of the public key, which names it in extensions and OCSP. */
  readonly keyId: Buffer
}

const HOUR_MS = 3_600_000
const DAY = 24

/** So many hours from now. */
export const hours = (count: number): Date => new Date(Math.trunc(Date.now() / 1000) * 1000 + count * HOUR_MS)

/** The public half as it is in a certificate, and the hash of its bits. */
function publicPart(key: KeyObject): { spki: Buffer; keyId: Buffer } {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const keyBits = der.contentOf(der.children(spki)[1] ?? spki).subarray(1)
  return { spki, keyId: createHash('sha1').update(keyBits).digest() }
}

function constraintTrees({ permitted = [], excluded = [] }: NameConstraints): Buffer {
  const trees = (names: readonly Buffer[]): Buffer[] => names.map((name) => der.sequence(name))
  return der.sequence(
    ...(permitted.length > 0 ? [der.context(0, ...trees(permitted))] : []),
    ...(excluded.length > 0 ? [der.context(1, ...trees(excluded))] : []),
  )
}

function basicConstraints({ ca = false, pathLength }: Wish): Buffer {
  const parts = [...(ca ? [der.boolean(true)] : []), ...(pathLength === undefined ? [] : [der.integer(pathLength)])]
  return extension('2.5.29.19', der.sequence(...parts), true)
}

function extensionsOf(wish: Wish, subjectKey: Buffer, issuerKey: Buffer): Buffer[] {
  const { ca = false, names, rawNames, purposes, nameConstraints, extensions = [] } = wish
  const usage = 'usage' in wish ? wish.usage : ca ? (['keyCertSign', 'cRLSign'] as const) : undefined
  const san = rawNames ?? (names && der.sequence(...names))
  return [
    ...(wish.noConstraints ? [] : [basicConstraints(wish)]),
    extension('2.5.29.14', der.octets(subjectKey)),
    extension('2.5.29.35', der.sequence(der.implicit(0, issuerKey))),
    ...(usage ? [extension('2.5.29.15', der.namedBits(...usage.map((use) => KEY_USAGES[use])), true)] : []),
    ...(purposes ? [extension('2.5.29.37', der.sequence(...purposes.map((p) => der.oid(PURPOSES[p]))))] : []),
    ...(san ? [extension('2.5.29.17', san, wish.commonName === '')] : []),
    ...(nameConstraints ? [extension('2.5.29.30', constraintTrees(nameConstraints), true)] : []),
    ...extensions,
  ]
}

/** A certificate by that issuer; one that signs itself without. */
export function issue(issuer: Certificate | undefined, wish: Wish = {}): Certificate {
  const { from = -DAY, to = DAY, digest = 'sha256', version1 = false, commonName = 'A subject' } = wish
  const key = typeof wish.key === 'object' ? wish.key : newKey(wish.key)
  const { spki, keyId } = publicPart(key)
  const name = nameOf(commonName)
  const serial = wish.serial ?? BigInt(`0x40${randomBytes(15).toString('hex')}`)
  const signer = wish.signWith ?? issuer?.key ?? key
  const content = der.sequence(
    ...(version1 ? [] : [der.context(0, der.integer(2))]),
    der.integer(serial),
    algorithm(signer, digest),
    issuer?.name ?? name,
    der.sequence(der.time(hours(from)), der.time(hours(to))),
    name,
    spki,
    ...(version1 ? [] : [der.context(3, der.sequence(...extensionsOf(wish, keyId, issuer?.keyId ?? keyId)))]),
  )
  const bytes = signed(content, signer, digest, wish.spoilt ?? false)
  const keyPem = key.export({ type: 'pkcs8', format: 'pem' }) as string
  return { der: bytes, pem: der.pem('CERTIFICATE', bytes), key, keyPem, name, serial, keyId }
}

/** A root: signed by itself, able to issue. */
export const root = (wish: Wish = {}): Certificate => issue(undefined, { commonName: 'A root', ca: true, ...wish })

/** An authority in between. */
export const intermediate = (issuer: Certificate, wish: Wish = {}): Certificate =>
  issue(issuer, { commonName: 'An intermediate', ca: true, ...wish })

/** A server's certificate, for `host.example` if nothing else is said. */
export const leaf = (issuer: Certificate | undefined, wish: Wish = {}): Certificate =>
  issue(issuer, { commonName: 'A leaf', names: [dns('host.example')], ...wish })

/** What a revocation list is to say. */
export interface ListWish {
  readonly revoked?: readonly Certificate[]
  /** Hours from now. */
  readonly from?: number
  readonly to?: number
  readonly signWith?: KeyObject
  readonly spoilt?: boolean
  readonly digest?: Digest
  readonly extensions?: readonly Buffer[]
}

/** A revocation list of that authority, PEM. */
export function revocations(issuer: Certificate, wish: ListWish = {}): string {
  const { revoked = [], from = -DAY, to = DAY, digest = 'sha256', extensions = [] } = wish
  const signer = wish.signWith ?? issuer.key
  const entries = revoked.map(({ serial }) => der.sequence(der.integer(serial), der.time(hours(-1))))
  const content = der.sequence(
    der.integer(1),
    algorithm(signer, digest),
    issuer.name,
    der.time(hours(from)),
    der.time(hours(to)),
    ...(entries.length > 0 ? [der.sequence(...entries)] : []),
    der.context(
      0,
      der.sequence(
        extension('2.5.29.35', der.sequence(der.implicit(0, issuer.keyId))),
        extension('2.5.29.20', der.integer(1)),
        ...extensions,
      ),
    ),
  )
  return der.pem('X509 CRL', signed(content, signer, digest, wish.spoilt ?? false))
}

/** What an OCSP response is to say. */
export interface ResponseWish {
  readonly status?: 'good' | 'revoked' | 'unknown'
  /** Hours from now; 'never' leaves nextUpdate out. */
  readonly from?: number
  readonly to?: number | 'never'
  /** The signer, instead of the issuer; its certificate is sent along. */
  readonly responder?: Certificate
  readonly spoilt?: boolean
  readonly digest?: Digest
  /** OCSPResponseStatus; anything but 0 comes without a response inside. */
  readonly outcome?: number
}

function certStatus(status: 'good' | 'revoked' | 'unknown'): Buffer {
  if (status === 'good') return der.implicit(0, Buffer.alloc(0))
  if (status === 'revoked') return der.context(1, der.generalTime(hours(-1)))
  return der.implicit(2, Buffer.alloc(0))
}

/** An OCSP response of the issuer about a certificate, DER. See RFC 6960. */
export function ocsp(issuer: Certificate, about: Certificate, wish: ResponseWish = {}): Buffer {
  const { status = 'good', from = -1, to = 1, digest = 'sha256', outcome = 0, responder = issuer } = wish
  if (outcome !== 0) return der.sequence(der.enumerated(outcome))
  const certId = der.sequence(
    der.sequence(der.oid('1.3.14.3.2.26'), der.nothing()),
    der.octets(createHash('sha1').update(issuer.name).digest()),
    der.octets(issuer.keyId),
    der.integer(about.serial),
  )
  const single = der.sequence(
    certId,
    certStatus(status),
    der.generalTime(hours(from)),
    ...(to === 'never' ? [] : [der.context(0, der.generalTime(hours(to)))]),
  )
  const content = der.sequence(
    der.context(2, der.octets(responder.keyId)),
    der.generalTime(hours(from)),
    der.sequence(single),
  )
  const certs = responder === issuer ? [] : [der.context(0, der.sequence(responder.der))]
  const basic = signed(content, responder.key, digest, wish.spoilt ?? false, ...certs)
  return der.sequence(
    der.enumerated(0),
    der.context(0, der.sequence(der.oid('1.3.6.1.5.5.7.48.1.1'), der.octets(basic))),
  )
}

/** The public key of a certificate, PEM. */
export const publicPem = ({ key }: Certificate): string =>
  createPublicKey(key).export({ type: 'spki', format: 'pem' }) as string
