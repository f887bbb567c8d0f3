import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import nodeTls from 'node:tls'
import { nativeTls } from '../native/tls.js'
import { checkField } from './errors.js'

/** What `node:tls` answers from Node 22.15 on. The list is the same object until `setDefaultCACertificates()` replaces it. */
function getCACertificates(type: 'default' | 'extra'): readonly string[] | undefined {
  return (nodeTls as { getCACertificates?: (type: string) => readonly string[] }).getCACertificates?.(type)
}

/** Whether Node runs with `--use-openssl-ca`, or was built so. */
function hasOpenSslCa(): boolean {
  const given = [...process.execArgv, ...(process.env['NODE_OPTIONS'] ?? '').split(/[\s"]+/)]
  const defines = (process.config.target_defaults as { defines?: readonly string[] }).defines ?? []
  return given.some((flag) => /^--use[-_]openssl[-_]ca$/.test(flag)) || defines.includes('NODE_OPENSSL_CERT_STORE')
}

/** What Node lists while it trusts OpenSSL's file and folder of certificates, which it does not list. */
const besideOpenSslPaths = hasOpenSslCa() ? getCACertificates('default') : undefined

/** The roots that were loaded last, and a digest of them; undefined before. */
let loaded: { readonly roots: readonly string[]; readonly digest: Buffer } | undefined

/**
 * Makes the default trust of this thread that of `node:tls`: Node's own roots or, by Node's options, those of OpenSSL or of the
 * system; those of `NODE_EXTRA_CA_CERTS`; or what `tls.setDefaultCACertificates()` has set. They are loaded once, and anew when they
 * have been replaced: that takes milliseconds.
 * @returns a digest of them.
 */
export function loadRoots(): Buffer {
  const roots = getCACertificates('default') ?? loaded?.roots ?? formerRoots()
  if (roots === loaded?.roots) return loaded.digest
  const tls = nativeTls()
  const bytes = Buffer.from(roots.join('\n'))
  checkField(tls.rootsNew(), 'ca')
  if (roots.length > 0) checkField(tls.rootsAdd(bytes), 'ca')
  const usesPaths = usesOpenSslPaths(roots)
  if (usesPaths) checkField(tls.rootsAddDefaultPaths(), 'ca')
  const { SSL_CERT_FILE = '', SSL_CERT_DIR = '' } = process.env
  const paths = usesPaths ? JSON.stringify([SSL_CERT_FILE, SSL_CERT_DIR]) : ''
  loaded = { roots, digest: createHash('sha256').update(paths).update(bytes).digest() }
  return loaded.digest
}

/** The roots of a Node that cannot be asked for them. */
function formerRoots(): string[] {
  const own = hasOpenSslCa() ? [] : nodeTls.rootCertificates
  return [...own, ...extraRoots(process.env['NODE_EXTRA_CA_CERTS'])]
}

/** The certificates of a file. One that cannot be used is a process warning, as in Node; the other roots remain trusted. */
function extraRoots(file: string | undefined): string[] {
  if (!file) return []
  try {
    const certificates = readFileSync(file, 'latin1')
    checkField(nativeTls().rootsCheck(Buffer.from(certificates, 'latin1')), 'ca')
    return [certificates]
  } catch (error) {
    process.emitWarning(`NODE_EXTRA_CA_CERTS: ${(error as Error).message}`)
    return []
  }
}

/**
 * Whether OpenSSL's file and folder of certificates (`SSL_CERT_FILE`, `SSL_CERT_DIR`) are trusted too: not any more once other
 * certificates have been set by `setDefaultCACertificates()`.
 */
function usesOpenSslPaths(roots: readonly string[]): boolean {
  return getCACertificates('default') === undefined
    ? hasOpenSslCa()
    : roots === besideOpenSslPaths && isOfEnvironment(roots)
}

/** Whether the list is that of `NODE_EXTRA_CA_CERTS`, and nothing was set before this module was loaded. */
function isOfEnvironment(roots: readonly string[]): boolean {
  const extra = getCACertificates('extra') ?? []
  return extra.length === roots.length && extra.every((one, i) => one === roots[i])
}
