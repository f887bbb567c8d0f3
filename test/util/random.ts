/** Numbers that look random and are the same for the same seed (mulberry32), so that a failure can be run again. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** A seed of the day, or the one of the environment: say it with a failure. */
export function freshSeed(): number {
  return Number(process.env['BERKELEY_SEED'] ?? Date.now() % 2 ** 31)
}
