import { messageLoad, udpBulkPeers } from '../lib/message-peers.mjs'
import { units } from '../lib/scenario.mjs'

/** Bursts in flight. */
const LANES = 4

/** @type {import('../lib/scenario.mjs').Scenario} */
export default {
  name: 'udp-receive',
  title: 'UDP receive: datagrams of 1400 bytes, an answer for each 32',
  unit: units.datagrams,
  tls: false,
  load: () => messageLoad('datagram'),
  peers: () => udpBulkPeers({ c: 'recvmmsg', one: 'recvfrom', many: 'recvmany', segments: 'GRO' }),
  cases: [{ name: 'at most 128 in flight', serve: 'sink', work: 'send', lanes: LANES, size: 1400 }],
}
