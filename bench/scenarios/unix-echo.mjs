import { echoPeers } from '../lib/peers.mjs'
import { connections, units } from '../lib/scenario.mjs'

const LANES = 64

/** @type {import('../lib/scenario.mjs').Scenario} */
export default {
  name: 'unix-echo',
  title: 'Unix stream sockets: round trips of 64 bytes',
  unit: units.roundTrips,
  tls: false,
  unix: true,
  peers: echoPeers,
  cases: [{ name: connections(LANES), serve: 'echo', work: 'echo', lanes: LANES, size: 64 }],
}
