/** The result of `TCP_INFO`: state and statistics of a connection. A field that the running kernel does not have is absent. */
export interface TcpInfo {
  /** `TCP_ESTABLISHED` and so on. */
  state: number
  /** Congestion state: 0 open, 1 disorder, 2 CWR, 3 recovery, 4 loss. */
  ca_state: number
  /** Unanswered retransmissions of the oldest segment. */
  retransmits: number
  /** Unanswered window or keep-alive probes. */
  probes: number
  /** Doublings of the retransmission timeout. */
  backoff: number
  /** Negotiated: 1 timestamps, 2 SACK, 4 window scale, 8 ECN, 16 ECN seen, 32 data in SYN, 64 usec timestamps. */
  options: number
  /** Window scale of the peer, a shift. */
  snd_wscale: number
  /** Our window scale, a shift. */
  rcv_wscale: number
  /** 1 when the delivery rate was limited by the program. */
  delivery_rate_app_limited: number
  /** Why fast open failed, 0 to 3. */
  fastopen_client_fail: number
  /** Retransmission timeout, microseconds. */
  rto: number
  /** Delayed acknowledgement timeout, microseconds. */
  ato: number
  /** Maximum segment size for sending, bytes. */
  snd_mss: number
  /** Maximum segment size for receiving, bytes. */
  rcv_mss: number
  /** Segments sent and not acknowledged; on a listener the connections that wait for accept. */
  unacked: number
  /** Segments acknowledged selectively; on a listener its backlog. */
  sacked: number
  /** Segments considered lost. */
  lost: number
  /** Segments retransmitted and not acknowledged. */
  retrans: number
  /** Unused since Linux 4.15. */
  fackets: number
  /** Milliseconds since data was sent. */
  last_data_sent: number
  /** Not set by Linux. */
  last_ack_sent: number
  /** Milliseconds since data arrived. */
  last_data_recv: number
  /** Milliseconds since an acknowledgement arrived. */
  last_ack_recv: number
  /** Path MTU, bytes. */
  pmtu: number
  /** Slow-start threshold of the receive window, bytes. */
  rcv_ssthresh: number
  /** Smoothed round-trip time, microseconds. */
  rtt: number
  /** Variation of the round-trip time, microseconds. */
  rttvar: number
  /** Slow-start threshold, segments. */
  snd_ssthresh: number
  /** Congestion window, segments. */
  snd_cwnd: number
  /** Advertised maximum segment size, bytes. */
  advmss: number
  /** Reordering distance, segments. */
  reordering: number
  /** Round-trip time as the receiver measures it, microseconds. */
  rcv_rtt: number
  /** Space for receiving, bytes. */
  rcv_space: number
  /** Retransmits of the whole connection, segments. */
  total_retrans: number
  /** Pacing rate, bytes per second. */
  pacing_rate?: number
  /** Limit of the pacing rate, bytes per second. */
  max_pacing_rate?: number
  /** Bytes that the peer acknowledged. */
  bytes_acked?: number
  /** Bytes that arrived and were acknowledged. */
  bytes_received?: number
  /** Segments sent. */
  segs_out?: number
  /** Segments that arrived. */
  segs_in?: number
  /** Bytes in the send buffer that were never sent. */
  notsent_bytes?: number
  /** Least round-trip time, microseconds. */
  min_rtt?: number
  /** Segments with data that arrived. */
  data_segs_in?: number
  /** Segments with data that were sent. */
  data_segs_out?: number
  /** Delivery rate, bytes per second. */
  delivery_rate?: number
  /** Time busy with sending, microseconds. */
  busy_time?: number
  /** Time limited by the peer's window, microseconds. */
  rwnd_limited?: number
  /** Time limited by the send buffer, microseconds. */
  sndbuf_limited?: number
  /** Segments delivered. */
  delivered?: number
  /** Segments delivered with a congestion mark. */
  delivered_ce?: number
  /** Bytes sent, retransmits included. */
  bytes_sent?: number
  /** Bytes retransmitted. */
  bytes_retrans?: number
  /** Duplicate selective acknowledgements. */
  dsack_dups?: number
  /** Reorderings seen. */
  reord_seen?: number
  /** Segments that arrived out of order. */
  rcv_ooopack?: number
  /** The peer's window, bytes. */
  snd_wnd?: number
  /** Our window, bytes. */
  rcv_wnd?: number
  /** Times that the flow was hashed to another path. */
  rehash?: number
  /** Retransmission timeouts. */
  total_rto?: number
  /** Recoveries from retransmission timeouts. */
  total_rto_recoveries?: number
  /** Time spent in such recoveries, milliseconds. */
  total_rto_time?: number
  /** Segments that arrived with a congestion mark. */
  received_ce?: number
  /** Bytes with the mark ECT(1) that the peer reports as received (accurate ECN). */
  delivered_e1_bytes?: number
  /** Bytes with the mark ECT(0) that the peer reports as received. */
  delivered_e0_bytes?: number
  /** Bytes with a congestion mark that the peer reports as received. */
  delivered_ce_bytes?: number
  /** Bytes received with the mark ECT(1). */
  received_e1_bytes?: number
  /** Bytes received with the mark ECT(0). */
  received_e0_bytes?: number
  /** Bytes received with a congestion mark. */
  received_ce_bytes?: number
}
