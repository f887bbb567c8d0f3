/** The fault shim, as programs use it: trust/shim/build.mjs builds it and names it in the environment. */
import { createRequire } from 'node:module'
import { sys } from '#internal/constants/lookup.js'

/** See trust/shim/control.c. */
interface Control {
  readonly calls: Readonly<Record<string, number>>
  attach(path: string): number
  plan(
    call: number,
    action: number,
    result: number,
    error: number,
    limit: number,
    from: number,
    times: number,
    fd: number,
  ): void
  chance(call: number, kinds: number, perMillion: number): void
  seed(seed: number): void
  clear(): void
  seen(call: number): number
  done(call: number): number
}

/** Numbers of trust/shim/shim.h. */
const ACTIONS = { fail: 1, after: 2, shorten: 3, answer: 4 } as const

/** Kinds of faults at random, to be OR-ed. */
export const INTERRUPTED = 1
export const NOT_NOW = 2
export const SHORT = 4

/** What goes wrong with a call. */
export interface Fault {
  /** `fail`: it is not made; `after`: it is made, and fails all the same; `shorten`; `answer`: its callback is told a status. */
  readonly action: keyof typeof ACTIONS
  /** What it answers, -1 unless said otherwise. */
  readonly result?: number
  /** The name of an errno that it leaves behind. */
  readonly error?: string
  /** The count that it is shortened to. */
  readonly limit?: number
  /** The first occurrence that it is about, and how many follow: 1 and 1 unless said otherwise. */
  readonly from?: number
  readonly times?: number
  /** Only calls whose first argument this is count; all, when it is absent. */
  readonly fd?: number | undefined
}

const require = createRequire(import.meta.url)

function load(): Control {
  const path = process.env['BERKELEY_SHIM']
  if (path) return require(path) as Control
  throw new Error('BERKELEY_SHIM names no fault shim: run this by npm run trust -- faults')
}

const control = load()

/** What can be made to fail. */
export type CallName = string

function numberOf(call: CallName): number {
  const number = control.calls[call]
  if (number === undefined) throw new Error(`the shim knows no call ${call}: trust/shim/calls.def lists them`)
  return number
}

const attached = new Set<string>()

/** Puts the shim into every addon that is loaded by now: again, after TLS was used for the first time. */
export function attach(): void {
  const own = process.env['BERKELEY_SHIM']
  for (const path of Object.keys(require.cache)) {
    if (!path.endsWith('.node') || path === own || attached.has(path)) continue
    if (control.attach(path) <= 0) throw new Error(`the shim found nothing to stand in for in ${path}`)
    attached.add(path)
  }
  if (attached.size === 0) throw new Error('no addon is loaded yet')
}

/** Plans a fault; it takes the place of one that was planned for the same call. */
export function plan(call: CallName, fault: Fault): void {
  const { action, result = -1, error, limit = 0, from = 1, times = 1, fd = -1 } = fault
  const errno = error === undefined ? 0 : (sys as Record<string, number>)[error]
  if (errno === undefined) throw new Error(`there is no errno ${error}`)
  control.plan(numberOf(call), ACTIONS[action], result, errno, limit, from, times, fd)
}

/** Faults at random from now on, of these kinds, in so many of a million calls. */
export function chance(call: CallName, kinds: number, perMillion: number): void {
  control.chance(numberOf(call), kinds, perMillion)
}

/** The numbers that chance draws are the same for the same seed. */
export const seed = (number: number): void => control.seed(number)

/** No faults any more, and none counted. */
export const clear = (): void => control.clear()

/** How often the call was made since a fault was planned for it. */
export const seen = (call: CallName): number => control.seen(numberOf(call))

/** How many faults the call had. */
export const done = (call: CallName): number => control.done(numberOf(call))

/** How many faults all calls had. */
export const allDone = (): number => Object.values(control.calls).reduce((sum, call) => sum + control.done(call), 0)
