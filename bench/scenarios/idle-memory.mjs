import { memoryPeers } from '../lib/peers.mjs'
import { connections, units } from '../lib/scenario.mjs'

const LANES = 10_000

/** @type {import('../lib/scenario.mjs').Scenario} */
export default {
  name: 'idle-memory',
  title: 'TCP: memory of the server for each idle connection',
  unit: units.memory,
  tls: false,
  // Memory that a server has given back to its allocator would serve the next round.
  fresh: true,
  peers: memoryPeers,
  cases: [{ name: connections(LANES), serve: 'idle', work: 'hold', lanes: LANES, size: 1 }],
}
