import { messageLoad, unixDgramPeers } from '../lib/message-peers.mjs'
import { units } from '../lib/scenario.mjs'

/** A queue has room for ten datagrams by default (net.unix.max_dgram_qlen). */
const LANES = 8

/** @type {import('../lib/scenario.mjs').Scenario} */
export default {
  name: 'unix-dgram',
  title: 'Unix datagrams: round trips of 64 bytes',
  unit: units.roundTrips,
  tls: false,
  unix: true,
  load: () => messageLoad('datagram'),
  peers: unixDgramPeers,
  cases: [{ name: `${LANES} clients`, serve: 'echo', work: 'echo', lanes: LANES, size: 64 }],
}
