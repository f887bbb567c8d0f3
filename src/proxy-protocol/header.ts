import type { AddrInfo } from '../address/addrinfo.js'
import { define } from '../support/record.js'
import { trimStack } from '../support/stack.js'

/** A field of a header of version 2 beside the addresses. */
export interface Tlv {
  /** What it is: see {@link PP2_TYPE}. */
  readonly type: number
  /** Its bytes, at most 65,535. */
  readonly value: Buffer
}

/** Types of {@link Tlv} that the specification names. */
export const PP2_TYPE = Object.freeze({
  /** The protocol that TLS and ALPN agreed on. */
  ALPN: 0x01,
  /** The host that the client asked for: SNI. */
  AUTHORITY: 0x02,
  /** The checksum of the header. It is checked, and made, here. */
  CRC32C: 0x03,
  /** Nothing, for alignment. It is left out when a header is read. */
  NOOP: 0x04,
  /** Up to 128 bytes that identify the connection. */
  UNIQUE_ID: 0x05,
  /** Facts about TLS, with fields of their own. */
  SSL: 0x20,
  /** The version of TLS, within SSL. */
  SSL_VERSION: 0x21,
  /** The common name of the client's certificate, within SSL. */
  SSL_CN: 0x22,
  /** The cipher, within SSL. */
  SSL_CIPHER: 0x23,
  /** The signature algorithm of the server's certificate, within SSL. */
  SSL_SIG_ALG: 0x24,
  /** The key algorithm of the server's certificate, within SSL. */
  SSL_KEY_ALG: 0x25,
  /** The name of the network namespace. */
  NETNS: 0x30,
})

/** What a proxy says about the connection that it passes on. */
export interface ProxyHeader {
  /** Of the protocol: 1 is text, 2 binary. */
  readonly version: 1 | 2
  /** `'LOCAL'` for a connection of the proxy's own, such as a health check: its addresses are those of the connection itself. */
  readonly command: 'PROXY' | 'LOCAL'
  /** The client; undefined where the proxy does not know it, and with `'LOCAL'`. */
  readonly source: AddrInfo | undefined
  /** The address that the client connected to. */
  readonly destination: AddrInfo | undefined
  /** Further fields, in their order; of version 2 only. */
  readonly tlvs: readonly Tlv[]
}

/**
 * The received data is not a header of the PROXY protocol. `code` is `'ERR_PROXY_PROTOCOL'`. The connection is to be closed: a peer that sends a wrong
 * header may say about itself whatever it likes.
 */
export class ProxyProtocolError extends Error {
  /** For telling it from other errors. */
  declare readonly code: 'ERR_PROXY_PROTOCOL'

  /**
   * Makes the error of a header that is wrong.
   * @param detail - what is wrong with it, for the message.
   * @param cause - the error behind it, if there is one.
   */
  constructor(detail: string, cause?: unknown) {
    super(`not a PROXY header: ${detail}`, cause === undefined ? undefined : { cause })
    define(this, 'code', 'ERR_PROXY_PROTOCOL')
    trimStack(this)
  }

  static {
    ProxyProtocolError.prototype.name = 'ProxyProtocolError'
  }
}
