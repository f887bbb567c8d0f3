/** One case: a call fails at one occurrence with one error, and what comes of it is compared with the table. */
import { eventually, openFds, within } from '../../test/util/index.js'
import { AGAIN_CODE, type Fixture, type Row } from './row.js'
import * as shim from './shim.js'

/** Each step makes the call at least once, so that the last occurrence of the table is reached. */
const STEPS = 12
const OCCURRENCES = [1, 2, 10]
const PATIENCE_MS = 5000
/** How long the last descriptor of a case may take to be closed. */
const GRACE_MS = 1000

/** A row with one error and one occurrence. */
export interface Case {
  readonly row: Row
  /** The name of an errno, or a count that the call is shortened to. */
  readonly fault: string | number
  readonly occurrence: number
}

/** A thing that did not come as the table says; the message names the case. */
export class Deviation extends Error {}

export function casesOf(row: Row): Case[] {
  const faults = [...row.errors, ...(row.limits ?? [])]
  return faults.flatMap((fault) => (row.occurrences ?? OCCURRENCES).map((occurrence) => ({ row, fault, occurrence })))
}

export function nameOf({ row, fault, occurrence }: Case): string {
  const how = typeof fault === 'number' ? `shortened to ${fault}` : fault
  return `${row.what}: ${row.call} ${how}${row.action ? ` (${row.action})` : ''} at occurrence ${occurrence}`
}

function plan({ row, fault, occurrence }: Case, fd: number | undefined): void {
  if (typeof fault === 'number') shim.plan(row.call, { action: 'shorten', limit: fault, from: occurrence, fd })
  else
    shim.plan(row.call, {
      action: row.action ?? 'fail',
      result: row.result ?? -1,
      ...(row.silent ? {} : { error: fault }),
      from: occurrence,
      fd,
    })
}

interface Failure {
  readonly code?: unknown
  readonly syscall?: unknown
  readonly message?: string
  /** Those of others that came with it. */
  readonly also?: readonly Failure[]
}

/** What a step threw. */
interface Thrown {
  readonly step: number
  readonly error: Failure
}

async function stepsOf(fixture: Fixture, steps: number): Promise<Thrown[]> {
  const thrown: Thrown[] = []
  for (let step = 1; step <= steps; step++)
    try {
      await within(Promise.resolve(fixture.step(step)), `step ${step}`, PATIENCE_MS)
    } catch (error) {
      thrown.push({ step, error: error as Thrown['error'] })
    }
  return thrown
}

/** The code that the caller has to see, if any. */
function expected({ row, fault }: Case): string | undefined {
  if (typeof fault === 'number' || row.done?.includes(fault)) return undefined
  return row.again?.includes(fault) ? AGAIN_CODE : (row.code ?? fault)
}

const told = ({ step, error }: Thrown): string =>
  `step ${step}: ${String(error.code)} of ${String(error.syscall)} (${error.message ?? error})`

function isOf({ code, syscall: of }: Failure, syscall: string | RegExp): boolean {
  if (code === AGAIN_CODE) return true
  const name = String(of)
  return typeof syscall === 'string' ? name === syscall : syscall.test(name)
}

function compare(one: Case, thrown: readonly Thrown[]): void {
  const code = expected(one)
  const [first, ...rest] = thrown
  const what = thrown.map(told).join('; ') || 'nothing'
  if (code === undefined) {
    if (first) throw new Deviation(`nobody was to notice, but there was ${what}`)
    return
  }
  const failures = first ? [first.error, ...(first.error.also ?? [])] : []
  if (!failures.some((failure) => failure.code === code && isOf(failure, one.row.syscall)))
    throw new Deviation(`${code} of ${one.row.syscall} was to come, but there was ${what}`)
  if (one.row.final && first && rest.length !== (one.row.steps ?? STEPS) - first.step)
    throw new Deviation(`all that follows was to fail, but there was ${what}`)
  if (!one.row.final && rest.length > 0) throw new Deviation(`one step was to fail, but there was ${what}`)
}

/** Descriptors that were not there before, but for those that the event loop keeps. */
function opened(before: ReadonlyMap<number, string>): string[] {
  return [...openFds()]
    .filter(([fd, target]) => before.get(fd) !== target && !target.startsWith('anon_inode:'))
    .map(([fd, target]) => `${fd} (${target})`)
}

async function assertClosed(before: ReadonlyMap<number, string>): Promise<void> {
  if (opened(before).length === 0) return
  await eventually(() => opened(before).length === 0, 'closing', GRACE_MS).catch(() => {
    throw new Deviation(`left open: ${opened(before).join(', ')}`)
  })
}

async function underFault(one: Case, fixture: Fixture): Promise<void> {
  plan(one, fixture.fd)
  const thrown = await stepsOf(fixture, one.row.steps ?? STEPS)
  const done = shim.done(one.row.call)
  shim.clear()
  if (done !== 1) {
    const what = thrown.map(told).join('; ') || 'nothing'
    throw new Deviation(`there were ${done} faults instead of one, and what was thrown was ${what}`)
  }
  compare(one, thrown)
  await within(Promise.resolve(fixture.settle?.()), 'settling', PATIENCE_MS)
}

/** Runs a case. Throws a {@link Deviation} that names it. */
export async function run(one: Case): Promise<void> {
  const before = openFds()
  let failure: unknown
  try {
    const fixture = await one.row.open()
    try {
      await underFault(one, fixture)
    } finally {
      shim.clear()
      await within(Promise.resolve(fixture.close?.()), 'closing', PATIENCE_MS)
    }
    await assertClosed(before)
  } catch (error) {
    failure = error
  }
  shim.clear()
  if (failure) throw new Deviation(`${nameOf(one)}: ${(failure as Error).message}`, { cause: failure })
}
