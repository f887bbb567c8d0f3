import { AddrInfo } from '../address/addrinfo.js'
import { numericAddress } from '../address/resolved.js'
import { AF_INET, IP_BIND_ADDRESS_NO_PORT, IPPROTO_IP, IPPROTO_TCP } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'

/** What a client binds to before it connects. */
export interface LocalOptions {
  /**
   * An address of this machine, IPv4 or IPv6, that the connection comes from; one that is link-local with its zone (`fe80::1%eth0`). The
   * addresses of the other family are left out; EAFNOSUPPORT when none is left.
   */
  localAddress?: string | undefined
  /**
   * The port that the connection comes from; 0, the default, for a free one. `SO_REUSEADDR` is set with it, so that several addresses
   * can be tried, and a connection in TIME_WAIT is no obstacle.
   */
  localPort?: number | undefined
}

/** The address and port that a client's connections come from. */
export class LocalName {
  /** The address as it was given, for messages. */
  readonly text: string | undefined
  readonly #ai: AddrInfo | undefined
  readonly #port: number

  private constructor(text: string | undefined, ai: AddrInfo | undefined, port: number) {
    this.text = text
    this.#ai = ai
    this.#port = port
  }

  /** Returns what options ask for; undefined when the kernel is to choose both. */
  static in({ localAddress, localPort = 0 }: LocalOptions): LocalName | undefined {
    const port = validate.integer('options.localPort', localPort, 0, 65535)
    if (localAddress === undefined) return port === 0 ? undefined : new LocalName(undefined, undefined, port)
    const ai = numericAddress(validate.textWithoutNul('options.localAddress', localAddress), port)
    if (ai === undefined)
      throw validate.invalidValue('options.localAddress', 'must be an IPv4 or IPv6 address', localAddress)
    return new LocalName(localAddress, ai, port)
  }

  /** Whether sockets for an address can be bound to it. */
  fits({ family }: AddrInfo): boolean {
    return this.#ai === undefined || this.#ai.family === family
  }

  /** Sets what has to be set before the socket is bound, and what a hook may set otherwise. */
  prepare(sock: LowSocket): void {
    if (this.#port !== 0) sock.reuseaddr(true)
    // The port is chosen when the peer is known: then connections to different peers can share it.
    else if (sock.protocol() === IPPROTO_TCP) sock.setsockopt(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, true)
  }

  /**
   * Binds a socket for that address.
   * @throws EADDRNOTAVAIL when this machine does not have the address, EADDRINUSE, EACCES, …; EINVAL when the hook has bound it already, or
   *   for a link-local address without a zone. See bind(2).
   */
  bind(sock: LowSocket, { family }: AddrInfo): void {
    const ai = this.#ai ?? wildcard(family, this.#port)
    // Without a port of its own the kernel would bind it once more.
    const isFree = sock.getsockname().equals(wildcard(family, 0))
    if (!isFree) throw systemError(sys.EINVAL, 'bind', { ...ai.context(), detail: 'prepare() has bound it already' })
    sock.bind(ai)
  }
}

function wildcard(family: number, port: number): AddrInfo {
  return family === AF_INET ? AddrInfo.inet('0.0.0.0', port) : AddrInfo.inet6('::', port)
}
