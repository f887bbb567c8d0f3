// What the terminal shows: one line that says where the run is, and a table for each case.
import { costOf, measuresOf } from './scenario.mjs'
import { ratios, spread } from './statistics.mjs'

/** @typedef {import('./rounds.mjs').CaseResult} CaseResult */
/** @typedef {import('./rounds.mjs').Measured} Measured */
/** @typedef {import('./rounds.mjs').Sample} Sample */
/** @typedef {import('./scenario.mjs').Scenario} Scenario */

/** Below this share of busy time a server was waiting for the load: its rate says little, its cost says all. */
const SATURATED = 0.9
/** Above this share of time that something else had the CPU, a figure tells of that too. */
const DISTURBED = 0.05

/** What the marks beside a rate mean. */
const MARKS = {
  '*': 'the server had nothing to do for a part of the time: compare the CPU time',
  '!': 'other processes had the CPU for a part of the time: do not trust the rate',
}

/** @param {number} value */
export function figure(value) {
  if (!Number.isFinite(value)) return '–'
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** @param {import('./statistics.mjs').Spread} spread */
const withRange = ({ median, min, max }) => `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`

/** @param {Measured} peer @param {keyof Sample} key */
export const column = (peer, key) => peer.samples.map((sample) => sample[key] ?? Number.NaN)

/** Of a load that does not answer, such as one that only sends, there is no latency. */
const latency = (/** @type {number} */ value) => (value > 0 ? figure(value) : '–')

/** @param {Measured} peer @param {keyof Sample} key */
const middle = (peer, key) => spread(column(peer, key)).median

/** @param {Measured} peer */
function markOf(peer) {
  if (middle(peer, 'disturbed') > DISTURBED) return '!'
  return middle(peer, 'busy') < SATURATED ? '*' : ' '
}

/**
 * Medians, each with how it compares to that of the first peer.
 * @param {Scenario} scenario @param {Measured} peer @param {Measured | undefined} base @returns {string[]}
 */
function row({ unit }, peer, base) {
  const measures = measuresOf(unit).flatMap((key) => {
    const mark = key === 'rate' ? ` ${markOf(peer)}` : ''
    const compared = base === peer ? '1' : withRange(ratios(column(peer, key), column(base ?? peer, key)))
    return [`${figure(middle(peer, key))}${mark}`, compared]
  })
  if (unit.rate === undefined) return [peer.name, ...measures]
  const busy = `${(middle(peer, 'busy') * 100).toFixed(0)} %`
  return [peer.name, ...measures, busy, latency(middle(peer, 'p50')), latency(middle(peer, 'p99'))]
}

/** @param {Scenario} scenario @param {string} of the ratio to what @returns {string[]} */
function headOf({ unit }, of) {
  const cost = [costOf(unit), of]
  return unit.rate === undefined ? ['', ...cost] : ['', `${unit.rate}  `, of, ...cost, 'busy', 'p50 µs', 'p99 µs']
}

/** @param {readonly (readonly string[])[]} rows the first column is text, the others are numbers */
function aligned(rows) {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((cells) => cells[i]?.length ?? 0)))
  const pad = (/** @type {string} */ cell, /** @type {number} */ i) =>
    i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)
  return rows.map((cells) => `  ${cells.map(pad).join('  ')}`.trimEnd())
}

/**
 * @param {Scenario} scenario
 * @param {CaseResult} result
 * @returns {string}
 */
export function table(scenario, { name, peers, absent }) {
  const base = peers[0]
  const head = headOf(scenario, `of ${base?.name.split(',')[0] ?? 'the first'}`)
  const rows = peers.map((peer) => row(scenario, peer, base))
  const marks = Object.entries(MARKS).filter(([mark]) => rows.some((cells) => cells[1]?.endsWith(mark)))
  return [
    `\n${scenario.name}: ${scenario.title}, ${name}`,
    ...(rows.length > 0 ? aligned([head, ...rows]) : []),
    ...marks.map(([mark, meaning]) => `  ${mark} ${meaning}`),
    ...absent.map((peer) => `  ${peer.name}: missing: ${peer.reason}`),
    '',
  ].join('\n')
}

/** @param {number} milliseconds */
function remaining(milliseconds) {
  const seconds = Math.ceil(milliseconds / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/**
 * The line that says where the run is and how long it will take. Only a terminal has one.
 * @param {number} total how many measurements there will be
 */
export function progressLine(total) {
  const begin = performance.now()
  const isTerminal = process.stderr.isTTY
  let done = 0
  return {
    /** @param {string} where */
    show(where) {
      const left = done === 0 ? '' : `, ${remaining(((performance.now() - begin) / done) * (total - done))} left`
      done++
      if (isTerminal) process.stderr.write(`\r\x1b[K[${done}/${total}${left}] ${where}`)
    },
    clear() {
      if (isTerminal) process.stderr.write('\r\x1b[K')
    },
  }
}
