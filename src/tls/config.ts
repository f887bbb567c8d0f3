import type { X509Certificate } from 'node:crypto'
import type { AddrInfo } from '../address/addrinfo.js'
import type { Data } from '../support/validate.js'
import type { ClientHello } from './client-hello.js'
import type { TlsError } from './errors.js'
import type { Pem, PemOrDer } from './pem.js'
import type { TlsVersion } from './versions.js'

/** A certificate with its chain, and its private key. */
export interface KeyPair {
  /** The certificate; in PEM followed by the intermediate certificates up to the root, in DER alone. */
  cert: PemOrDer
  /** Its private key, PEM or DER. */
  key: PemOrDer
  /** The passphrase of an encrypted key. */
  passphrase?: string | undefined
  /** Servers: the OCSP response (DER) to staple to this certificate. */
  ocspResponse?: Uint8Array | undefined
}

/** A check of the server that a client can leave out: of its certificate chain, its name, or the validity dates. */
export type Check = 'chain' | 'name' | 'time'

/** A finished context: a `Context` of `tls`. */
export interface TlsContext {
  /** Whether it is for servers. */
  readonly isServer: boolean
}

/** What an `ALPNCallback` is given, as in Node. */
export interface OfferedProtocols {
  /** The name that the client asks for (SNI), if any. */
  readonly servername: string | undefined
  /** The protocols that the client offers, in its order. */
  readonly protocols: readonly string[]
}

/** An accepted connection, as `onhandshakeerror` is given it: a socket of `stream`. */
export interface AcceptedConnection {
  /** Returns the address of the peer; it throws ENOTCONN when the peer has reset the connection. */
  getpeername(): AddrInfo
  /** The name that the client asked for (SNI), if any. */
  readonly servername: string | undefined
  /**
   * Closes the connection, without an answer to the client.
   * @throws what the close reports.
   */
  close(): Promise<void>
}

/** How a server asks a client for a certificate. */
export interface CertificateRequest {
  /** The host that the client connects to. */
  readonly host: string | undefined
  /**
   * The authorities that the server accepts, as `issuer` of an `X509Certificate` has their names: `'C=DE\nCN=An authority'`; none if it does
   * not say.
   */
  readonly authorities: readonly string[]
  /** The signature algorithms that it accepts, by their names in the standards: `['ecdsa_secp256r1_sha256', …]`. */
  readonly signatureAlgorithms: readonly string[]
}

/** The answer of a `clientCertCallback`: a certificate with its key, a context of a client that has one, or undefined for none. */
export type Shown = TlsContext | Pick<TlsConfig, 'cert' | 'key' | 'passphrase' | 'pfx'> | undefined

/** What was found out about a peer. */
export interface Found {
  /** The host that a client connects to; undefined on a server. */
  readonly host: string | undefined
  /**
   * The certificate of the peer and those that issued it, up to a trusted one; where none is trusted, as far as the peer sent them. For a
   * resumed session the certificate of the peer alone.
   */
  readonly chain: readonly X509Certificate[]
  /** Why the peer would be refused; null if all is well. */
  readonly error: TlsError | null
}

/** A function that decides about a peer: see `verify` of {@link TlsConfig}. */
export type Verify = (peer: X509Certificate, found: Found) => boolean | undefined | Promise<boolean | undefined>

/** A pre-shared key, and the identity that the server knows it by: the answer of a client's {@link PskCallback}. */
export interface PreSharedKey {
  /** The key: 1 to 512 bytes. 16 random ones at least: a password could be guessed by an attacker in between. */
  psk: NodeJS.ArrayBufferView
  /** 1 to 256 bytes as UTF-8, without a NUL. It is sent in the clear. */
  identity: string
}

interface PskMethods {
  /** As a method, so that the parameter may be a string alone on a server, and null or a string on a client. */
  callback(
    name: string | null,
  ):
    | PreSharedKey
    | NodeJS.ArrayBufferView
    | null
    | undefined
    | Promise<PreSharedKey | NodeJS.ArrayBufferView | null | undefined>
}

/**
 * Finds a pre-shared key. A client is asked with the hint of the server, or null, and answers `{ psk, identity }`; a server is asked with
 * the identity of the client, and answers the key. Null or undefined is no key.
 */
export type PskCallback = PskMethods['callback']

/** The answer of an `SNICallback`: a context, a configuration to make one of, or undefined for the server's own. */
export type Chosen = TlsContext | TlsConfig | undefined

