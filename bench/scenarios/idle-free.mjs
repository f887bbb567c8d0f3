import { startPeers } from '../lib/peers.mjs'
import { units } from '../lib/scenario.mjs'
import { measureStarts } from '../lib/starts.mjs'

/** What a program is to tell, and what that is called. */
const AMOUNTS = /** @type {const} */ ({
  memory: 'KiB of memory that no file is behind',
  descriptors: 'open descriptors',
  threads: 'threads',
})
const names = Object.entries(AMOUNTS)

/** @type {import('../lib/scenario.mjs').Scenario} */
export default {
  name: 'idle-free',
  title: 'Free when unused: what is there once the library is loaded, and no socket was made',
  unit: units.amounts,
  tls: false,
  fresh: true,
  measure: measureStarts(({ name }) => names.find(([, title]) => title === name)?.[0] ?? ''),
  peers: startPeers,
  cases: names.map(([, name]) => ({ name, serve: 'idle', work: 'hold', lanes: 0, size: 0 })),
}
