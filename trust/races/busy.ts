// What a worker does that is going to be ended at any point: calls of every kind begin, come through and are closed, without end.
import { setTimeout as pause } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { randomFrom } from '../../test/util/index.js'
import { Bed } from './bed.js'
import { moment } from './moments.js'
import { BRINGS_NUMBER, pending } from './pending.js'

/** How it ends: from outside, or by itself after so many milliseconds. */
export interface Orders {
  readonly seed: number
  readonly way: 'terminate' | 'exit' | 'throw'
  readonly after: number
}

const LANES = 6
const { seed, way, after } = workerData as Orders
const random = randomFrom(seed)
const names = Object.keys(pending)

async function once(): Promise<void> {
  const bed = new Bed()
  const name = names[random(names.length)] as string
  const waiting = await (pending[name] as NonNullable<(typeof pending)[string]>)(bed)
  waiting.call().catch(() => {})
  await moment(random)
  // A descriptor that is the caller's would be left open by a worker that ends before it has closed it.
  const completing =
    !BRINGS_NUMBER.has(name) && random(2) === 0 ? Promise.resolve(waiting.complete?.()).catch(() => {}) : undefined
  await moment(random)
  // Some are left as they are, for the end of the worker to close.
  if (random(8) === 0) return
  await waiting.sock.close().catch(() => {})
  await bed.close().catch(() => {})
  await completing
}

async function lane(): Promise<never> {
  for (;;) await once()
}

parentPort?.postMessage('ready')
for (let i = 0; i < LANES; i++) void lane()
if (way !== 'terminate') {
  await pause(after)
  if (way === 'exit') process.exit(0)
  throw new Error('on purpose')
}
