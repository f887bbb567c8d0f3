// Stress tests for races: reused descriptor numbers; close(), deadlines and aborts during calls; exits of workers and processes; garbage
// collection.
import { figuresOfAll } from '../lib/programs.mjs'

/** Reaching its goal takes some minutes; a machine with other work may need more. */
const LIMIT_S = 2 * 3600

const PROGRAMS = [
  { path: 'races/churn', share: 11 },
  { path: 'races/closes', share: 9 },
  { path: 'races/limits', share: 6 },
  { path: 'races/queues', share: 6 },
  { path: 'races/workers', share: 8 },
  { path: 'races/gc', share: 3, nodeOptions: ['--expose-gc'] },
  { path: 'races/exits', share: 8 },
]

/** @type {import('../lib/record.mjs').Part} */
export const races = {
  name: 'races',
  title:
    'reused descriptor numbers; queues of calls; close(), deadlines, garbage collection, and exits of workers and processes at random moments',
  seconds: { short: 45, long: 1800 },
  run: (effort) =>
    figuresOfAll(
      effort,
      PROGRAMS.map((one) => (effort.long ? { ...one, limit: LIMIT_S } : one)),
    ),
}
