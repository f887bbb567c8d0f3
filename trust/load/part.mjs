// Very many connections, idle sockets, peers that do not read, no free descriptor, a listening socket that is handed over.

import { Failure, which } from '../../scripts/lib/run.mjs'
import { figuresOfAll } from '../lib/programs.mjs'

const LIMIT_S = 2 * 3600

/** More than Node and the program need, and soon used up. */
const FEW_DESCRIPTORS = ['prlimit', '--nofile=100:100']

const PROGRAMS = [
  { path: 'load/connections', share: 14 },
  { path: 'load/exhausted', share: 6, wrapper: FEW_DESCRIPTORS },
  { path: 'load/idle', share: 8 },
  { path: 'load/senders', share: 8 },
  { path: 'load/stalled', share: 8 },
  { path: 'load/handover', share: 14 },
]

/** @type {import('../lib/record.mjs').Part} */
export const load = {
  name: 'load',
  title:
    'many connections, many senders on one socket, idle sockets, stalled readers, no free descriptor, a listening socket that is handed over',
  seconds: { short: 50, long: 600 },
  run(effort) {
    if (!which('prlimit')) throw new Failure('load: prlimit is not installed (util-linux)')
    return figuresOfAll(
      effort,
      PROGRAMS.map((one) => (effort.long ? { ...one, limit: LIMIT_S } : one)),
    )
  },
}
