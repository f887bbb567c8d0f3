// Moments that an event loop has, drawn at random.
import { stream } from 'berkeley'

export type Random = (below: number) => number

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function microtasks(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await undefined
}

/** Keeps the thread busy, so that several events come in one batch. */
function dawdle(microseconds: number): void {
  for (const end = performance.now() + microseconds / 1000; performance.now() < end; );
}

/** Waits for some moment: none at all, later in this turn, or some turns later. */
export async function moment(random: Random): Promise<void> {
  const kind = random(7)
  if (kind === 0) return
  if (kind === 1) await microtasks(1 + random(40))
  else if (kind === 2) await new Promise<void>((resolve) => process.nextTick(resolve))
  else if (kind === 3) for (let i = random(3); i >= 0; i--) await turn()
  else if (kind === 4) await new Promise((resolve) => setTimeout(resolve, random(3)))
  else dawdle(random(500))
}

/** Another call that comes through: `then` is run by its continuation, some microtasks behind it. */
export class Neighbour {
  readonly #a: stream.unix.Socket
  readonly #b: stream.unix.Socket

  private constructor([a, b]: [stream.unix.Socket, stream.unix.Socket]) {
    this.#a = a
    this.#b = b
  }

  static async create(): Promise<Neighbour> {
    return new Neighbour(await stream.unix.pair())
  }

  /** Waits for the end of a call of its own, which an event of the same batch may bring. */
  async event(random: Random): Promise<void> {
    const waiting = this.#a.recv()
    await this.#b.send('x')
    if (String(await waiting) !== 'x') throw new Error('a neighbour received something else')
    await microtasks(random(40))
  }

  async close(): Promise<void> {
    await this.#a.close()
    await this.#b.close()
  }
}
