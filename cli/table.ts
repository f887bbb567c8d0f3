/** Rows as a table with a head: columns are as wide as they need to be, those of numbers are flush right. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  paintHead: (text: string) => string,
): string {
  const all = [head, ...rows]
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)))
  const areNumbers = head.map((_, i) => rows.length > 0 && rows.every((row) => /^(-|[0-9.]+)?$/.test(row[i] ?? '')))
  const lineOf = (row: readonly string[]): string =>
    row
      .map((cell, i) => (areNumbers[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd()
  return [paintHead(lineOf(head)), ...rows.map(lineOf)].join('\n')
}