/**
 * The configuration of TLS. Fields that Node has too mean the same as there, except that `SNICallback` returns its answer. Everything
 * is given in memory: nothing is read from files.
 */
export interface TlsConfig {
  /** The certificate with its chain. Several, with as many keys, for several types of key. */
  cert?: Pem | undefined
  /** The private key of each certificate. */
  key?: Pem | undefined
  /** The passphrase of encrypted keys, or of the PKCS #12 file. */
  passphrase?: string | undefined
  /** Certificate, key and chain as PKCS #12. */
  pfx?: Uint8Array | undefined
  /**
   * Further certificates. A server uses the first one that is for the name that the client asks for, otherwise `cert`. A client shows the first
   * one that is what the server asks for: issued, directly or not, by an authority that it names, with a key that it accepts; otherwise `cert`,
   * if there is one. `cert` comes first where the server names no authority.
   */
  keyPairs?: readonly KeyPair[] | undefined
  /**
   * Servers: selects a context by the name that the client asks for (SNI), `undefined` if it asks for none, or by what else is in its
   * hello. May be asynchronous. An error that it throws ends the connection.
   */
  SNICallback?: ((servername: string | undefined, hello: ClientHello) => Chosen | Promise<Chosen>) | undefined
  /**
   * Clients, instead of `cert` and `keyPairs`: chooses the certificate for a server that asks for one; undefined shows none. It is not called
   * when a session is resumed. May be asynchronous. An error that it throws ends the connection.
   */
  clientCertCallback?: ((request: CertificateRequest) => Shown | Promise<Shown>) | undefined

  /**
   * The certificates to trust, instead of those that `node:tls` trusts by default in this process (`NODE_EXTRA_CA_CERTS`,
   * `--use-openssl-ca`, `--use-system-ca` and `tls.setDefaultCACertificates()` count). A server needs it to identify clients.
   */
  ca?: Pem | undefined
  /**
   * Whether a certificate in `ca` is trusted although it is not a root: that of an intermediate authority, or of the peer itself. False
   * by default: a chain has to end in a certificate that signs itself.
   */
  allowPartialTrustChain?: boolean | undefined
  /** Certificate revocation lists. If there are any, each certificate of a chain needs one that is in force. */
  crl?: Pem | undefined
  /**
   * Servers: whether a client must show a certificate; false by default. With `'optional'` it may have none, but not an invalid one. With
   * `'later'` it is not asked in the handshake, but by `requestCertificate()` of its connection.
   */
  requestCert?: boolean | 'optional' | 'later' | undefined
  /**
   * Clients: whether the server may ask for the certificate after the handshake, at any time, in TLS 1.3; false by default. It is answered
   * while this side receives.
   */
  postHandshakeAuth?: boolean | undefined
  /** Servers: whether clients receive the names of the accepted authorities, those of `ca`; true by default. 63 KiB of names at most. */
  caNames?: boolean | undefined
  /** Whether a peer that cannot be verified is refused: true by default. When false, `authorizationError` has the reason. */
  rejectUnauthorized?: boolean | undefined
  /** Clients: checks to leave out. Each makes the connection insecure, and is reported once by a process warning. */
  insecureSkipVerify?: readonly Check[] | undefined
  /** The most intermediate certificates between that of the peer and a trusted one, 0 to 100; by default OpenSSL's 100. */
  verifyDepth?: number | undefined
  /**
   * The public keys that the peer may have: SHA-256 hashes in base64, as {@link pinOf} returns them. Besides all other checks, one
   * certificate of the chain has to have one of them. Where only a trusted root is missing, as for a certificate that signs itself, the
   * key of the peer's own certificate will do: name and dates are checked all the same. Of servers it needs `requestCert`.
   */
  pins?: readonly string[] | undefined
  /**
   * Decides about the peer, after everything was verified and before anything is sent to it: true accepts it, whatever was found; false
   * refuses it; undefined leaves it to what was found. May be asynchronous. What it throws refuses the peer. Of servers it needs
   * `requestCert`, and is not called for a client without a certificate.
   * @param peer - the certificate of the peer.
   * @param found - the host, the chain, and what is wrong with them.
   */
  verify?: Verify | undefined
  /** Clients: the name to ask for (SNI) and to check the certificate against; the host by default. */
  servername?: string | undefined
  /**
   * Authenticates both sides by a key that both have, in place of certificates. May be asynchronous. In TLS 1.3 a client is asked before
   * its hello, with null, and if the server chooses TLS 1.2 again, with its hint or null; a server is asked for at most eight identities
   * that a client offers, until it has a key. Without one the handshake goes on with certificates in TLS 1.3, if there are any, and fails
   * in TLS 1.2. What it throws ends the connection. Nothing is resumed that a key has authenticated, and no rule about certificates applies
   * to a peer that has shown none.
   */
  pskCallback?: PskCallback | undefined
  /** Servers: helps clients of TLS 1.2 to find their key: 1 to 256 bytes as UTF-8. Needs `pskCallback`. */
  pskIdentityHint?: string | undefined

