import { level } from '../constants/lookup.js'
import * as kind from './kinds/index.js'
import { ro, rw, wo } from './option.js'

const netlink = level('SOL_NETLINK')

/** Options of netlink sockets, in the order of their constants. See netlink(7). */
export const netlinkOptions = {
  /** Joins a multicast group by its number: `RTNLGRP_*`, or one that generic netlink tells. EINVAL for a number that the protocol lacks. */
  netlinkaddmembership: wo(netlink('NETLINK_ADD_MEMBERSHIP'), kind.range(1)),
  /** Whether a multicast that cannot be delivered to one of its receivers is an error for the sender. */
  netlinkbroadcasterror: rw(netlink('NETLINK_BROADCAST_ERROR'), kind.bool),
  /** Whether acknowledgements leave out the data of the request. */
  netlinkcapack: rw(netlink('NETLINK_CAP_ACK'), kind.bool),
  /** Leaves a multicast group. */
  netlinkdropmembership: wo(netlink('NETLINK_DROP_MEMBERSHIP'), kind.range(1)),
  /** Whether acknowledgements have attributes that say what was wrong (`NLMSGERR_ATTR_*`). */
  netlinkextack: rw(netlink('NETLINK_EXT_ACK'), kind.bool),
  /** Whether requests for lists are checked strictly, and filtered by what they contain. */
  netlinkgetstrictchk: rw(netlink('NETLINK_GET_STRICT_CHK'), kind.bool),
  /** Whether multicast of every network namespace that has an id here is received. Switching it on needs CAP_NET_BROADCAST. */
  netlinklistenallnsid: rw(netlink('NETLINK_LISTEN_ALL_NSID'), kind.bool),
  /** The numbers of the multicast groups that the socket is a member of. */
  netlinklistmemberships: ro(netlink('NETLINK_LIST_MEMBERSHIPS'), kind.groupNumbers),
  /** Whether messages that were lost for want of room are no error. By default the next receive is ENOBUFS. */
  netlinknoenobufs: rw(netlink('NETLINK_NO_ENOBUFS'), kind.bool),
  /** Whether received messages carry the number of the multicast group (`NETLINK_PKTINFO`). */
  netlinkpktinfo: rw(netlink('NETLINK_PKTINFO'), kind.bool),
}
