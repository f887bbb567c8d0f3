// Writes docs/performance.md: what was measured on what, the pictures, and the numbers behind them.
import { costOf, measuresOf } from './scenario.mjs'
import { ratios, spread } from './statistics.mjs'
import { column, figure } from './terminal.mjs'

/** @typedef {import('./results.mjs').Results} Results */
/** @typedef {import('./rounds.mjs').CaseResult} CaseResult */

const INTRODUCTION = `# Performance

Drawn by \`npm run bench:docs\` from the results of \`npm run bench\`; do not edit it.

Each picture compares servers that do the same work. The server runs on one CPU, a load generator in C on another. In each round
all are measured one after the other, in changing order, and each is divided by the first one, the program in C, of the same round.
A bar is the median of these ratios, the line on it reaches from the smallest to the largest. A rate says little where the server
had time left, as with one connection; the CPU time of the server for each operation holds in every case. "The server" is the
program that is measured: where connecting is measured, it is the one that connects.

The programs are in \`bench/servers\` and \`bench/native\`: the code that one would write, without tricks. berkeley receives by
\`recv()\`, which gives a Buffer each time, and in bulk over TCP by \`recvinto()\` into one of 64 KiB. Memory is what a server has more
for each connection that waits, with its garbage collected; the program in C keeps no buffer for such a one, and shows the floor.

Datagrams that go one way are sent in bursts of 32, each of which is answered or asked for; four are under way at a time. Calls are
measured in one process, without a server, by the CPU time of its thread; "Node-API, nothing" is a function that does nothing, and
what "await" costs contains the turns of the event loop that berkeley makes after each 64 verbs that did not wait.

With TLS all use TLS 1.3, TLS_AES_256_GCM_SHA384, X25519, an ECDSA P-256 certificate, and one build of OpenSSL: that inside of
Node. A Node server sends no new ticket when a session is resumed, the others do.
`

/** @param {Results} results */
const machineOf = ({ scenario, machine, effort, date }) =>
  `${machine.cpu}, ${machine.cpus} CPUs, Linux ${machine.kernel}, Node ${machine.node}, OpenSSL ${machine.openssl}; ` +
  `\`npm run bench -- ${scenario} --rounds ${effort.rounds} --ms ${effort.run}\`; ${date.slice(0, 10)}.`

/** @param {import('./statistics.mjs').Spread} spread */
const range = ({ median, min, max }) => `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`

/** @param {Results} results @param {CaseResult} result @returns {string[]} */
function tableOf({ unit }, { name, peers }) {
  const base = peers[0]
  if (base === undefined) return []
  const hasRate = unit.rate !== undefined
  const head = [name, ...(hasRate ? [unit.rate, 'ratio'] : []), costOf(unit), 'ratio', ...(hasRate ? ['busy'] : [])]
  const rows = peers.map((peer) => {
    const cells = measuresOf(unit).flatMap((key) => {
      const values = column(peer, key)
      return [figure(spread(values).median), peer === base ? '1' : range(ratios(values, column(base, key)))]
    })
    const busy = hasRate ? [`${(spread(column(peer, 'busy')).median * 100).toFixed(0)} %`] : []
    return [peer.name, ...cells, ...busy]
  })
  const line = (/** @type {readonly (string | undefined)[]} */ cells) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '--:'))), ...rows.map(line), '']
}

/**
 * @param {readonly Results[]} all
 * @param {(results: Results) => string} image where its picture is, seen from the page
 * @param {(results: Results) => string} remark what there is to say of the numbers: where the time goes
 * @returns {string}
 */
export function page(all, image, remark) {
  const parts = all.flatMap((results) => [
    `## ${results.title}`,
    '',
    `![${results.title}](${image(results)})`,
    '',
    ...results.cases.flatMap((result) => tableOf(results, result)),
    remark(results),
    machineOf(results),
    '',
  ])
  return [INTRODUCTION, ...parts].join('\n')
}
