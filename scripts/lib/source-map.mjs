// Source maps (version 3): lists of segments in a base-64 variant, each relative to the one before. See ECMA-426.

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** @param {string} segment @returns {number[]} */
function decode(segment) {
  const values = []
  let [value, shift] = [0, 0]
  for (const letter of segment) {
    const digit = DIGITS.indexOf(letter)
    value |= (digit & 31) << shift
    shift += 5
    if (digit & 32) continue
    values.push(value & 1 ? -(value >> 1) : value >> 1)
    value = shift = 0
  }
  return values
}

/** @param {number} value */
function encode(value) {
  let rest = value < 0 ? (-value << 1) | 1 : value << 1
  let text = ''
  do {
    text += DIGITS[(rest & 31) | (rest > 31 ? 32 : 0)]
    rest >>>= 5
  } while (rest > 0)
  return text
}

/**
 * Leaves of a map what tells file and line: of each line the first segment. It is a seventh of the whole.
 * @param {string} json a map that esbuild made
 */
export function linesOnly(json) {
  const map = JSON.parse(json)
  // Of the source, the line and the column: where the last segment was, in the map that is read and in the one that is written.
  const read = [0, 0, 0]
  const written = [0, 0, 0]
  const lines = map.mappings.split(';').map((/** @type {string} */ line) => {
    let first = ''
    for (const [index, segment] of line.split(',').filter(Boolean).entries()) {
      const [column = 0, ...place] = decode(segment)
      for (const i of read.keys()) read[i] = (read[i] ?? 0) + (place[i] ?? 0)
      if (index > 0 || place.length < read.length) continue
      first = [column, ...read.map((value, i) => value - (written[i] ?? 0))].map(encode).join('')
      written.splice(0, written.length, ...read)
    }
    return first
  })
  return JSON.stringify({ ...map, names: [], mappings: lines.join(';') })
}
