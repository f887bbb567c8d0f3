// Processes that end with a call under way, one of every kind: because nothing holds the event loop, by process.exit, by an exception, by
// a signal. Each ends at once, as it was told to, and says nothing of its own.
import { fileURLToPath } from 'node:url'
import { type Ending, randomFrom, run } from '../../test/util/index.js'
import { Bounds, type Figure, program, type Terms } from '../program.js'
import type { Random } from './moments.js'
import { pending } from './pending.js'

const LANES = 2
const PROGRAM = fileURLToPath(new URL('./leaver.js', import.meta.url))
const PATIENCE_MS = 30_000

/** Exit code, signal, and what standard error has to say. */
const WAYS: Readonly<Record<string, [code: number | null, signal: string | null, said: RegExp]>> = {
  loop: [0, null, /^$/],
  exit: [0, null, /^$/],
  throw: [1, null, /Error: on purpose/],
  signal: [null, 'SIGTERM', /^$/],
  handler: [0, null, /^$/],
}

type Case = [name: string, way: string]

/** All there are, in an order of their own for each seed. */
function shuffled(random: Random): Case[] {
  const cases = Object.keys(pending).flatMap((name) => Object.keys(WAYS).map((way): Case => [name, way]))
  return cases
    .map((one) => ({ one, key: random(2 ** 31) }))
    .sort((a, b) => a.key - b.key)
    .map(({ one }) => one)
}

function judge([name, way]: Case, { code, signal, stdout, stderr }: Ending): void {
  const [wantedCode, wantedSignal, said] = WAYS[way] as (typeof WAYS)[string]
  if (code === wantedCode && signal === wantedSignal && stdout === 'under way\n' && said.test(stderr)) return
  throw new Error(`${name}, ended by ${way}: code ${code}, signal ${signal}, and it said:\n${stdout}${stderr}`)
}

async function lane(cases: Case[], bounds: Bounds): Promise<void> {
  while (!bounds.over) {
    const one = cases.shift() as Case
    cases.push(one)
    const started = run(process.execPath, [PROGRAM, ...one], { patience: PATIENCE_MS })
    judge(
      one,
      await started.catch((error) => Promise.reject(new Error(`${one.join(', ended by ')}: ${error.message}`))),
    )
    bounds.count()
  }
}

async function main(terms: Terms): Promise<Figure[]> {
  const cases = shuffled(randomFrom(terms.seed))
  const bounds = new Bounds(terms, 3 * cases.length)
  const kinds = cases.length
  await Promise.all(Array.from({ length: LANES }, () => lane(cases, bounds)))
  return [
    ['processes ended during a call', bounds.done],
    ['combinations of calls and ways to exit', kinds],
  ]
}

await program(main)
