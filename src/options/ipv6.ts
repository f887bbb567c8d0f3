import { level } from '../constants/lookup.js'
import * as kind from './kinds/index.js'
import { ro, rw, wo } from './option.js'

const ipv6 = level('IPPROTO_IPV6')
const icmp6 = level('IPPROTO_ICMPV6')

/** The most bytes of an extension header: its length is one byte, in units of 8. */
const HEADER = 2048

/** Options that only IPv6 has, in the order of their constants. See ipv6(7), RFC 3542. */
export const ipv6Options = {
  /** The ICMPv6 types that a raw socket does not receive; none by default. See RFC 3542, section 3.2. */
  icmp6filter: rw(icmp6('ICMP6_FILTER'), kind.typesBlocked),
  /** Which source addresses are preferred: `IPV6_PREFER_SRC_*` flags. See RFC 5014. */
  addrpreferences: rw(ipv6('IPV6_ADDR_PREFERENCES'), kind.flags),
  /** Whether the kernel chooses flow labels; the default depends on `net.ipv6.auto_flowlabels`. */
  autoflowlabel: rw(ipv6('IPV6_AUTOFLOWLABEL'), kind.bool),
  /** Offset of the checksum in the data of a raw socket, an even number; -1 for none. EINVAL for ICMPv6. */
  ipv6checksum: rw(ipv6('IPV6_CHECKSUM'), kind.range(-1)),
  /** Whether packets larger than the path MTU are refused (EMSGSIZE) instead of being fragmented. */
  dontfrag: rw(ipv6('IPV6_DONTFRAG'), kind.bool),
  /** Destination options header of every packet sent, as on the wire; empty for none. Needs CAP_NET_RAW. */
  dstopts: rw(ipv6('IPV6_DSTOPTS'), kind.bytes(HEADER)),
  /** Whether received messages carry traffic class and flow label (`IPV6_FLOWINFO`). */
  flowinfo: rw(ipv6('IPV6_FLOWINFO'), kind.bool),
  /** Whether the flow label in the address that is sent or connected to is used. */
  flowinfosend: rw(ipv6('IPV6_FLOWINFO_SEND'), kind.bool),
  /**
   * Leases a flow label for what is sent to an address, and keeps it until the socket is closed or `flowlabelput`: EPERM when others have it for
   * themselves, ENOENT without `IPV6_FL_F_CREATE` when there is no lease. Datagrams carry it if `flowinfosend` is set and their address has
   * it as its `flowinfo`.
   */
  flowlabelget: wo(ipv6('IPV6_FLOWLABEL_MGR'), kind.flowLabelGet),
  /** Gives up the lease of a flow label; ESRCH when the socket has none. */
  flowlabelput: wo(ipv6('IPV6_FLOWLABEL_MGR'), kind.flowLabelPut),
  /** Lets the lease of a flow label go on for so many seconds; ESRCH when the socket has none. */
  flowlabelrenew: wo(ipv6('IPV6_FLOWLABEL_MGR'), kind.flowLabelRenew),
  /** Hop-by-hop options header of every packet sent, as on the wire; empty for none. Needs CAP_NET_RAW. */
  hopopts: rw(ipv6('IPV6_HOPOPTS'), kind.bytes(HEADER)),
  /**
   * Makes this host a member of an anycast address. Needs CAP_NET_ADMIN, and (unless the host is a router) an interface
   * with the address's prefix: EADDRNOTAVAIL otherwise.
   */
  joinanycast: wo(ipv6('IPV6_JOIN_ANYCAST'), kind.anycast),
  /** Ends the membership in an anycast address; ENOENT when there is none. */
  leaveanycast: wo(ipv6('IPV6_LEAVE_ANYCAST'), kind.anycast),
  /** The destination that a connected socket sends to, and the MTU of the path; ENOTCONN otherwise. */
  pathmtu: ro(ipv6('IPV6_PATHMTU'), kind.pathMtu),
  /** The source address of datagrams, and the interface that they are sent by. To receive both with each, see `pktinfo`. */
  ipv6pktinfo: wo(ipv6('IPV6_PKTINFO'), kind.sourceAddress),
  /** Whether received messages carry the destination options header (`IPV6_DSTOPTS`). */
  recvdstopts: rw(ipv6('IPV6_RECVDSTOPTS'), kind.bool),
  /** Whether received messages carry the hop-by-hop options header (`IPV6_HOPOPTS`). */
  recvhopopts: rw(ipv6('IPV6_RECVHOPOPTS'), kind.bool),
  /** Whether a change of the path MTU is reported by a message without data (`IPV6_PATHMTU`). */
  recvpathmtu: rw(ipv6('IPV6_RECVPATHMTU'), kind.bool),
  /** Whether received messages carry the routing header (`IPV6_RTHDR`). */
  recvrthdr: rw(ipv6('IPV6_RECVRTHDR'), kind.bool),
  /** Whether `routeralert` is about packets of this network namespace only. */
  routeralertisolate: rw(ipv6('IPV6_ROUTER_ALERT_ISOLATE'), kind.bool),
  /** Routing header of every packet sent, as on the wire; empty for none. Needs CAP_NET_RAW. */
  rthdr: rw(ipv6('IPV6_RTHDR'), kind.bytes(HEADER)),
  /** Destination options header before the routing header, as on the wire; empty for none. Needs CAP_NET_RAW. */
  rthdrdstopts: rw(ipv6('IPV6_RTHDRDSTOPTS'), kind.bytes(HEADER)),
  /**
   * Whether the socket is for IPv6 alone; when false, it takes IPv4 too, as mapped addresses. EINVAL once bound. Options
   * that are set while it is true hold for IPv6 alone.
   */
  v6only: rw(ipv6('IPV6_V6ONLY'), kind.bool),
}
