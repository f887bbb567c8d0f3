// Few rounds and no assumption about how they are spread: the median, and how far the others were from it.

/** @typedef {{ median: number, min: number, max: number }} Spread */

/** @param {readonly number[]} values @returns {Spread} */
export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (/** @type {number} */ index) => sorted[index] ?? Number.NaN
  const half = (sorted.length - 1) / 2
  return { median: (at(Math.floor(half)) + at(Math.ceil(half))) / 2, min: at(0), max: at(sorted.length - 1) }
}

/**
 * One to the other, round by round: what disturbed a whole round disturbs both, and cancels.
 * @param {readonly number[]} values
 * @param {readonly number[]} base of the same rounds
 */
export const ratios = (values, base) => spread(values.map((value, round) => value / (base[round] ?? Number.NaN)))
