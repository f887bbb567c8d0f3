import { tlsEchoPeers } from '../lib/peers.mjs'
import { connections, units } from '../lib/scenario.mjs'

/** @type {import('../lib/scenario.mjs').Scenario} */
export default {
  name: 'tls-echo',
  title: 'TLS 1.3: round trips of 64 bytes',
  unit: units.roundTrips,
  tls: true,
  peers: tlsEchoPeers,
  cases: [1, 64].map((lanes) => ({ name: connections(lanes), serve: 'echo', work: 'echo', lanes, size: 64 })),
}
