// Mixed traffic for a long time, while memory, descriptors and deadlines are monitored.
import { figuresOf } from '../lib/programs.mjs'

/** The young generation of V8 grows when it likes; kept small, what grows is ours. */
const NODE_OPTIONS = ['--expose-gc', '--max-semi-space-size=2']

/** @type {import('../lib/record.mjs').Part} */
export const soak = {
  name: 'soak',
  title: 'streams, datagrams, TLS, passed descriptors and deadlines at the same time, for hours',
  seconds: { short: 180, long: 7200 },
  run: ({ long, seconds }) => figuresOf({ path: 'soak/soak', long, seconds, nodeOptions: NODE_OPTIONS }),
}
