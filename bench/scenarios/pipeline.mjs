import { pipelinePeers } from '../lib/peers.mjs'
import { units } from '../lib/scenario.mjs'

const PIECE = 65_536

/** @type {import('../lib/scenario.mjs').Scenario} */
export default {
  name: 'pipeline',
  title: 'Node streams: pipeline() from one connection to another',
  unit: units.megabytes,
  tls: false,
  peers: pipelinePeers,
  cases: [{ name: '1 pair of connections', serve: 'pipeline', work: 'through', lanes: 2, size: PIECE }],
}
