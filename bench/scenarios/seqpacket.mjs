import { messageLoad, seqpacketPeers } from '../lib/message-peers.mjs'
import { connections, units } from '../lib/scenario.mjs'

const LANES = 64

/** @type {import('../lib/scenario.mjs').Scenario} */
export default {
  name: 'seqpacket',
  title: 'Seqpackets: round trips of 64 bytes',
  unit: units.roundTrips,
  tls: false,
  unix: true,
  load: () => messageLoad('seqpacket'),
  peers: seqpacketPeers,
  cases: [{ name: connections(LANES), serve: 'echo', work: 'echo', lanes: LANES, size: 64 }],
}