  /**
   * Cipher suites of all versions, as OpenSSL lists them; if all of them are suites of TLS 1.3, only that version is used. Or a policy:
   * `'secure'` (the default) allows for TLS 1.2 only AEAD suites with forward secrecy, `'compat'` also older suites of high strength;
   * `'legacy'` and `'insecure'` lower the security level below 2, as TLS 1.0 and 1.1 require. With `pskCallback` they have the suites with
   * pre-shared keys that fit.
   */
  ciphers?: string | undefined
  /** Groups for the key exchange, such as `'X25519:P-256'`; `'auto'`, the default, leaves them to OpenSSL. */
  ecdhCurve?: string | undefined
  /** Signature algorithms, as OpenSSL lists them; by default OpenSSL's. */
  sigalgs?: string | undefined
  /** Diffie-Hellman parameters (PEM), or `'auto'`. By default there are none, so that DHE suites of TLS 1.2 are not used. */
  dhparam?: Data | undefined
  /** Servers: whether the server's order of suites takes precedence over the client's: true by default. */
  honorCipherOrder?: boolean | undefined
  /** The lowest version: `'TLSv1.2'` by default. */
  minVersion?: TlsVersion | undefined
  /** The highest version: `'TLSv1.3'` by default. */
  maxVersion?: TlsVersion | undefined
  /**
   * Application protocols (ALPN) in order of preference, such as `['h2', 'http/1.1']`; 32 KiB at most. Without a common one the handshake
   * fails.
   */
  ALPNProtocols?: readonly string[] | undefined

  /**
   * Servers, instead of `ALPNProtocols`: selects one of the application protocols that the client offers; undefined refuses the client.
   * Is not called for a client that offers none. May be asynchronous. An error that it throws ends the connection.
   */
  ALPNCallback?: ((hello: OfferedProtocols) => string | undefined | Promise<string | undefined>) | undefined

  /** Servers: the OCSP response (DER) to staple. */
  ocspResponse?: Uint8Array | undefined
  /** Clients: whether to ask for an OCSP response; false by default. A response is checked even if it was not asked for. */
  requestOCSP?: boolean | undefined
  /** Clients: whether to ask for an OCSP response and refuse a server that sends none; false by default. */
  requireOCSP?: boolean | undefined
  /**
   * Clients: the most seconds since an OCSP response was made (its thisUpdate). By default the response itself says until when it is
   * good, and one that does not say so is refused.
   */
  ocspMaxAge?: number | undefined

  /** Clients: a former result of `getSession()`. It is used only for the same server and under the same rules of verification. */
  session?: Uint8Array | undefined
  /** Seconds that a session can be resumed: 300 by default, 0 for never. */
  sessionTimeout?: number | undefined
  /** Servers: sessions are resumed only by contexts with the same value. */
  sessionIdContext?: string | undefined
  /**
   * Servers: the keys of session tickets, for several processes to share: 48 bytes as Node's, or 80. Of a list the first encrypts, and all
   * are accepted: to renew keys, put the new ones in front; 8 at most. By default each context makes its own, renews them after
   * `sessionTimeout`, and accepts the former ones for as long again.
   */
  ticketKeys?: Uint8Array | readonly Uint8Array[] | undefined
  /** Milliseconds that a handshake may take, independent of all deadlines: 120,000 by default, 0 for no limit. */
  handshakeTimeout?: number | undefined
  /**
   * Servers: called, once, with what the handshake of a connection has failed by; not when it was closed here. The first call on the connection
   * fails by the same. What it throws is an uncaught exception.
   */
  onhandshakeerror?: ((error: Error, conn: AcceptedConnection) => void) | undefined
  /** Clients: called with each session that the server sends and a later connection can resume (see `getSession()`). */
  onsession?: ((session: Buffer) => void) | undefined
  /** Called with each line of the key log (NSS format), newline included. The lines decrypt the whole connection. */
  keylog?: ((line: Buffer) => void) | undefined
}
