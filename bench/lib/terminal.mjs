// What the terminal shows: one line that says where the run is, and a table for each case.
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
export const column = (peer, key) => peer.samples.map((sample) => sample[key])

/** Of a load that does not answer, such as one that only sends, there is no latency. */
const latency = (/** @type {number} */ value) => (value > 0 ? figure(value) : '–')

/** @param {Measured} peer @param {Measured | undefined} base @returns {string[]} */
function row(peer, base) {
  const middle = (/** @type {keyof Sample} */ key) => spread(column(peer, key)).median
  const ratio = (/** @type {'rate' | 'cost'} */ key) =>
    base === undefined || base === peer ? '1' : withRange(ratios(column(peer, key), column(base, key)))
  const busy = middle('busy')
  const disturbed = middle('disturbed')
  const mark = disturbed > DISTURBED ? '!' : busy < SATURATED ? '*' : ' '
  return [
    peer.name,
    `${figure(middle('rate'))} ${mark}`,
    ratio('rate'),
    figure(middle('cost')),
    ratio('cost'),
    `${(busy * 100).toFixed(0)} %`,
    latency(middle('p50')),
    latency(middle('p99')),
  ]
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
  const { unit } = scenario
  const base = peers[0]
  const of = `of ${base?.name.split(',')[0] ?? 'the first'}`
  const head = ['', `${unit.rate}  `, of, `CPU µs per ${unit.per}`, of, 'busy', 'p50 µs', 'p99 µs']
  const rows = peers.map((peer) => row(peer, base))
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
