import { httpPeers } from '../lib/peers.mjs'
import { connections, units } from '../lib/scenario.mjs'

/** @type {import('../lib/scenario.mjs').Scenario} */
export default {
  name: 'http',
  title: 'HTTP: hello world, connections that are kept alive',
  unit: units.requests,
  tls: false,
  peers: httpPeers,
  cases: [1, 64].map((lanes) => ({ name: connections(lanes), serve: 'http', work: 'request', lanes, size: 64 })),
}
