import { tlsPeers } from '../lib/peers.mjs'
import { units } from '../lib/scenario.mjs'

const LANES = 16

/** Connect, shake hands, one byte there and back, close: the byte makes sure that the server has completed it too. */
const each = /** @type {const} */ ({ serve: 'echo', work: 'connect', lanes: LANES, size: 1 })

/** @type {import('../lib/scenario.mjs').Scenario} */
export default {
  name: 'tls-handshake',
  title: `TLS 1.3: connections with a round trip of one byte, ${LANES} at a time`,
  unit: units.handshakes,
  tls: true,
  peers: tlsPeers,
  cases: [
    { name: 'full', ...each },
    { name: 'resumed', ...each, resume: true },
  ],
}
