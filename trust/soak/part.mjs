// Everything at once for a long time, while memory, descriptors and deadlines are watched.
import { figuresOf } from '../lib/programs.mjs'

/** The young generation of V8 grows when it likes; kept small, what grows is ours. */
const NODE_OPTIONS = ['--expose-gc', '--max-semi-space-size=2']

/** @type {import('../lib/record.mjs').Part} */
export const soak = {
  name: 'soak',
  title: 'conversations, datagrams, TLS, passed descriptors and deadlines, all at once and for long',
  seconds: { short: 180, long: 7200 },
  run: ({ long, seconds }) => figuresOf({ path: 'soak/soak', long, seconds, nodeOptions: NODE_OPTIONS }),
}
