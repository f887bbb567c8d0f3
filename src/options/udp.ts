import { level } from '../constants/lookup.js'
import * as kind from './kinds/index.js'
import { rw } from './option.js'

const udp = level('IPPROTO_UDP')
const udplite = level('IPPROTO_UDPLITE')

/** Options of UDP, in the order of their constants. See udp(7). */
export const udpOptions = {
  /**
   * Least number of bytes that the checksum of a received UDP-Lite datagram must cover; 0 for all of it, else 8 or
   * more.
   */
  udpliterecvcscov: rw(udplite('UDPLITE_RECV_CSCOV'), kind.range(0, 0xffff)),
  /** Number of bytes that the checksum of a sent UDP-Lite datagram covers; 0 for all of it, else 8 or more. */
  udplitesendcscov: rw(udplite('UDPLITE_SEND_CSCOV'), kind.range(0, 0xffff)),
  /** Whether data is held back until the cork is pulled, and then sent as one datagram. */
  udpcork: rw(udp('UDP_CORK'), kind.bool),
  /** The encapsulation that the kernel removes from the datagrams, such as IPsec: `UDP_ENCAP_*`, 0 by default. */
  udpencap: rw(udp('UDP_ENCAP'), kind.count),
  /**
   * Whether the kernel may join datagrams of one size from one sender; a control message then has the size (`UDP_GRO`).
   * `recvmsg` and `recvmany` tell them apart; `recv`, `recvinto`, `recvfrom` and iteration are refused (EOPNOTSUPP).
   */
  udpgro: rw(udp('UDP_GRO'), kind.bool),
  /** Whether datagrams over IPv6 are accepted without a checksum. */
  udpnocheck6rx: rw(udp('UDP_NO_CHECK6_RX'), kind.bool),
  /** Whether datagrams over IPv6 are sent without a checksum. */
  udpnocheck6tx: rw(udp('UDP_NO_CHECK6_TX'), kind.bool),
  /** Bytes per datagram into which a larger send is cut, the last being shorter; 0, the default, for no cutting. */
  udpsegment: rw(udp('UDP_SEGMENT'), kind.range(0, 0xffff)),
}
