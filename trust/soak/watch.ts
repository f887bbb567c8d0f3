// What is watched while everything runs: memory, descriptors, and how late the event loop is.
import { countFds } from '../../test/util/index.js'

const BEAT_MS = 2
/** What was before that is not needed. */
const MEMORY_MS = 10_000
const MB = 1 << 20
/** Of the time: until then caches fill, and V8 makes up its mind. */
const WARM_UP = 0.4
const SAMPLES = 120
const SHORTEST_MS = 250

const { gc } = globalThis as { gc?: () => void }

/** A timer that does nothing but come back: as late as it is, all others may be. */
export class Heart {
  #due = performance.now() + BEAT_MS
  readonly #late: { at: number; by: number }[] = []
  #timer: NodeJS.Timeout

  constructor() {
    this.#timer = setTimeout(() => this.#beat(), BEAT_MS)
  }

  #beat(): void {
    const now = performance.now()
    this.#late.push({ at: now, by: now - this.#due })
    while ((this.#late[0]?.at ?? now) < now - MEMORY_MS) this.#late.shift()
    // From the same moment: what comes between here and the next beat is a delay, too.
    this.#due = now + BEAT_MS
    this.#timer = setTimeout(() => this.#beat(), BEAT_MS)
  }

  /** How long the event loop kept all calls waiting since then, in milliseconds: one delay after the other, and the one of now. */
  delaySince(begin: number): number {
    const now = performance.now()
    let sum = Math.max(0, now - this.#due)
    for (let i = this.#late.length - 1; (this.#late[i]?.at ?? 0) >= begin; i--)
      sum += Math.max(0, this.#late[i]?.by ?? 0)
    return sum
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}

interface Sample {
  readonly at: number
  readonly rss: number
  readonly fds: number
}

/** Looks at the process from time to time. */
export class Meter {
  readonly #samples: Sample[] = []
  readonly #begin = performance.now()
  readonly #timer: NodeJS.Timeout

  constructor(seconds: number) {
    if (!gc) throw new Error('run it with --expose-gc')
    this.#timer = setInterval(() => this.#look(), Math.max(SHORTEST_MS, (seconds * 1000) / SAMPLES))
  }

  #look(): void {
    gc?.()
    const at = (performance.now() - this.#begin) / 1000
    this.#samples.push({ at, rss: process.memoryUsage.rss() / MB, fds: countFds() })
  }

  /** What memory grew by after the warm-up, in MB: by the line that fits best, over all of that time. */
  stop(): { growth: number; rss: number; fds: number; samples: number } {
    clearInterval(this.#timer)
    const last = this.#samples.at(-1)
    if (!last) throw new Error('there was no time for a sample')
    const warm = this.#samples.filter(({ at }) => at >= last.at * WARM_UP)
    return {
      growth: slope(warm) * (last.at - (warm[0]?.at ?? 0)),
      rss: last.rss,
      fds: Math.max(...warm.map(({ fds }) => fds)),
      samples: warm.length,
    }
  }
}

/** Least squares: MB a second. */
function slope(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length
  const [at, rss] = [mean((sample) => sample.at), mean((sample) => sample.rss)]
  const square = samples.reduce((sum, sample) => sum + (sample.at - at) ** 2, 0)
  return square === 0 ? 0 : samples.reduce((sum, sample) => sum + (sample.at - at) * (sample.rss - rss), 0) / square
}
