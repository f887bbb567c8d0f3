import { level } from '../constants/lookup.js'
import * as kind from './kinds/index.js'
import { ro, rw, wo } from './option.js'

const tcp = level('IPPROTO_TCP')

/** Options of TCP, in the order of their constants. See tcp(7). */
export const tcpOptions = {
  /**
   * The state of the congestion control in words of 32 bits; most have none. Those of `bbr` are bandwidth in
   * bytes per second (low and high word), least round-trip time in microseconds, and the gains of pacing and of the
   * window times 256.
   */
  tcpccinfo: ro(tcp('TCP_CC_INFO'), kind.u32List),
  /**
   * The congestion control, by name. One that is not in `net.ipv4.tcp_allowed_congestion_control` needs CAP_NET_ADMIN
   * (EPERM); one that this kernel does not have is ENOENT.
   */
  tcpcongestion: rw(tcp('TCP_CONGESTION'), kind.text(16)),
  /** Whether small segments are held back until the cork is pulled (or 200 ms have passed). */
  tcpcork: rw(tcp('TCP_CORK'), kind.bool),
  /**
   * Seconds that a listener waits for data before it wakes accept(); 0, the default, for not waiting. The kernel
   * rounds up to a number of retransmissions: 1, 3, 7, 15 …
   */
  tcpdeferaccept: rw(tcp('TCP_DEFER_ACCEPT'), kind.seconds),
  /** Longest delay of an acknowledgement, in microseconds. */
  tcpdelackmaxus: rw(tcp('TCP_DELACK_MAX_US'), kind.microseconds),
  /**
   * Length of a listener's queue of fast open requests; 0, the default, for none. EINVAL on a connection. The system
   * must allow it too (bit 2 of `net.ipv4.tcp_fastopen`).
   */
  tcpfastopen: rw(tcp('TCP_FASTOPEN'), kind.count),
  /**
   * Whether connect() returns at once, from the second connection to a server on, and the first send carries its data in
   * the SYN: until then there is no peer (ENOTCONN), and ECONNREFUSED is an error of sending or receiving. EOPNOTSUPP when
   * the system does not allow it (bit 1 of `net.ipv4.tcp_fastopen`), EINVAL once connected.
   */
  tcpfastopenconnect: rw(tcp('TCP_FASTOPEN_CONNECT'), kind.bool),
  /** The key of a listener's fast open cookies: 16 bytes, or 32 for a second, older key; empty while there is none. */
  tcpfastopenkey: rw(tcp('TCP_FASTOPEN_KEY'), kind.bytesOfLength(16, 32)),
  /** Whether fast open works without a cookie. EINVAL once connected. */
  tcpfastopennocookie: rw(tcp('TCP_FASTOPEN_NO_COOKIE'), kind.bool),
  /** Statistics and state of the connection. */
  tcpinfo: ro(tcp('TCP_INFO'), kind.tcpInfo),
  /** Whether received messages carry the number of bytes that are left to read (`TCP_CM_INQ`). */
  tcpinq: rw(tcp('TCP_INQ'), kind.bool),
  /** Whether the connection is multipath TCP, and did not fall back to plain TCP. */
  tcpismptcp: ro(tcp('TCP_IS_MPTCP'), kind.bool),
  /** The number of unanswered probes after which a connection is dropped, 1 to 127. */
  tcpkeepcnt: rw(tcp('TCP_KEEPCNT'), kind.int),
  /** Idle seconds before the first keep-alive probe, 1 to 32767 (`TCP_KEEPALIVE` of other systems). */
  tcpkeepalive: rw(tcp('TCP_KEEPIDLE'), kind.seconds),
  /** Seconds between keep-alive probes, 1 to 32767. */
  tcpkeepintvl: rw(tcp('TCP_KEEPINTVL'), kind.seconds),
  /** Seconds in FIN-WAIT-2 after close(), 120 at most; 0 for the system's default, -1 to skip FIN-WAIT-2. */
  tcplinger2: rw(tcp('TCP_LINGER2'), kind.range(-1)),
  /**
   * Largest segment to send, in bytes, 88 to 32767; 0 for the kernel's choice. What was set reads back until the
   * connection is established; then it is the negotiated size.
   */
  tcpmaxseg: rw(tcp('TCP_MAXSEG'), kind.byteCount),
  /** Signs the segments to and from a peer with a key of 80 bytes at most (RFC 2385, BGP); an empty key ends it. */
  tcpmd5sig: wo(tcp('TCP_MD5SIG'), kind.md5sig),
  /** Same as `tcpmd5sig`, for every peer in a network, or for one interface. */
  tcpmd5sigext: wo(tcp('TCP_MD5SIG_EXT'), kind.md5sigOfScope),
  /** Whether small segments are sent at once (Nagle's algorithm off). */
  tcpnodelay: rw(tcp('TCP_NODELAY'), kind.bool),
  /** The number of unsent bytes above which the socket is not writable; 4294967295 for no limit, 0 for the system's. */
  tcpnotsentlowat: rw(tcp('TCP_NOTSENT_LOWAT'), kind.u32),
  /** Sequence number of the queue that is under repair; see `tcprepairqueue`. */
  tcpqueueseq: rw(tcp('TCP_QUEUE_SEQ'), kind.u32),
  /** Whether segments are acknowledged at once. The kernel changes it during the connection. */
  tcpquickack: rw(tcp('TCP_QUICKACK'), kind.bool),
  /** Repair mode, for moving a connection: `TCP_REPAIR_*`. Needs CAP_NET_ADMIN. */
  tcprepair: rw(tcp('TCP_REPAIR'), kind.range(-1, 1)),
  /** Sets the options that were negotiated at the start of a connection under repair (EPERM otherwise). */
  tcprepairoptions: wo(tcp('TCP_REPAIR_OPTIONS'), kind.repairOptions),
  /** Queue that is under repair: `TCP_NO_QUEUE`, `TCP_RECV_QUEUE`, `TCP_SEND_QUEUE`. */
  tcprepairqueue: rw(tcp('TCP_REPAIR_QUEUE'), kind.count),
  /** Windows of a connection under repair (EPERM otherwise). */
  tcprepairwindow: rw(tcp('TCP_REPAIR_WINDOW'), kind.repairWindow),
  /** Longest retransmission timeout, in milliseconds, 1000 to 120000, which is the default. */
  tcprtomaxms: rw(tcp('TCP_RTO_MAX_MS'), kind.milliseconds),
  /** Shortest retransmission timeout, in microseconds. */
  tcprtominus: rw(tcp('TCP_RTO_MIN_US'), kind.microseconds),
  /**
   * The SYN that the connection began with, from its IP header on; kept when the listener has `tcpsavesyn`, read once.
   */
  tcpsavedsyn: ro(tcp('TCP_SAVED_SYN'), kind.bytes(512)),
  /** Whether a listener keeps the SYN of new connections: 0 no, 1 from the IP header on, 2 from the link header on. */
  tcpsavesyn: rw(tcp('TCP_SAVE_SYN'), kind.range(0, 2)),
  /** Retransmissions of the SYN before connect() fails, 1 to 127; `net.ipv4.tcp_syn_retries` by default. */
  tcpsyncnt: rw(tcp('TCP_SYNCNT'), kind.count),
  /** Has no effect since Linux 4.14, and reads as false; formerly: retransmit after one duplicate acknowledgement. */
  tcpthindupack: rw(tcp('TCP_THIN_DUPACK'), kind.bool),
  /** Whether retransmission timeouts of a stream with few segments in flight grow linearly, not exponentially. */
  tcpthinlineartimeouts: rw(tcp('TCP_THIN_LINEAR_TIMEOUTS'), kind.bool),
  /** The clock that timestamps of the connection are taken from; it is set in repair mode only (EPERM). */
  tcptimestamp: rw(tcp('TCP_TIMESTAMP'), kind.u32),
  /** Microseconds by which every segment is delayed, to simulate slow networks; 0 by default. */
  tcptxdelay: rw(tcp('TCP_TX_DELAY'), kind.microseconds),
  /** The upper layer protocol, by name, such as `tls`; empty while there is none. It stays once it is set. */
  tcpulp: rw(tcp('TCP_ULP'), kind.text(16)),
  /** Milliseconds that sent data may stay unacknowledged before the connection is dropped; 0 for the system's default. */
  tcpusertimeout: rw(tcp('TCP_USER_TIMEOUT'), kind.milliseconds),
  /** The limit of the advertised window, in bytes; the kernel raises it to half of the least receive buffer. */
  tcpwindowclamp: rw(tcp('TCP_WINDOW_CLAMP'), kind.byteCount),
}
