import type { Reporter } from './reporter.js'

/** What went which way, and since when. */
export class Traffic {
  readonly #begin = process.hrtime.bigint()
  /** Bytes that were received. */
  received = 0
  /** Bytes that were sent. */
  sent = 0
  /** Connections that there were. */
  connections = 0

  /** The last line. */
  summary(report: Reporter, always: boolean): void {
    const seconds = Number((process.hrtime.bigint() - this.#begin) / 1_000_000n) / 1000
    const { connections, received, sent } = this
    const text = `${connections} ${connections === 1 ? 'connection' : 'connections'}, ${bytes(received)} received, ${bytes(sent)} sent, ${seconds.toFixed(1)} s`
    const fields = { connections, received, sent, seconds }
    if (always) report.notice('summary', text, fields)
    else report.detail('summary', text, fields)
  }
}

/** A count of bytes as people read it. */
export function bytes(count: number): string {
  if (count < 10_000) return `${count} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  let value = count
  let unit = 'B'
  for (const next of units) {
    if (value < 1000) break
    value /= 1000
    unit = next
  }
  return `${value.toPrecision(3)} ${unit}`
}
