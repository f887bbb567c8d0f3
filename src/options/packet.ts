import { level } from '../constants/lookup.js'
import * as kind from './kinds/index.js'
import { ro, rw, wo } from './option.js'

const packet = level('SOL_PACKET')

/** Options of packet sockets, in the order of their constants. See packet(7). */
export const packetOptions = {
  /**
   * Lets the device receive more: `PACKET_MR_PROMISC` all frames, `PACKET_MR_ALLMULTI` all groups, `PACKET_MR_MULTICAST` or
   * `PACKET_MR_UNICAST` those for a hardware address. It ends with the socket.
   */
  packetaddmembership: wo(packet('PACKET_ADD_MEMBERSHIP'), kind.packetMembership),
  /** Whether received messages carry length, status and VLAN tag of the frame (`PACKET_AUXDATA`). */
  packetauxdata: rw(packet('PACKET_AUXDATA'), kind.bool),
  /** Frames longer than this go to the socket although it has a ring, whole; 0, the default, for none. It cannot be read back. */
  packetcopythresh: wo(packet('PACKET_COPY_THRESH'), kind.byteCount),
  /** Ends what `packetaddmembership` began; without that it does nothing. */
  packetdropmembership: wo(packet('PACKET_DROP_MEMBERSHIP'), kind.packetMembership),
  /**
   * The group of sockets that share the frames, of which each goes to one of them: its number, and `PACKET_FANOUT_*` with flags as the way
   * to choose. The socket has to be bound (EINVAL), and stays in its group (EALREADY). `null` is no group, which cannot be set.
   */
  packetfanout: rw(packet('PACKET_FANOUT'), kind.fanout),
  /**
   * The program that chooses the socket of a fanout group: of classic BPF as for `attachfilter`, or the descriptor of one of eBPF. EINVAL in
   * a group that is not of that kind.
   */
  packetfanoutdata: wo(packet('PACKET_FANOUT_DATA'), kind.filterOrFd),
  /** Whether frames that this host sends are left out. */
  packetignoreoutgoing: rw(packet('PACKET_IGNORE_OUTGOING'), kind.bool),
  /** Whether the address of a received frame names the device that it arrived by first, and not the bridge or bond above it. */
  packetorigdev: rw(packet('PACKET_ORIGDEV'), kind.bool),
  /** Whether frames are sent past the packet scheduler of the device. */
  packetqdiscbypass: rw(packet('PACKET_QDISC_BYPASS'), kind.bool),
  /** How often frames went to the next socket of a fanout group: all, of long flows, and in vain. EINVAL outside of one. */
  packetrolloverstats: ro(packet('PACKET_ROLLOVER_STATS'), kind.packetRollover),
  /** Frames that arrived since this was last read, and how many of them were dropped for want of room. */
  packetstatistics: ro(packet('PACKET_STATISTICS'), kind.packetStatistics),
  /** Whether each frame begins with a header of virtio_net, which has what the device is to compute. Not for `SOCK_DGRAM` (EINVAL). */
  packetvnethdr: rw(packet('PACKET_VNET_HDR'), kind.bool),
  /** The length of the header of virtio_net: 0 for none, 10 or 12. Not for `SOCK_DGRAM` (EINVAL). */
  packetvnethdrsz: rw(packet('PACKET_VNET_HDR_SZ'), kind.range(0)),
}
