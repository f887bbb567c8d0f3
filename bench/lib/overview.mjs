// The table of docs/trust.md: the CPU time of some programs as ratios to the one in C of the same rounds.
import { Failure } from '../../scripts/lib/run.mjs'
import { ratios } from './statistics.mjs'
import { column } from './terminal.mjs'

/** @typedef {import('./results.mjs').Results} Results */

/**
 * What is compared: one call at a time, a faster way if there is one, and what it replaces.
 * @typedef {object} Comparison
 * @property {string} what
 * @property {string} scenario
 * @property {string} setting
 * @property {string} ours
 * @property {readonly (readonly [label: string, peer: string])[]} faster
 * @property {readonly [label: string, peer: string]} theirs
 */

/** @type {readonly Comparison[]} */
const COMPARISONS = [
  {
    what: 'TCP, 64 bytes, 64 connections',
    scenario: 'tcp-echo',
    setting: '64 connections',
    ours: 'berkeley, Node 20',
    faster: [['push mode', 'berkeley, push, Node 20']],
    theirs: ['`node:net`', 'node:net, Node 20'],
  },
  {
    what: 'TCP, 64 bytes, 1 connection',
    scenario: 'tcp-echo',
    setting: '1 connection',
    ours: 'berkeley, Node 20',
    faster: [['push mode', 'berkeley, push, Node 20']],
    theirs: ['`node:net`', 'node:net, Node 20'],
  },
  {
    what: 'unix stream, 64 connections',
    scenario: 'unix-echo',
    setting: '64 connections',
    ours: 'berkeley, Node 20',
    faster: [['push mode', 'berkeley, push, Node 20']],
    theirs: ['`node:net`', 'node:net, Node 20'],
  },
  {
    what: 'UDP, 64 bytes, 64 clients',
    scenario: 'udp-echo',
    setting: '64 bytes',
    ours: 'berkeley, recvfrom',
    faster: [['batches', 'berkeley, recvmany']],
    theirs: ['`node:dgram`', 'node:dgram'],
  },
  {
    what: 'UDP receive, 1400 bytes',
    scenario: 'udp-receive',
    setting: 'at most 128 in flight',
    ours: 'berkeley, recvfrom',
    faster: [
      ['batches', 'berkeley, recvmany'],
      ['with GRO', 'berkeley, recvmany, GRO'],
    ],
    theirs: ['`node:dgram`', 'node:dgram'],
  },
  {
    what: 'unix datagrams, 8 clients',
    scenario: 'unix-dgram',
    setting: '8 clients',
    ours: 'berkeley, recvfrom',
    faster: [['batches', 'berkeley, recvmany']],
    theirs: ['`unix-dgram`', 'unix-dgram'],
  },
  {
    what: 'seqpackets, 64 connections',
    scenario: 'seqpacket',
    setting: '64 connections',
    ours: 'berkeley',
    faster: [['push mode', 'berkeley, push']],
    theirs: ['`node-unix-socket`', 'node-unix-socket'],
  },
  {
    what: 'received descriptors',
    scenario: 'fd-passing',
    setting: 'the server receives and closes',
    ours: 'berkeley, sendfd and recvfd',
    faster: [],
    theirs: ['`usocket`', 'usocket'],
  },
  {
    what: 'TLS 1.3, 64 bytes, 64 connections',
    scenario: 'tls-echo',
    setting: '64 connections',
    ours: 'berkeley, Node 20',
    faster: [],
    theirs: ['`node:tls`', 'node:tls, Node 20'],
  },
  {
    what: 'connecting',
    scenario: 'connect-churn',
    setting: 'each connection anew',
    ours: 'berkeley, Node 20',
    faster: [],
    theirs: ['`node:net`', 'node:net, Node 20'],
  },
  {
    what: 'memory of an idle connection (C: 64 bytes)',
    scenario: 'idle-memory',
    setting: '10000 connections',
    ours: 'berkeley, Node 20',
    faster: [],
    theirs: ['`node:net`', 'node:net, Node 20'],
  },
]

/** @param {readonly Results[]} all @param {Comparison} comparison */
function rowOf(all, { what, scenario, setting, ours, faster, theirs }) {
  const peers = all.find((one) => one.scenario === scenario)?.cases.find(({ name }) => name === setting)?.peers
  /** @param {string} name */
  const ratioOf = (name) => {
    const peer = peers?.find((one) => one.name === name)
    const base = peers?.[0]
    if (peer === undefined || base === undefined) throw new Failure(`${scenario}, ${setting} has no ${name}`)
    return ratios(column(peer, 'cost'), column(base, 'cost')).median.toFixed(2)
  }
  const others = faster.map(([label, name]) => `${ratioOf(name)} ${label}`).join(', ')
  return `| ${what} | ${ratioOf(ours)} | ${others} | ${ratioOf(theirs[1])} ${theirs[0]} |`
}

const BEGIN = '<!-- figures: npm run bench:docs -->'
const END = '<!-- end of figures -->'

/**
 * The page with fresh figures.
 * @param {string} text @param {readonly Results[]} all
 */
export function withOverview(text, all) {
  const [before, rest] = text.split(BEGIN)
  const after = rest?.split(END)[1]
  if (before === undefined || after === undefined) throw new Failure('docs/trust.md has no place for figures')
  const head = ['| | berkeley | faster ways | Node, or the package it replaces |', '| --- | --: | --: | --: |']
  return [
    before,
    BEGIN,
    '\n\n',
    [...head, ...COMPARISONS.map((one) => rowOf(all, one))].join('\n'),
    '\n\n',
    END,
    after,
  ].join('')
}
