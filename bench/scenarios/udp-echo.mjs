import { messageLoad, udpEchoPeers } from '../lib/message-peers.mjs'
import { units } from '../lib/scenario.mjs'

const LANES = 64

/** @type {import('../lib/scenario.mjs').Scenario} */
export default {
  name: 'udp-echo',
  title: `UDP: round trips, ${LANES} clients with one datagram in flight each`,
  unit: units.roundTrips,
  tls: false,
  load: () => messageLoad('datagram'),
  peers: udpEchoPeers,
  cases: [64, 1400].map((size) => ({ name: `${size} bytes`, serve: 'echo', work: 'echo', lanes: LANES, size })),
}
