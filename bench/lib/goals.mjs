// What this library wants to cost, beside what it costs: ratios of CPU time, or of memory, to the program in C of the same rounds.
import { ratios } from './statistics.mjs'
import { column } from './terminal.mjs'

/** @typedef {import('./results.mjs').Results} Results */

/**
 * One goal: which program of which case, and what its ratio should be at most.
 * @typedef {readonly [scenario: string, setting: string, peer: string, most: number]} Goal
 */

/** @type {readonly Goal[]} */
const GOALS = [
  ['tcp-echo', '1 connection', 'berkeley, push, Node 20', 1.4],
  ['tcp-echo', '64 connections', 'berkeley, Node 20', 1.15],
  ['tcp-echo', '64 connections', 'berkeley, push, Node 20', 1.06],
  ['tcp-echo', '500 connections', 'berkeley, Node 20', 1.2],
  ['tcp-echo', '500 connections', 'berkeley, push, Node 20', 1.06],
  ['unix-echo', '64 connections', 'berkeley, Node 20', 1.15],
  ['seqpacket', '64 connections', 'berkeley', 1.15],
  ['udp-echo', '64 bytes', 'berkeley, recvfrom', 1.4],
  ['udp-echo', '64 bytes', 'berkeley, push', 1.15],
  ['udp-receive', 'at most 128 in flight', 'berkeley, push', 1.15],
  ['udp-receive', 'at most 128 in flight', 'berkeley, recvmany', 1.15],
  ['udp-send', 'at most 128 in flight', 'berkeley, sendmany, GSO', 0.1],
  ['unix-dgram', '8 clients', 'berkeley, recvfrom', 1.35],
  ['unix-dgram', '8 clients', 'berkeley, push', 1.15],
  ['tls-echo', '64 connections', 'berkeley, Node 20', 1.1],
  ['tls-handshake', 'resumed', 'berkeley, Node 20', 1.2],
  ['accept-churn', 'each connection anew', 'berkeley, Node 20', 1.3],
  ['connect-churn', 'each connection anew', 'berkeley, Node 20', 1.5],
  ['http', '64 connections', 'berkeley, serveHttp, Node 20', 1],
  ['pipeline', '1 pair of connections', 'berkeley, duplex, Node 20', 1],
  ['fd-passing', 'the server receives and closes', 'berkeley, sendfd and recvfd', 1.3],
]

/** @param {readonly Results[]} all @param {Goal} goal */
function rowOf(all, [scenario, setting, peer, most]) {
  const results = all.find((one) => one.scenario === scenario)
  const peers = results?.cases.find(({ name }) => name === setting)?.peers ?? []
  const [base] = peers
  const measured = peers.find(({ name }) => name === peer)
  if (results === undefined || base === undefined || measured === undefined) return undefined
  const { median } = ratios(column(measured, 'cost'), column(base, 'cost'))
  const rounded = median.toFixed(2)
  const cells = [results.title, setting, peer, most.toFixed(2), rounded, Number(rounded) <= most ? 'yes' : 'no']
  return `| ${cells.join(' | ')} |`
}

/** The goals that the results say something about, as a table. @param {readonly Results[]} all @returns {readonly string[]} */
export function goalsTable(all) {
  const rows = GOALS.map((goal) => rowOf(all, goal)).filter((row) => row !== undefined)
  if (rows.length === 0) return []
  return [
    '## Goals',
    '',
    'CPU time for each operation as a ratio to the first program of the scenario (C, or Node where there is none in C), in the same rounds: what it',
    'should be at most, and what it was. Each scenario below says where the rest goes.',
    '',
    '| what | case | program | goal | measured | met |',
    '| --- | --- | --- | --: | --: | --- |',
    ...rows,
    '',
  ]
}
