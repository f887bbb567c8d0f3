// Which TLS sessions may be resumed. A resumed session makes no use of certificates, so it is valid only where the same rules of
// verification would have reached the same verdict.

import { createHash, randomBytes } from 'node:crypto'
import type { TlsConfig } from './config.js'
import { pemList, pemOrDer } from './pem.js'
import { loadRoots } from './roots.js'

/** A SHA-256 hash of several parts, each preceded by its length, so that two different lists never hash alike. */
function digest(...parts: readonly (string | Uint8Array)[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part)
  return hash.digest()
}

/** The rules that are not certificates, as text. */
function switchesOf(config: TlsConfig): string {
  const { requestCert, rejectUnauthorized, allowPartialTrustChain, verifyDepth, requireOCSP, ocspMaxAge } = config
  const lists = [config.insecureSkipVerify ?? [], config.pins ?? []].map((list) => [...list].sort())
  // A function is asked again about a resumed session.
  const asks = config.verify !== undefined
  const switches = [requestCert, rejectUnauthorized, allowPartialTrustChain, verifyDepth, requireOCSP, ocspMaxAge, asks]
  return JSON.stringify([...switches, ...lists])
}

const callbackIds = new WeakMap<object, Uint8Array>()

/** An id for a function that chooses a client's certificate: another one might choose another. None without it. */
function callbackId(choose: TlsConfig['clientCertCallback']): Uint8Array[] {
  if (choose === undefined) return []
  const id = callbackIds.get(choose) ?? randomBytes(16)
  callbackIds.set(choose, id)
  return [id]
}

/** A 32-byte digest of the rules by which a configuration verifies peers. */
export function verificationRules(config: TlsConfig, isServer: boolean): Buffer {
  // A client's own certificate counts: a resumed session would identify it to the server by the certificate of the former connection.
  const { cert, pfx, keyPairs = [], clientCertCallback } = config
  const pairs = keyPairs.map((pair) => pemOrDer('tlscfg.cert', pair.cert))
  const own = [pemList('tlscfg.cert', cert), pfx === undefined ? [] : [pfx], pairs, callbackId(clientCertCallback)]
  const given = [pemList('tlscfg.ca', config.ca), pemList('tlscfg.crl', config.crl), ...(isServer ? [] : own)]
  const roots = isServer || config.ca !== undefined ? '' : loadRoots()
  return digest(switchesOf(config), roots, ...given.flatMap((files) => [String(files.length), ...files]))
}

/**
 * The id that a session must have to be resumed: 32 bytes, of the verification rules and of the peer.
 * @param peer - a client's host; a server's `sessionIdContext`.
 */
export function sessionId(rules: Uint8Array, peer = ''): Buffer {
  return digest(rules, peer)
}
