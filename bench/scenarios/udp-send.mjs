import { messageLoad, udpBulkPeers } from '../lib/message-peers.mjs'
import { units } from '../lib/scenario.mjs'

/** Bursts in flight. */
const LANES = 4

/** @type {import('../lib/scenario.mjs').Scenario} */
export default {
  name: 'udp-send',
  title: 'UDP send: datagrams of 1400 bytes, 32 for each request',
  unit: units.datagrams,
  tls: false,
  load: () => messageLoad('datagram'),
  peers: () => udpBulkPeers({ c: 'sendmmsg', one: 'sendto', many: 'sendmany', segments: 'GSO' }),
  cases: [{ name: 'at most 128 in flight', serve: 'source', work: 'receive', lanes: LANES, size: 1400 }],
}
