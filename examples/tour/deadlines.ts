// Step 9: deadlines. Calls of every kind wait in vain, all at the same time; each ends when its time is over, and what
// it waited for comes later and is whole.
import { everyone } from './everyone.js'
import { count, megabytes } from './figures.js'
import type { Screen } from './screen.js'
import { type Expiry, FullServer, IdleServer, SilentPeer, type Stalled } from './stalled.js'

const BUDGETS_MS = [20, 50, 100, 200]

/** The stalls, all of which are over at the end of the block that they were made in. */
class Stalls {
  private constructor(readonly all: readonly Stalled[]) {}

  static async create(): Promise<Stalls> {
    const kinds = [SilentPeer, IdleServer, FullServer]
    return new Stalls(await everyone(BUDGETS_MS.flatMap((budget) => kinds.map((kind) => kind.create(budget)))))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await everyone(this.all.map((stalled) => stalled[Symbol.asyncDispose]()))
  }
}

const VERBS = ['recv', 'send', 'accept', 'connect']

function show(expiries: readonly Expiry[], screen: Screen): void {
  const right = { align: 'right' } as const
  const late = (verb: string, budget: number): string =>
    expiries.find((each) => each.verb === verb && each.budget === budget)?.late.toFixed(1) ?? ''
  screen.line('milliseconds from the deadline to the TimeoutError:')
  screen.table(
    [{ title: 'after', ...right }, ...VERBS.map((title) => ({ title, ...right }))],
    BUDGETS_MS.map((budget) => [`${budget} ms`, ...VERBS.map((verb) => late(verb, budget))]),
  )
}

export const title = 'Deadlines: calls that wait in vain, and what comes later'

export async function run(screen: Screen): Promise<string> {
  await using stalls = await Stalls.create()
  const expiries = (await everyone(stalls.all.map((stalled) => stalled.expire()))).flat()
  show(expiries, screen)
  await everyone(stalls.all.map((stalled) => stalled.recover()))
  const sent = expiries.reduce((total, { bytes = 0 }) => total + bytes, 0)
  screen.line(`${megabytes(sent)} had been taken, as the errors of the sends said; then came the rest`)
  const latest = Math.max(...expiries.map(({ late }) => late))
  return `${count(expiries.length, 'call')}: none ended early, none over ${latest.toFixed(1)} ms late, nothing was lost`
}
