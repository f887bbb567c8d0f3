// Measures one way to make one system call with tinybench, and prints what a call took as JSON.
//   node run.mjs ADDON WAY CALL WARM_MS RUN_MS
import { readFileSync } from 'node:fs'
import { Bench } from 'tinybench'
import { AddrInfo, SOCK_DGRAM, SOCK_STREAM, socket } from '../../dist/llsocket/index.mjs'

/** Calls in a batch, between two looks at the clock. As many messages have room in a socket. */
const COUNT = 128

const NS_PER_MS = 1_000_000

/**
 * What bench/native/calls.c has.
 * @typedef {{
 *   nothing: () => void, clock: () => number, run: (call: string, fd: number, count: number) => void
 * }} Addon
 */

/**
 * Makes a call so many times. What is asynchronous returns a promise; the descriptor is non-blocking, and nothing has to wait.
 * @typedef {(count: number) => void | Promise<void>} Loop
 */

/**
 * A file beside this one: what it can do with a descriptor, by the name of the call.
 * @typedef {(fd: number, addon: Addon) => Record<string, Loop> | Promise<Record<string, Loop>>} Way
 */

/**
 * What is made ready before the calls are, and cleared away after them, without being measured.
 * @type {Record<string, [string, string]>}
 */
const AROUND = { send: ['', 'recv'], recv: ['send', ''], recvinto: ['send', ''], recvmsg: ['send', ''] }

const [path = '', way = '', call = '', warm = '', run = ''] = process.argv.slice(2)

/** @returns {Addon} */
function load() {
  const loaded = { exports: /** @type {any} */ ({}) }
  process.dlopen(loaded, path)
  return loaded.exports
}

/** The descriptor for the calls, and the one at the other end. */
function sockets() {
  const [near, far] = socket.pair(SOCK_STREAM, true)
  if (call !== 'getsockname') return { fd: near.unwrap(), far }
  // A socket of a pair has no name.
  const inet = socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_DGRAM }), true)
  inet.bind()
  near.close()
  return { fd: inet.unwrap(), far }
}

const addon = load()
const { fd, far } = sockets()
const { default: make } = /** @type {{ default: Way }} */ (await import(`./${way}.mjs`))
const loop = (await make(fd, addon))[call]
if (loop === undefined) throw new Error(`${way} does not do ${call}`)
const [before, after] = (way === 'nothing' ? undefined : AROUND[call]) ?? ['', '']

/** Nanoseconds that this thread was ready to run while something else had the CPU. */
const queued = () => Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[1])

// Measures CPU time of this thread. What is made ready before each batch, and cleared away after it, does not count. The other end
// checks that the calls did something: it runs out of room, or of messages.
const bench = new Bench({
  now: () => addon.clock() / NS_PER_MS,
  warmupTime: Number(warm),
  time: Number(run),
  throws: true,
})
bench.add(call, () => loop(COUNT), {
  async: way === 'berkeley',
  beforeEach: () => void (before && addon.run(before, far.fd(), COUNT)),
  afterEach: () => void (after && addon.run(after, far.fd(), COUNT)),
})
const start = { at: performance.now(), queued: queued() }
const [task] = await bench.run()
if (task?.result.state !== 'completed') throw new Error(`${way} did not finish`)
const nanoseconds = (task.result.latency.mean * NS_PER_MS) / COUNT
const seconds = (performance.now() - start.at) / 1000
process.stdout.write(`${JSON.stringify({ nanoseconds, disturbed: (queued() - start.queued) / 1e9 / seconds })}\n`)
far.close()
