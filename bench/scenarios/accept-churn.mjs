import { streamPeers } from '../lib/peers.mjs'
import { units } from '../lib/scenario.mjs'

const LANES = 16

/** @type {import('../lib/scenario.mjs').Scenario} */
export default {
  name: 'accept-churn',
  title: `TCP: the server accepts, answers one byte and closes; ${LANES} at a time`,
  unit: units.connections,
  tls: false,
  peers: streamPeers,
  cases: [{ name: 'each connection anew', serve: 'answer', work: 'visit', lanes: LANES, size: 1 }],
}
