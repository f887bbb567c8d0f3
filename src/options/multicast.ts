import { level } from '../constants/lookup.js'
import * as kind from './kinds/index.js'
import * as option from './option.js'
import { byAddress, forEachFamily } from './option.js'

const ip = level('IPPROTO_IP')
const ipv6 = level('IPPROTO_IPV6')

/** An option with the same number and layout in both families: only the level differs. */
const each = (option: string) => byAddress(ip(option), ipv6(option))

type Where = ReturnType<typeof forEachFamily>

// Rows of this table are refused on streams, which have no multicast.
const rw = <Out, Args extends unknown[]>(where: Where, kind: kind.Kind<Out, Args>) =>
  option.multicast(option.rw(where, kind))
const wo = <Out, Args extends unknown[]>(where: Where, kind: kind.Kind<Out, Args>) =>
  option.multicast(option.wo(where, kind))

/**
 * Options of multicast, in the order of their constants. Groups and sources are text or addresses, interfaces are names
 * or indexes. The zone of an address (`ff02::1%eth0`) is its interface, and must not contradict one that is given. An
 * IPv6 socket that carries IPv4 too may be a member of groups of both families; `::ffff:239.1.2.3` is `239.1.2.3`.
 * A stream is refused (EOPNOTSUPP).
 * See ip(7), ipv6(7), RFC 3678.
 */
export const multicastOptions = {
  /**
   * Whether groups that other sockets of this host joined are received too; true by default, but false for groups of
   * IPv4 on an IPv6 socket.
   */
  multicastall: rw(forEachFamily(ip('IP_MULTICAST_ALL'), ipv6('IPV6_MULTICAST_ALL')), kind.bool),
  /**
   * The interface that multicast is sent by; `null`, the default, for the route's. On IPv4 the kernel keeps only the
   * address of the interface: one without an address reads as `null`.
   */
  mcastif: rw(forEachFamily(ip('IP_MULTICAST_IF'), ipv6('IPV6_MULTICAST_IF')), kind.multicastInterface),
  /** Whether this host receives what it sends to groups that it is a member of; true by default. */
  mcastloop: rw(forEachFamily(ip('IP_MULTICAST_LOOP'), ipv6('IPV6_MULTICAST_LOOP')), kind.bool),
  /**
   * Time to live (hop limit) of multicast that is sent, 0 to 255; 1, the default, for this network, which is -1 too.
   */
  mcastttl: rw(forEachFamily(ip('IP_MULTICAST_TTL'), ipv6('IPV6_MULTICAST_HOPS')), kind.range(-1, 255)),
  /** Blocks the datagrams of one source in a group of which this socket is a member. */
  mcastblocksrc: wo(each('MCAST_BLOCK_SOURCE'), kind.groupSource),
  /**
   * Makes the socket a member of a group. EADDRINUSE when it is already; ENOBUFS beyond
   * `net.ipv4.igmp_max_memberships`, which is 20.
   */
  mcastjoin: wo(each('MCAST_JOIN_GROUP'), kind.group),
  /** Makes the socket a member of a group for what one source sends; further calls add sources. */
  mcastjoinsrc: wo(each('MCAST_JOIN_SOURCE_GROUP'), kind.groupSource),
  /** Ends the membership in a group; EADDRNOTAVAIL when there is none. */
  mcastleave: wo(each('MCAST_LEAVE_GROUP'), kind.group),
  /** Ends the membership in a group for one source; with its last source the membership ends. */
  mcastleavesrc: wo(each('MCAST_LEAVE_SOURCE_GROUP'), kind.groupSource),
  /**
   * Replaces the sources of a membership at once: `MCAST_INCLUDE` with those that are wanted, `MCAST_EXCLUDE` with
   * those that are not. `MCAST_INCLUDE` of no source ends the membership. Up to 10 sources on IPv4 and 64 on IPv6 by
   * default.
   */
  mcastmsfilter: wo(each('MCAST_MSFILTER'), kind.groupFilter),
  /** Unblocks a source that `mcastblocksrc` has blocked; EADDRNOTAVAIL when it is not blocked. */
  mcastunblocksrc: wo(each('MCAST_UNBLOCK_SOURCE'), kind.groupSource),
}
