import * as kind from './kinds/index.js'
import { at, rw } from './option.js'

/** Options of UDP, in the order of their constants. See udp(7). */
export const udpOptions = {
  /**
   * Least number of bytes that the checksum of a received UDP-Lite datagram must cover; 0 for all of it, else 8 or
   * more.
   */
  udpliterecvcscov: rw(at('IPPROTO_UDPLITE', 'UDPLITE_RECV_CSCOV'), kind.range(0, 0xffff)),
  /** Number of bytes that the checksum of a sent UDP-Lite datagram covers; 0 for all of it, else 8 or more. */
  udplitesendcscov: rw(at('IPPROTO_UDPLITE', 'UDPLITE_SEND_CSCOV'), kind.range(0, 0xffff)),
  /** Whether data is held back until the cork is pulled, and then sent as one datagram. */
  udpcork: rw(at('IPPROTO_UDP', 'UDP_CORK'), kind.bool),
  /** What the kernel unwraps from the datagrams, such as IPsec: `UDP_ENCAP_*`, 0 by default. */
  udpencap: rw(at('IPPROTO_UDP', 'UDP_ENCAP'), kind.count),
  /** Whether the kernel may join datagrams of one size from one sender; the message then says the size (`UDP_GRO`). */
  udpgro: rw(at('IPPROTO_UDP', 'UDP_GRO'), kind.bool),
  /** Whether datagrams over IPv6 are accepted without a checksum. */
  udpnocheck6rx: rw(at('IPPROTO_UDP', 'UDP_NO_CHECK6_RX'), kind.bool),
  /** Whether datagrams over IPv6 are sent without a checksum. */
  udpnocheck6tx: rw(at('IPPROTO_UDP', 'UDP_NO_CHECK6_TX'), kind.bool),
  /** Bytes per datagram into which a larger send is cut, the last being shorter; 0, the default, for no cutting. */
  udpsegment: rw(at('IPPROTO_UDP', 'UDP_SEGMENT'), kind.range(0, 0xffff)),
}
