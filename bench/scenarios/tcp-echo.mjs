import { tcpPeers } from '../lib/peers.mjs'
import { connections, units } from '../lib/scenario.mjs'

/** @type {import('../lib/scenario.mjs').Scenario} */
export default {
  name: 'tcp-echo',
  title: 'TCP: round trips of 64 bytes',
  unit: units.roundTrips,
  tls: false,
  peers: tcpPeers,
  cases: [1, 64, 500, 5000].map((lanes) => ({
    name: connections(lanes),
    serve: 'echo',
    work: 'echo',
    lanes,
    size: 64,
  })),
}
