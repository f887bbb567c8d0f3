/** How many letters have to be changed, added, removed, or exchanged with their neighbour, to make one word of another. */
function distance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const areExchanged = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const exchanged = areExchanged ? (before[j - 2] ?? 0) + 1 : changed
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, changed, exchanged))
    }
    before = row
    row = next
  }
  return row.at(-1) ?? 0
}

/** Of known words that which is meant, probably: it begins as the given one does, or differs in a letter or two. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const given = word.slice(0, 40)
  const far = (one: string): number => (given !== '' && one.startsWith(given) ? 0.5 : distance(given, one))
  const [best] = known.map((one) => ({ one, far: far(one) })).sort((a, b) => a.far - b.far)
  return best && best.far <= Math.max(1, Math.floor(best.one.length / 3)) ? best.one : undefined
}

/** The end of a message about an unknown word: the nearest known one, or all. */
export function suggestion(word: string, known: readonly string[]): string {
  const meant = nearest(word, known)
  return meant === undefined ? `; known are ${known.join(', ')}` : `; did you mean ${meant}?`
}
