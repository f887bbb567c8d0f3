import { connectPeers } from '../lib/peers.mjs'
import { units } from '../lib/scenario.mjs'

const LANES = 16

/** @type {import('../lib/scenario.mjs').Scenario} */
export default {
  name: 'connect-churn',
  title: `TCP: the measured program connects, exchanges one byte and closes; ${LANES} at a time`,
  unit: units.connections,
  tls: false,
  peers: connectPeers,
  cases: [{ name: 'each connection anew', serve: 'connect', work: 'accept', lanes: LANES, size: 1 }],
}
