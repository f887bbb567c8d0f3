import { bulkPeers } from '../lib/peers.mjs'
import { units } from '../lib/scenario.mjs'

const PIECE = 65_536

/** @type {import('../lib/scenario.mjs').Scenario} */
export default {
  name: 'tcp-bulk',
  title: 'TCP: throughput of one connection, in pieces of 64 KiB',
  unit: units.megabytes,
  tls: false,
  peers: bulkPeers,
  cases: [
    { name: 'the server receives (berkeley by recvinto)', serve: 'sink', work: 'send', lanes: 1, size: PIECE },
    { name: 'the server sends', serve: 'source', work: 'receive', lanes: 1, size: PIECE },
  ],
}
