import { callPeers, measureCalls } from '../lib/calls.mjs'
import { units } from '../lib/scenario.mjs'

const CALLS = ['send', 'recv', 'recvinto', 'recvmsg', 'getsockname', 'getsockopt']

/** @type {import('../lib/scenario.mjs').Scenario} */
export default {
  name: 'calls',
  title: 'Calls that complete at once, in one process, with messages of 64 bytes',
  unit: units.calls,
  tls: false,
  fresh: true,
  measure: measureCalls,
  peers: callPeers,
  cases: CALLS.map((name) => ({ name, serve: 'sink', work: 'send', lanes: 1, size: 64 })),
}
