import { level } from '../constants/lookup.js'
import * as kind from './kinds/index.js'
import { ro, rw, wo } from './option.js'

const socket = level('SOL_SOCKET')

/** Options of the socket level, in the order of their constants. See socket(7). */
export const socketOptions = {
  /** Whether the socket listens. */
  acceptconn: ro(socket('SO_ACCEPTCONN'), kind.bool),
  /** Attaches an eBPF program, loaded with bpf(2), as the filter of what arrives; it replaces the filter before it. */
  attachbpf: wo(socket('SO_ATTACH_BPF'), kind.fd),
  /**
   * Attaches a classic BPF program as the filter of what arrives; it replaces the filter before it. On TCP newer
   * kernels want CAP_NET_ADMIN.
   */
  attachfilter: wo(socket('SO_ATTACH_FILTER'), kind.filter),
  /** Gives a group of `reuseport` sockets a classic BPF program, whose result is the index of the socket to use. */
  attachreuseportcbpf: wo(socket('SO_ATTACH_REUSEPORT_CBPF'), kind.filter),
  /** Gives a group of `reuseport` sockets an eBPF program, whose result is the index of the socket to use. */
  attachreuseportebpf: wo(socket('SO_ATTACH_REUSEPORT_EBPF'), kind.fd),
  /**
   * The name of the only interface that the socket uses; `null`, the default, for any. Changing it once it is set needs
   * CAP_NET_RAW.
   */
  bindtodevice: rw(socket('SO_BINDTODEVICE'), kind.interfaceName),
  /** Same as `bindtodevice`, by index; 0, the default, for any interface. */
  bindtoifindex: rw(socket('SO_BINDTOIFINDEX'), kind.ifindex),
  /** The highest offset of the extensions (`SKF_AD_*`) that classic BPF programs may use here. */
  bpfextensions: ro(socket('SO_BPF_EXTENSIONS'), kind.int),
  /** Whether datagrams may be sent to a broadcast address, which otherwise is EACCES; false by default. */
  broadcast: rw(socket('SO_BROADCAST'), kind.bool),
  /**
   * The buffers whose size the kernel does not adjust: `SOCK_SNDBUF_LOCK`, `SOCK_RCVBUF_LOCK`. Setting a size locks it, too.
   */
  buflock: rw(socket('SO_BUF_LOCK'), kind.range(0, 3)),
  /**
   * Microseconds that a receive polls the network device before it sleeps; 0 for none, `net.core.busy_read` by default.
   * On older kernels raising it needs CAP_NET_ADMIN.
   */
  busypoll: rw(socket('SO_BUSY_POLL'), kind.microseconds),
  /** Packets in one round of busy polling, 8 by default; raising it needs CAP_NET_ADMIN. It cannot be read back. */
  busypollbudget: wo(socket('SO_BUSY_POLL_BUDGET'), kind.range(0, 0xffff)),
  /** Informs the kernel that the path does not work well, so that it looks for another route. */
  cnxadvice: wo(socket('SO_CNX_ADVICE'), kind.action),
  /**
   * A number that identifies the socket, unique until the system restarts; sock_diag(7) and eBPF use it, too.
   */
  cookie: ro(socket('SO_COOKIE'), kind.u64),
  /** Whether the protocol records debugging information; switching it on needs CAP_NET_ADMIN (EACCES). */
  debug: rw(socket('SO_DEBUG'), kind.bool),
  /** Removes the filter, classic or eBPF (`SO_DETACH_BPF` is the same option); ENOENT when there is none. */
  detachfilter: wo(socket('SO_DETACH_FILTER'), kind.action),
  /** Removes the program of a `reuseport` group; ENOENT when it has none, EINVAL outside of a group. */
  detachreuseportbpf: wo(socket('SO_DETACH_REUSEPORT_BPF'), kind.action),
  /** Whether to bypass routing and send only to directly connected hosts. */
  dontroute: rw(socket('SO_DONTROUTE'), kind.bool),
  /** The classic BPF program that is attached, in the form for `attachfilter`; empty when there is none. */
  getfilter: ro(socket('SO_GET_FILTER'), kind.attachedFilter),
  /**
   * The processor that handles the packets of the socket; -1 when none has yet. Setting it steers `reuseport` groups.
   */
  incomingcpu: rw(socket('SO_INCOMING_CPU'), kind.range(-1)),
  /** The receive queue of the device (its NAPI id) that the last packet arrived by; 0 for none. */
  incomingnapiid: ro(socket('SO_INCOMING_NAPI_ID'), kind.u32),
  /** Whether an idle connection is probed. */
  keepalive: rw(socket('SO_KEEPALIVE'), kind.bool),
  /** Seconds that close() waits for unsent data; `null` (or a negative number) for not waiting. */
  linger: rw(socket('SO_LINGER'), kind.linger),
  /** Whether the filter is locked against changes and removal. The lock itself cannot be removed (EPERM). */
  lockfilter: rw(socket('SO_LOCK_FILTER'), kind.bool),
  /** The mark of packets sent, for routing and packet filters; 0 by default. Needs CAP_NET_ADMIN or CAP_NET_RAW. */
  mark: rw(socket('SO_MARK'), kind.u32),
  /**
   * The highest rate of sending, in bytes per second; `2n ** 64n - 1n`, the default, for no bound. The number
   * 4294967295 means the same where the kernel's `long` has 32 bits.
   */
  maxpacingrate: rw(socket('SO_MAX_PACING_RATE'), kind.u64),
  /** The memory that the socket uses. */
  meminfo: ro(socket('SO_MEMINFO'), kind.memInfo),
  /** The identity of the network namespace that the socket was made in. */
  netnscookie: ro(socket('SO_NETNS_COOKIE'), kind.u64),
  /** Whether the program supplies the frame check sequence itself; for packet sockets on devices that can do it. */
  nofcs: rw(socket('SO_NOFCS'), kind.bool),
  /** Whether UDP datagrams over IPv4 go without a checksum. */
  nocheck: rw(socket('SO_NO_CHECK'), kind.bool),
  /** Whether urgent data stays in the ordinary stream. */
  oobinline: rw(socket('SO_OOBINLINE'), kind.bool),
  /**
   * The offset, in bytes, that `MSG_PEEK` reads at, and moves on; -1, the default, for always the start. With an offset
   * a peek gives the part of the message that fits, `MSG_TRUNC` or not. Of UDP, TCP (Linux 6.9) and unix sockets.
   */
  peekoff: rw(socket('SO_PEEK_OFF'), kind.range(-1)),
  /** Whether busy polling is preferred to interrupts; switching it on needs CAP_NET_ADMIN. */
  preferbusypoll: rw(socket('SO_PREFER_BUSY_POLL'), kind.bool),
  /** The priority of packets to send, 0 by default; above 6 it needs CAP_NET_ADMIN or CAP_NET_RAW. */
  priority: rw(socket('SO_PRIORITY'), kind.int),
  /**
   * Receive buffer in bytes. Linux doubles what is set, for its own bookkeeping, and keeps the result between 2304 and
   * twice `net.core.rmem_max`, without an error.
   */
  rcvbuf: rw(socket('SO_RCVBUF'), kind.byteCount),
  /** Sets `rcvbuf` beyond `net.core.rmem_max`; needs CAP_NET_ADMIN. Read the result with `rcvbuf`. */
  rcvbufforce: wo(socket('SO_RCVBUFFORCE'), kind.byteCount),
  /** Bytes that must be there before a receive returns or readiness is reported; 1 by default, and 0 becomes 1. */
  rcvlowat: rw(socket('SO_RCVLOWAT'), kind.byteCount),
  /** Whether received messages carry the mark of their packet (`SO_MARK`). Older kernels want CAP_NET_ADMIN. */
  rcvmark: rw(socket('SO_RCVMARK'), kind.bool),
  /** Whether received messages carry the priority of their packet (`SO_PRIORITY`). */
  rcvpriority: rw(socket('SO_RCVPRIORITY'), kind.bool),
  /**
   * Bytes of memory that are set aside for the socket; EOPNOTSUPP unless the process's memory is accounted to a
   * cgroup.
   */
  reservemem: rw(socket('SO_RESERVE_MEM'), kind.byteCount),
  /** Whether an address in TIME_WAIT, or (for datagrams) one in use, may be bound again. */
  reuseaddr: rw(socket('SO_REUSEADDR'), kind.bool),
  /** Whether several sockets of one user may bind the same address and share the incoming traffic. */
  reuseport: rw(socket('SO_REUSEPORT'), kind.bool),
  /** Whether received messages carry the number of datagrams that were dropped so far (`SO_RXQ_OVFL`). */
  rxqovfl: rw(socket('SO_RXQ_OVFL'), kind.bool),
  /** Whether a queued error shows as exceptional condition in select(2) and as `POLLPRI` in poll(2). */
  selecterrqueue: rw(socket('SO_SELECT_ERR_QUEUE'), kind.bool),
  /**
   * Send buffer in bytes. Linux doubles what is set, for its own bookkeeping, and keeps the result between 4608 and
   * twice `net.core.wmem_max`, without an error.
   */
  sndbuf: rw(socket('SO_SNDBUF'), kind.byteCount),
  /** Sets `sndbuf` beyond `net.core.wmem_max`; needs CAP_NET_ADMIN. Read the result with `sndbuf`. */
  sndbufforce: wo(socket('SO_SNDBUFFORCE'), kind.byteCount),
  /** Bytes that must fit before a send returns. Always 1 on Linux, where setting it is ENOPROTOOPT. */
  sndlowat: rw(socket('SO_SNDLOWAT'), kind.byteCount),
  /** Whether received messages carry a timestamp of microseconds (`SCM_TIMESTAMP`). It ends `timestampns`. */
  timestamp: rw(socket('SO_TIMESTAMP'), kind.bool),
  /** Which times of sending and receiving are taken and reported: `SOF_TIMESTAMPING_*` flags, 0 for none. */
  timestamping: rw(socket('SO_TIMESTAMPING'), kind.flags),
  /** Whether received messages carry a timestamp of nanoseconds (`SCM_TIMESTAMPNS`). It ends `timestamp`. */
  timestampns: rw(socket('SO_TIMESTAMPNS'), kind.bool),
  /** Whether a stalled connection is rehashed onto another path: `SOCK_TXREHASH_*`; -1 sets it to the system's default. */
  txrehash: rw(socket('SO_TXREHASH'), kind.range(-1, 1)),
  /** The clock and the flags of the times that messages to send carry (`SCM_TXTIME`). See tc-etf(8). */
  txtime: rw(socket('SO_TXTIME'), kind.txtime),
  /** Whether received frames, and sent ones on the error queue, carry their acknowledgement status on a wireless link. */
  wifistatus: rw(socket('SO_WIFI_STATUS'), kind.bool),
  /**
   * Whether `MSG_ZEROCOPY` may be used for sending. The error queue reports when the kernel has released the data.
   */
  zerocopy: rw(socket('SO_ZEROCOPY'), kind.bool),
}

/** Timeouts of blocking calls, for the synchronous class only: the asynchronous classes have deadlines. See socket(7). */
export const timeoutOptions = {
  /** Seconds that a blocking receive waits; 0, the default, for no limit. The kernel rounds it up to its clock ticks. */
  rcvtimeo: rw(socket('SO_RCVTIMEO'), kind.timeval),
  /** Seconds that a blocking send waits; 0, the default, for no limit. The kernel rounds it up to its clock ticks. */
  sndtimeo: rw(socket('SO_SNDTIMEO'), kind.timeval),
}
