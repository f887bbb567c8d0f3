// What the programs that look for races, and those that bear load, have in common: their terms, their figures, their end.
import { once } from 'node:events'
import { createServer } from 'node:net'
import { eventually, openedSince, openFds } from '../test/util/index.js'

/** Something that was counted or measured. */
export type Figure = [what: string, value: string | number]

/** How much is wanted: a time box, or in the long form a goal that the program knows itself. */
export interface Terms {
  /** Of all that is left to chance. */
  readonly seed: number
  readonly seconds: number
  readonly long: boolean
}

/** Says when it is enough. */
export class Bounds {
  readonly #end: number
  readonly #goal: number | undefined
  #done = 0

  /** @param goal - how often in the long form, whatever time it takes; the short one ends with its time. */
  constructor({ seconds, long }: Terms, goal: number) {
    this.#end = performance.now() + seconds * 1000
    this.#goal = long ? goal : undefined
  }

  /** Counts what was done. */
  count(more = 1): void {
    this.#done += more
  }

  /** How much was done. */
  get done(): number {
    return this.#done
  }

  /** Whether it is enough. */
  get over(): boolean {
    return this.#goal === undefined ? performance.now() >= this.#end : this.#done >= this.#goal
  }
}

/** Closing takes a moment where another thread or a peer has a part in it. */
const CLOSING_MS = 20_000

/** libuv opens some things with the first stream and with the first child process, and keeps them. */
async function openMachinery(): Promise<void> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  await new Promise((closed) => server.close(closed))
  const ignore = (): void => {}
  process.on('SIGWINCH', ignore).off('SIGWINCH', ignore)
}

/** Fails for every descriptor that was opened by what it runs, and is still there. */
export async function leavesNoFdOpen<T>(act: () => Promise<T>): Promise<T> {
  await openMachinery()
  const before = openFds()
  const result = await act()
  try {
    await eventually(() => openedSince(before).length === 0, 'closing', CLOSING_MS)
  } catch {
    throw new Error(`left open: ${openedSince(before).join(', ')}`)
  }
  return result
}

/** A socket that was lost is closed, so that it would not be seen among the descriptors. */
function failForLost(warning: Error & { code?: string }): void {
  if (warning.code === 'BERKELEY_LOST_FD') throw warning
}

/**
 * Runs a program, prints its figures as the last line, and ends with 1 for what it throws.
 * @param loses - whether it loses sockets on purpose.
 */
export async function program(main: (terms: Terms) => Promise<Figure[]>, loses = false): Promise<void> {
  if (!loses) process.on('warning', failForLost)
  const terms = JSON.parse(process.argv[2] ?? '{}') as Terms
  try {
    process.stdout.write(`${JSON.stringify(await main(terms))}\n`)
  } catch (error) {
    console.error(error)
    process.exit(1)
  }
}
