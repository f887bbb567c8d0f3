/**
 * One process of the fuzzing: `node main.js <calls|sequences> <seconds> <seed> [path]`. Batches of runs, each with a seed of its own, until
 * the time is over; then a line of figures. What is wrong ends it, with how to see that again. Calls make files in the current folder: it is
 * to be an empty one.
 */
import { writeSync } from 'node:fs'
import fc from 'fast-check'
import { type Call, Caller, calls } from './calls.js'
import { catalog } from './catalog.js'
import { leftOpen } from './leaks.js'
import { kinds, runSequence, steps } from './sequences.js'

const RUNS_OF_BATCH = 20
const CALLS_OF_RUN = 1000
const STEPS_OF_RUN = 40
const SHRINKING_MS = 20_000
const SEEDS = 2 ** 31

const [, , mode = '', seconds = '', seedText = '', place] = process.argv
const [path, replay] = place?.split('@') ?? []
const first = Number(seedText)
const end = performance.now() + Number(seconds) * 1000

// Stacks are for readers: with a path to see a failure again.
if (path === undefined) Error.stackTraceLimit = 0

const problems: string[] = []

/** Uncaught errors. Listeners and callbacks of a stream are ours: what they throw is for us to catch. */
function fallen(how: string, error: unknown): void {
  const { message, stack, code } = error as Error & { code?: unknown }
  const isOurs = String(code).startsWith('HOSTILE') || /^Class constructor/.test(message)
  if (!isOurs) problems.push(`${how}: ${message} ${stack}`)
}

process.on('unhandledRejection', (error) => fallen('unhandled rejection', error))
process.on('uncaughtException', (error) => fallen('uncaught', error))
process.on('warning', (warning: Error & { code?: string }) => {
  if (warning.code === 'BERKELEY_LOST_FD') problems.push(warning.message)
})

/** Says where it is, at once: the seed of a process that crashes is the last one. */
function say(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

const { entries, skipped } = catalog()
const caller = new Caller(entries)
if (process.env['BERKELEY_TRACE']) caller.trace = (call) => writeSync(2, `${shown(call)}\n`)
let sequences = 0

function shown({ place, slot, fresh, args }: Call): string {
  return `${place}(${args.join(', ')})${slot === null ? '' : ` on ${fresh ? 'a' : 'a perhaps closed'} ${slot}`}`
}

function refuse(faults: readonly string[]): void {
  const all = [...faults, ...problems.splice(0)]
  if (all.length > 0) throw new Error(all.join('\n'))
}

const ofCalls = fc.asyncProperty(calls(entries, CALLS_OF_RUN), async (all) => refuse(await caller.run(all)))

const ofSequences = fc.asyncProperty(kinds, steps(STEPS_OF_RUN, replay), async (kind, sequence) => {
  sequences++
  const left = await leftOpen(() => runSequence(kind, sequence))
  refuse(left.map((fd) => `left open: ${fd}`))
})

function counterexample(values: readonly unknown[] | null): unknown {
  const [first, second] = values ?? []
  return Array.isArray(first) ? first.map(shown) : `${String(first)}: ${String(second)}`
}

async function batch<T>(property: fc.IAsyncProperty<T>, seed: number, from: string | undefined): Promise<void> {
  say({ seed })
  const bounds = { numRuns: RUNS_OF_BATCH, interruptAfterTimeLimit: end - performance.now() + SHRINKING_MS }
  const result = await fc.check(property, { seed, ...bounds, ...(from === undefined ? {} : { path: from }) })
  if (!result.failed) return
  const { errorInstance: error, counterexamplePath } = result
  const what = error instanceof Error ? error.message : String(error)
  const calls = counterexample(result.counterexample as readonly unknown[] | null)
  const [, steps] = /replayPath="([^"]+)"/.exec(String(calls)) ?? []
  say({ failed: { seed, path: [counterexamplePath, steps].filter(Boolean).join('@'), calls, what } })
  process.exit(1)
}

for (let i = 0; i === 0 || performance.now() < end; i++) {
  const [seed, from] = [(first + i) % SEEDS, i === 0 ? path : undefined]
  if (mode === 'sequences') await batch(ofSequences, seed, from)
  else await batch(ofCalls, seed, from)
}
const { count, called } = caller
say({ figures: { calls: count, covered: called.size, all: entries.length, skipped: skipped.length, sequences } })
process.exit(0)
