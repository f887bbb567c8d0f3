import { discardingLoad } from '../lib/native.mjs'
import { filePeers } from '../lib/passing-peers.mjs'
import { units } from '../lib/scenario.mjs'

/** Sent again and again. The page cache does not know a larger file from this one, and no CPU cache holds it. */
const MEBIBYTES = 128

/** @type {import('../lib/scenario.mjs').Scenario} */
export default {
  name: 'sendfile',
  title: `sendfile: a file of ${MEBIBYTES} MiB in the page cache, over TCP`,
  unit: units.megabytes,
  tls: false,
  file: MEBIBYTES,
  load: discardingLoad,
  peers: filePeers,
  cases: [{ name: '1 connection', serve: 'source', work: 'receive', lanes: 1, size: 1_048_576 }],
}
