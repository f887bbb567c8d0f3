// Workers that end at random points of their work: from outside, by exit, by an exception. Nothing of theirs stays open, nothing of
// anybody else's is closed, nothing crashes.
import { Worker } from 'node:worker_threads'
import { randomFrom, within } from '../../test/util/index.js'
import { Bounds, type Figure, leavesNoFdOpen, program, type Terms } from '../program.js'
import type { Orders } from './busy.js'
import { Neighbour, type Random } from './moments.js'

const LANES = 3
const WORKERS = 500
const PATIENCE_MS = 60_000
const LIFE_MS = 60
const WAYS = ['terminate', 'terminate', 'exit', 'throw'] as const

async function one(random: Random): Promise<void> {
  const orders: Orders = {
    seed: random(2 ** 31),
    way: WAYS[random(WAYS.length)] ?? 'terminate',
    after: random(LIFE_MS),
  }
  const worker = new Worker(new URL('./busy.js', import.meta.url), {
    workerData: orders,
    execArgv: [],
    stdout: true,
    stderr: true,
  })
  const errors: unknown[] = []
  worker.on('error', (error) => errors.push(error))
  const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  // A few are ended while they are still being loaded.
  const ready = new Promise((resolve) => worker.once('message', resolve))
  if (random(8) > 0) await Promise.race([ready, gone])
  if (orders.way === 'terminate') {
    await new Promise((resolve) => setTimeout(resolve, random(LIFE_MS)))
    await worker.terminate()
  }
  await within(gone, `the end of a worker by ${orders.way}`, PATIENCE_MS)
  const unexpected = errors.find((error) => (error as Error).message !== 'on purpose')
  if (unexpected) throw unexpected
}

/** Other sockets, on the same numbers. */
async function bystander(bounds: Bounds, random: Random): Promise<number> {
  let events = 0
  while (!bounds.over) {
    const neighbour = await Neighbour.create()
    for (let i = 0; i < 20; i++, events++) {
      await within(neighbour.event(random), 'an event of this thread', PATIENCE_MS)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await neighbour.close()
  }
  return events
}

async function lane(bounds: Bounds, random: Random): Promise<void> {
  while (!bounds.over) {
    await one(random)
    bounds.count()
  }
}

async function main(terms: Terms): Promise<Figure[]> {
  const random = randomFrom(terms.seed)
  const bounds = new Bounds(terms, WORKERS)
  await one(random) // opens what workers share, and the process keeps
  const [events] = await leavesNoFdOpen(() =>
    Promise.all([bystander(bounds, random), ...Array.from({ length: LANES }, () => lane(bounds, random))]),
  )
  return [
    ['workers terminated at random points', bounds.done],
    ['conversations of the main thread meanwhile', events],
  ]
}

await program(main)
