// What a scenario is made of. Types, and the few words that scenarios share.
import { Failure } from '../../scripts/lib/run.mjs'

/**
 * How to start a server, but for the arguments that say what it does.
 * @typedef {{ command: string, args: readonly string[] }} Program
 */

/**
 * Something that is measured. `program` throws a Missing when it is not there, or cannot do what a case asks for.
 * @typedef {{ name: string, program: (setting: Case) => Program }} Peer
 */

/**
 * What numbers mean.
 * @typedef {object} Unit
 * @property {string} [rate] how much of it there is in a second; absent where only what one costs is measured
 * @property {string} [cost] what one costs, where that is not CPU time of the server
 * @property {string} per what one is
 * @property {'operations' | 'bytes'} of the counter of the load generator
 * @property {number} scale how many of the counter make one
 */

/**
 * One setting in which all peers are measured.
 * @typedef {object} Case
 * @property {string} name
 * @property {'echo' | 'sink' | 'source' | 'answer' | 'idle' | 'connect' | 'http' | 'pipeline'} serve what the server does
 * @property {'echo' | 'send' | 'receive' | 'connect' | 'visit' | 'accept' | 'hold' | 'request' |
 *   'through'} work what the load generator does
 * @property {number} lanes connections at the same time
 * @property {number} size bytes of a message
 * @property {boolean} [resume] whether a connection resumes the TLS session of the one before
 */

/**
 * @typedef {object} Scenario
 * @property {string} name
 * @property {string} title what is measured, in a few words
 * @property {Unit} unit
 * @property {boolean} tls
 * @property {boolean} [unix] whether servers listen on the path of a unix socket, and not at a port
 * @property {boolean} [fresh] whether each measurement gets a server of its own
 * @property {readonly Case[]} cases
 * @property {number} [file] MiB of a file that servers are to send; its path is the last that they are told
 * @property {() => readonly Peer[]} peers the first one is what the others are compared with
 * @property {() => Program} [load] the load generator, where it is not one of those for streams
 * @property {(scenario: Scenario, setting: Case, bench: import('./rounds.mjs').Bench) =>
 *   Promise<import('./rounds.mjs').CaseResult>} [measure] how, where it is not by a server and a load
 */

/** Why a peer cannot be measured on this machine. The others are. */
export class Missing extends Failure {}

/**
 * Rates are better when they are more, costs when they are less.
 * @param {Unit} unit
 * @returns {readonly ('rate' | 'cost')[]}
 */
export const measuresOf = ({ rate }) => (rate === undefined ? ['cost'] : ['rate', 'cost'])

/** The words above a column of costs. @param {Unit} unit */
export const costOf = ({ cost, per }) => cost ?? `CPU µs per ${per}`

/** @satisfies {Record<string, Unit>} */
export const units = {
  roundTrips: { rate: 'round trips/s', per: 'round trip', of: 'operations', scale: 1 },
  requests: { rate: 'requests/s', per: 'request', of: 'operations', scale: 1 },
  megabytes: { rate: 'MB/s', per: 'MB', of: 'bytes', scale: 1_000_000 },
  connections: { rate: 'connections/s', per: 'connection', of: 'operations', scale: 1 },
  memory: { cost: 'bytes per connection', per: 'connection', of: 'operations', scale: 1 },
  datagrams: { rate: 'datagrams/s', per: 'datagram', of: 'operations', scale: 1 },
  descriptors: { rate: 'descriptors/s', per: 'descriptor', of: 'operations', scale: 1 },
  calls: { cost: 'ns per call', per: 'call', of: 'operations', scale: 1 },
  starts: { cost: 'CPU ms to start and load', per: 'start', of: 'operations', scale: 1 },
  amounts: { cost: 'how many', per: 'process', of: 'operations', scale: 1 },
  handshakes: { rate: 'handshakes/s', per: 'handshake', of: 'operations', scale: 1 },
}

/** @param {number} count */
export const connections = (count) => (count === 1 ? '1 connection' : `${count} connections`)
