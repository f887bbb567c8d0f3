import { tlsPeers } from '../lib/peers.mjs'
import { units } from '../lib/scenario.mjs'

const PIECE = 65_536

/** @type {import('../lib/scenario.mjs').Scenario} */
export default {
  name: 'tls-bulk',
  title: 'TLS 1.3: throughput of one connection',
  unit: units.megabytes,
  tls: true,
  peers: tlsPeers,
  cases: [
    { name: 'the server receives', serve: 'sink', work: 'send', lanes: 1, size: PIECE },
    { name: 'the server sends', serve: 'source', work: 'receive', lanes: 1, size: PIECE },
  ],
}
