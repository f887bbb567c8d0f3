import { level } from '../constants/lookup.js'
import * as kind from './kinds/index.js'
import { forEachFamily, perFamily, ro, rw } from './option.js'

const ip = level('IPPROTO_IP')
const ipv6 = level('IPPROTO_IPV6')
const raw = level('SOL_RAW')

/**
 * Options of IPv4, and those that IPv4 and IPv6 share under one name, in the order of their constants: the family of
 * the socket decides. On an IPv6 socket that carries IPv4 too both are set, or neither. See ip(7), ipv6(7).
 */
export const ipOptions = {
  /** ICMP types that a raw socket does not receive, one bit for each. See raw(7). */
  icmpfilter: rw(raw('ICMP_FILTER'), kind.u32),
  /** Whether bind() with port 0 leaves the choice of a port to connect(), which can then share ports. */
  bindaddressnoport: rw(ip('IP_BIND_ADDRESS_NO_PORT'), kind.bool),
  /** Whether received messages carry the checksum that the network device computed (`IP_CHECKSUM`); UDP only. */
  ipchecksum: rw(ip('IP_CHECKSUM'), kind.bool),
  /** Whether an address that does not exist (yet) may be bound. */
  freebind: rw(forEachFamily(ip('IP_FREEBIND'), ipv6('IPV6_FREEBIND')), kind.bool),
  /** Whether the data of a raw socket begins with its own IP header. */
  hdrincl: rw(perFamily(ip('IP_HDRINCL'), ipv6('IPV6_HDRINCL')), kind.bool),
  /** Ports from which the kernel chooses, within those of the system; `[0, 0]`, the default, for all of them. */
  localportrange: rw(ip('IP_LOCAL_PORT_RANGE'), kind.portRange),
  /** Packets with a lower time to live (hop limit) are dropped; 0, the default, for none. */
  minttl: rw(forEachFamily(ip('IP_MINTTL'), ipv6('IPV6_MINHOPCOUNT')), kind.range(0, 255)),
  /**
   * MTU of the path, in bytes, of a connected socket (ENOTCONN). It can be set on IPv6 only (IPv4: ENOPROTOOPT), and for
   * IPv6 only, to 1280 and more as a limit for fragments, or 0 for none; it always reads as the MTU of the path.
   */
  mtu: rw(perFamily(ip('IP_MTU'), ipv6('IPV6_MTU')), kind.byteCount),
  /** How the MTU of a path is discovered: `IP_PMTUDISC_*`, or `IPV6_PMTUDISC_*`, which have the same numbers. */
  mtudiscover: rw(forEachFamily(ip('IP_MTU_DISCOVER'), ipv6('IPV6_MTU_DISCOVER')), kind.range(0, 5)),
  /** Whether the packet filter leaves fragments as they are instead of reassembling them; raw sockets with `hdrincl` only. */
  nodefrag: rw(ip('IP_NODEFRAG'), kind.bool),
  /** IP options of every packet sent, as on the wire, 40 bytes at most; empty for none. See RFC 791. */
  ipoptions: rw(ip('IP_OPTIONS'), kind.bytes(40)),
  /** Whether received messages carry the security context of the packet (`SCM_SECURITY` at level IPPROTO_IP). */
  ippasssec: rw(ip('IP_PASSSEC'), kind.bool),
  /** Whether received messages carry the interface and the destination address (`IP_PKTINFO`, `IPV6_PKTINFO`). */
  pktinfo: rw(forEachFamily(ip('IP_PKTINFO'), ipv6('IPV6_RECVPKTINFO')), kind.bool),
  /** Control messages of the last segment of a stream, of the types that `pktinfo`, `recvttl` and so on enable. */
  pktoptions: ro(perFamily(ip('IP_PKTOPTIONS'), ipv6('IPV6_2292PKTOPTIONS')), kind.bytes(1024)),
  /** Whether errors are queued with all details, to be received with `MSG_ERRQUEUE`. */
  recverr: rw(forEachFamily(ip('IP_RECVERR'), ipv6('IPV6_RECVERR')), kind.bool),
  /** Whether queued errors have the offset of the extensions of their ICMP message (RFC 4884). */
  recverrrfc4884: rw(forEachFamily(ip('IP_RECVERR_RFC4884'), ipv6('IPV6_RECVERR_RFC4884')), kind.bool),
  /**
   * Whether received messages carry the size of their largest fragment, where there were fragments.
   * EINVAL on a stream that carries IPv4.
   */
  recvfragsize: rw(forEachFamily(ip('IP_RECVFRAGSIZE'), ipv6('IPV6_RECVFRAGSIZE')), kind.bool),
  /** Whether received messages carry the IP options of the packet, with this host's part filled in. */
  recvopts: rw(ip('IP_RECVOPTS'), kind.bool),
  /** Whether received messages carry the destination from before a redirection (`IP_ORIGDSTADDR`). */
  recvorigdstaddr: rw(forEachFamily(ip('IP_RECVORIGDSTADDR'), ipv6('IPV6_RECVORIGDSTADDR')), kind.bool),
  /** Whether received messages carry the type of service (`IP_TOS`) or traffic class (`IPV6_TCLASS`). */
  recvtos: rw(forEachFamily(ip('IP_RECVTOS'), ipv6('IPV6_RECVTCLASS')), kind.bool),
  /** Whether received messages carry the time to live (`IP_TTL`) or hop limit (`IPV6_HOPLIMIT`). */
  recvttl: rw(forEachFamily(ip('IP_RECVTTL'), ipv6('IPV6_RECVHOPLIMIT')), kind.bool),
  /** Whether received messages carry the IP options of the packet as they arrived. */
  retopts: rw(ip('IP_RETOPTS'), kind.bool),
  /**
   * Whether a raw socket receives packets with the router alert option that this host forwards: 1 or 0 on IPv4, where
   * the protocol must not be `IPPROTO_RAW`; on IPv6, where it must be, the value of the option to receive, -1 for none.
   */
  routeralert: rw(perFamily(ip('IP_ROUTER_ALERT'), ipv6('IPV6_ROUTER_ALERT')), kind.range(-1)),
  /**
   * Type of service (on IPv6 traffic class) of packets sent, 0 to 255, 0 by default: DSCP in the upper six bits, ECN in
   * the lower two, which TCP controls itself. -1 sets the default.
   */
  tos: rw(forEachFamily(ip('IP_TOS'), ipv6('IPV6_TCLASS')), kind.trafficClass),
  /** Whether addresses of other hosts may be bound and accepted, for proxies. Needs CAP_NET_ADMIN or CAP_NET_RAW. */
  transparent: rw(forEachFamily(ip('IP_TRANSPARENT'), ipv6('IPV6_TRANSPARENT')), kind.bool),
  /** Time to live (hop limit) of packets sent, 1 to 255; -1 for the default of the system or route. */
  ttl: rw(forEachFamily(ip('IP_TTL'), ipv6('IPV6_UNICAST_HOPS')), kind.range(-1, 255)),
  /** The interface that packets are sent by, by index; it does not limit what is received. 0, the default, for the route's. */
  unicastif: rw(forEachFamily(ip('IP_UNICAST_IF'), ipv6('IPV6_UNICAST_IF')), kind.ifindexNet),
  /** The original destination of a connection that a packet filter redirected here; ENOENT for any other. */
  originaldst: ro(forEachFamily(ip('SO_ORIGINAL_DST'), ipv6('IP6T_SO_ORIGINAL_DST')), kind.address),
}
