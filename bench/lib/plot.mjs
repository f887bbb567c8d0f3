// Draws the results of one scenario: for each case and peer a bar for each measure, how fast and at what cost, with the
// spread over the rounds. SVG by hand: a handful of rectangles needs no library.
import { measuresOf } from './scenario.mjs'
import { ratios } from './statistics.mjs'
import { column } from './terminal.mjs'

/** @typedef {import('./results.mjs').Results} Results */
/** @typedef {import('./rounds.mjs').CaseResult} CaseResult */
/** @typedef {import('./rounds.mjs').Measured} Measured */
/** @typedef {import('./statistics.mjs').Spread} Spread */
/** @typedef {{ key: 'rate' | 'cost', x: number, scale: number }} Panel */

const WIDTH = 860
const ROW = 24
const BAR = 14
const HEAD = 46
const CASE = 34
const LABELS = 190
const GAP = 60
const PANEL = (WIDTH - LABELS - 2 * GAP) / 2

/** Readable on light and on dark pages: an image does not know the colours of the page that shows it. */
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2937 }
  .head { font-weight: 600 }
  .small { font-size: 11px }
  .own { fill: #2563eb } .other { fill: #9ca3af } .base { fill: #6b7280 }
  line { stroke: #1f2937 } .one { stroke-dasharray: 3 3; opacity: .5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e5e7eb } line { stroke: #e5e7eb } .own { fill: #60a5fa } .other { fill: #6b7280 } .base { fill: #9ca3af }
  }`

/** @param {string} value */
const escaped = (value) => value.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`)

/** @param {number} value */
const at = (value) => String(Math.round(value * 10) / 10)

/** @param {number} x @param {number} y @param {string} content @param {string} [attributes] */
const text = (x, y, content, attributes = '') =>
  `<text x="${at(x)}" y="${at(y)}"${attributes && ` ${attributes}`}>${escaped(content)}</text>`

/** @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 @param {string} [kind] */
const line = (x1, y1, x2, y2, kind) =>
  `<line x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}"${kind ? ` class="${kind}"` : ''}/>`

/** @param {number} index @param {string} name */
const kindOf = (index, name) => (index === 0 ? 'base' : name.startsWith('berkeley') ? 'own' : 'other')

/** @param {Panel} panel @param {number} y the middle of the row @param {string} kind @param {Spread} spread */
function bar({ x, scale }, y, kind, { median, min, max }) {
  const end = x + Math.max(median, max) * scale
  return [
    `<rect class="${kind}" x="${at(x)}" y="${at(y - BAR / 2)}" width="${at(median * scale)}" height="${BAR}" rx="2"/>`,
    min < max ? line(x + min * scale, y, x + max * scale, y) : '',
    text(end + 6, y + 4, median.toFixed(2), 'class="small"'),
  ]
}

/** @param {CaseResult} result @param {'rate' | 'cost'} key @returns {Spread[]} of each peer to the first */
function ratiosOf({ peers }, key) {
  const base = peers[0]
  return base === undefined ? [] : peers.map((peer) => ratios(column(peer, key), column(base, key)))
}

/** One beside the other. @param {Results} results @returns {Panel[]} */
const panelsFor = ({ unit, cases }) =>
  measuresOf(unit).map((key, i) => {
    const most = Math.max(1, ...cases.flatMap((result) => ratiosOf(result, key).map(({ max }) => max)))
    return { key, x: LABELS + i * (PANEL + GAP), scale: PANEL / most }
  })

/** @param {CaseResult} result @param {number} top @param {readonly Panel[]} panels */
function drawCase(result, top, panels) {
  const spreads = panels.map(({ key }) => ratiosOf(result, key))
  const first = top + CASE
  const bottom = first + result.peers.length * ROW
  const rows = result.peers.flatMap(({ name }, i) => {
    const y = first + (i + 0.5) * ROW
    const kind = kindOf(i, name)
    const label = text(LABELS - 10, y + 4, name, 'text-anchor="end"')
    return [label, ...panels.flatMap((panel, j) => bar(panel, y, kind, /** @type {Spread} */ (spreads[j]?.[i])))]
  })
  const ones = panels.map(({ x, scale }) => line(x + scale, first, x + scale, bottom, 'one'))
  return [text(0, top + 22, result.name, 'class="head"'), ...rows, ...ones]
}

/** @param {CaseResult} result */
const heightOf = ({ peers }) => CASE + peers.length * ROW

/** @param {Results} results @param {readonly Panel[]} panels */
function heads({ unit, cases }, panels) {
  const one = `${cases[0]?.peers[0]?.name.split(',')[0] ?? 'the first'} is 1`
  return panels.flatMap(({ key, x }) => {
    const title = key === 'rate' ? (unit.rate ?? '') : (unit.cost ?? `CPU time of the server per ${unit.per}`)
    const better = key === 'rate' ? 'more' : 'less'
    return [text(x, 18, title, 'class="head"'), text(x, 34, `${one}; ${better} is better`, 'class="small"')]
  })
}

/** @param {Results} results @returns {string} */
export function plot(results) {
  const panels = panelsFor(results)
  const height = HEAD + results.cases.reduce((sum, result) => sum + heightOf(result), 0) + 10
  let top = HEAD
  const cases = results.cases.flatMap((result) => {
    const drawn = drawCase(result, top, panels)
    top += heightOf(result)
    return drawn
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    `<title>${escaped(results.title)}</title>`,
    `<style>${STYLE}</style>`,
    ...[...heads(results, panels), ...cases].filter(Boolean),
    '</svg>\n',
  ].join('\n')
}
