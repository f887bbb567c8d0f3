// The test suite with both addons under AddressSanitizer and UndefinedBehaviorSanitizer.

import { ASAN } from '../../scripts/lib/sanitizers.mjs'
import { sanitizedRun, suiteFigures } from '../lib/sanitized-run.mjs'

/** What parses, what has lengths and offsets, what holds memory across calls; nothing that a slow machine could make late. */
const SHORT = [
  ...['llsocket/sendmsg', 'llsocket/control', 'llsocket/address', 'llsocket/sendfile', 'llsocket/getifaddrs'],
  ...['unit/message', 'message/'],
  ...['options/lengths', 'dgram/sendmany', 'dgram/recvmany', 'dgram/pass-fd', 'stream/pass-fd', 'interop/keys'],
]

/** @type {import('../lib/record.mjs').Part} */
export const sanitizers = {
  name: 'sanitizers',
  title: 'the suite with both addons under AddressSanitizer and UndefinedBehaviorSanitizer',
  seconds: { short: 90, long: 1200 },
  run: ({ long }) => sanitizedRun(ASAN, ['overflow', 'undefined'], (env) => suiteFigures(long ? [] : SHORT, env)),
}
