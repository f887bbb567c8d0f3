import { descriptorLoad, descriptorPeers } from '../lib/passing-peers.mjs'
import { units } from '../lib/scenario.mjs'

const each = /** @type {const} */ ({ lanes: 1, size: 1 })

/** @type {import('../lib/scenario.mjs').Scenario} */
export default {
  name: 'fd-passing',
  title: 'Descriptors passed over a unix stream',
  unit: units.descriptors,
  tls: false,
  unix: true,
  load: descriptorLoad,
  peers: descriptorPeers,
  cases: [
    { name: 'the server receives and closes', serve: 'sink', work: 'send', ...each },
    { name: 'the server sends', serve: 'source', work: 'receive', ...each },
  ],
}
