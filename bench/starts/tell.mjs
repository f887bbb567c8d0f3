// What a program that has loaded something tells of itself: node PROGRAM WHAT.
import { readdirSync, readFileSync } from 'node:fs'

/** Microseconds of CPU time since the process began, all threads. Taken first: what follows costs some, too. */
const { user, system } = process.cpuUsage()

const count = (/** @type {string} */ folder) => readdirSync(`/proc/self/${folder}`).length

/** KiB of memory that no file is behind. */
function memory() {
  globalThis.gc?.()
  const kib = /^RssAnon:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  return Number(kib)
}

/** @type {Record<string, () => number>} */
const answers = {
  loading: () => (user + system) / 1000,
  memory,
  descriptors: () => count('fd'),
  threads: () => count('task'),
}
const answer = answers[process.argv[2] ?? '']
if (answer === undefined) throw new Error(`this program tells of ${Object.keys(answers).join(', ')}`)
process.stdout.write(`${JSON.stringify({ value: answer() })}\n`)
