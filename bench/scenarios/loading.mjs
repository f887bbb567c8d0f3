import { startPeers } from '../lib/peers.mjs'
import { units } from '../lib/scenario.mjs'
import { measureStarts } from '../lib/starts.mjs'

/** @type {import('../lib/scenario.mjs').Scenario} */
export default {
  name: 'loading',
  title: 'Loading: a program that imports the library and ends',
  unit: units.starts,
  tls: false,
  fresh: true,
  measure: measureStarts(() => 'loading'),
  peers: startPeers,
  cases: [{ name: 'from the start of Node', serve: 'idle', work: 'hold', lanes: 0, size: 0 }],
}
