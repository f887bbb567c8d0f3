// Certificates for conversations with other people's programs, made by one of them: the openssl command.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'

/** The kinds of keys, and how openssl is told to make one. */
const KEYS = {
  RSA: ['rsa:2048'],
  ECDSA: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  Ed25519: ['ed25519'],
} as const

export type KeyKind = keyof typeof KEYS
export const keyKinds = Object.keys(KEYS) as KeyKind[]

/** The name that servers have here, unless a test wants another. */
export const NAME = 'server.example'

/** A certificate and its key, as files and as their contents. */
export interface Identity {
  readonly certFile: string
  readonly keyFile: string
  readonly cert: Buffer
  readonly key: Buffer
}

const CONFIG = `[req]
distinguished_name = dn
x509_extensions = none
[dn]
[none]
`

/** A root certificate and what it has signed, in a folder that is removed after the tests of the file. */
export class Authority {
  readonly folder: string
  #root: Identity | undefined
  #made = new Map<string, Identity>()

  constructor(readonly name: string) {
    this.folder = mkdtempSync(join(tmpdir(), 'bk-ca-'))
    after(() => rmSync(this.folder, { recursive: true, force: true }))
  }

  /** Runs openssl in the folder. */
  openssl(...args: string[]): void {
    execFileSync('openssl', args, { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] })
  }

  path(file: string): string {
    return join(this.folder, file)
  }

  get root(): Identity {
    if (this.#root) return this.#root
    writeFileSync(this.path('config'), CONFIG)
    this.#root = this.#request('root', this.name, 'ECDSA', [
      'basicConstraints=critical,CA:TRUE',
      'keyUsage=critical,keyCertSign,cRLSign,digitalSignature',
    ])
    return this.#root
  }

  /** What other programs and ours are to trust. */
  get ca(): Buffer {
    return this.root.cert
  }

  get caFile(): string {
    return this.root.certFile
  }

  /** The certificate for a name, for servers and clients; the same one each time. */
  identity(name: string = NAME, kind: KeyKind = 'ECDSA'): Identity {
    const label = `${name}-${kind}`.replace(/[^\w.-]/g, '_')
    const known = this.#made.get(label)
    if (known) return known
    const { root } = this
    const made = this.#request(
      label,
      name,
      kind,
      [
        'basicConstraints=critical,CA:FALSE',
        'keyUsage=critical,digitalSignature,keyEncipherment',
        'extendedKeyUsage=serverAuth,clientAuth',
        `subjectAltName=DNS:${name}`,
      ],
      ['-CA', root.certFile, '-CAkey', root.keyFile],
    )
    this.#made.set(label, made)
    return made
  }

  #request(label: string, name: string, kind: KeyKind, extensions: string[], signer: string[] = []): Identity {
    const [certFile, keyFile] = [this.path(`${label}.crt`), this.path(`${label}.key`)]
    const files = ['-keyout', keyFile, '-out', certFile]
    const subject = ['-subj', `/CN=${name}`, '-days', '30', ...extensions.flatMap((line) => ['-addext', line])]
    this.openssl(
      'req',
      '-x509',
      '-config',
      'config',
      '-newkey',
      ...KEYS[kind],
      '-noenc',
      ...files,
      ...subject,
      ...signer,
    )
    return { certFile, keyFile, cert: readFileSync(certFile), key: readFileSync(keyFile) }
  }

  /** The root's statement that a certificate is good, or revoked: DER. */
  ocspResponse(identity: Identity, status: 'good' | 'revoked' = 'good'): Buffer {
    const { root } = this
    writeFileSync(this.path('index'), this.#indexLine(identity, status))
    const issuer = ['-issuer', root.certFile, '-cert', identity.certFile]
    this.openssl('ocsp', ...issuer, '-no_nonce', '-reqout', 'request.der')
    const signer = ['-CA', root.certFile, '-rsigner', root.certFile, '-rkey', root.keyFile]
    this.openssl(
      'ocsp',
      '-index',
      'index',
      ...signer,
      '-ndays',
      '1',
      '-reqin',
      'request.der',
      '-respout',
      'response.der',
    )
    return readFileSync(this.path('response.der'))
  }

  /** One line of the database of `openssl ca`: status, end, revocation, serial number, file, subject. */
  #indexLine({ certFile }: Identity, status: 'good' | 'revoked'): string {
    const serial = execFileSync('openssl', ['x509', '-in', certFile, '-noout', '-serial'], { encoding: 'utf8' })
    const number = serial.trim().replace('serial=', '')
    const [letter, revoked] = status === 'good' ? ['V', ''] : ['R', '200101000000Z']
    return `${letter}\t491231235959Z\t${revoked}\t${number}\tunknown\t/CN=subject\n`
  }
}
