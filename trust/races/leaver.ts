// A process that ends with a call under way: which one, and how it ends, are its arguments.
import { Bed } from './bed.js'
import { pending } from './pending.js'

const TURNS = 5
const [name = '', way = ''] = process.argv.slice(2)

const ways: Readonly<Record<string, () => unknown>> = {
  // The call does not hold the event loop, so there is nothing left to do.
  loop: () => undefined,
  exit: () => process.exit(0),
  throw: () => {
    throw new Error('on purpose')
  },
  signal: () => process.kill(process.pid, 'SIGTERM'),
  handler: () => {
    process.once('SIGTERM', () => process.exit(0))
    process.kill(process.pid, 'SIGTERM')
    setTimeout(() => process.exit(9), 10_000)
  },
}

const bed = new Bed()
const waiting = await (pending[name] as NonNullable<(typeof pending)[string]>)(bed)
if (way === 'loop') waiting.sock.unref()
waiting.call().catch(() => {})
for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve))
console.log('under way')
setImmediate(ways[way] as () => void)
// What is lost would be closed, and warned of.
Object.assign(globalThis, { bed, waiting })
