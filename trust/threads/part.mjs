// Work on several threads, with both addons under ThreadSanitizer: lookups and sendfile on libuv's pool, and closes that linger on threads of
// their own, from the main thread and from workers that are terminated meanwhile; half of the time with a thread that waits for the sockets.
import { inRoot } from '../../scripts/lib/project.mjs'
import { Failure, quietly } from '../../scripts/lib/run.mjs'
import { TSAN } from '../../scripts/lib/sanitizers.mjs'
import { sanitizedRun, suiteFigures } from '../lib/sanitized-run.mjs'

/** @typedef {import('../lib/record.mjs').Figure} Figure */

/** Tests that start no other program: the sanitizer's library ends those that are loaded at random addresses. */
const SHORT = ['llsocket/sendfile']
const LONG = [
  ...[...SHORT, 'llsocket/getaddrinfo', 'llsocket/nameinfo', 'lifecycle/slow-lookups', 'lifecycle/event-loop'],
  ...['stream/close-pending', 'stream/connect-interrupted', 'stream/wait-hook'],
]

/** How much of the time box the program has; the rest is for tests and compilers. */
const SHARE = 0.4

/** What waits, in words. @type {Readonly<Record<string, string>>} */
const WAITS = { epoll: 'the event loop waits', thread: 'a thread waits' }
const POLLERS = Object.keys(WAITS)

/** @param {number} seconds @param {number} seed @param {NodeJS.ProcessEnv} given @param {string} poller @returns {Figure[]} */
function busy(seconds, seed, given, poller) {
  const program = inRoot('build', 'trust', 'threads', 'work.js')
  const title = `threads at work (BERKELEY_SEED=${seed} BERKELEY_POLLER=${poller})`
  const env = { ...given, BERKELEY_POLLER: poller }
  const done = JSON.parse(quietly(title, process.execPath, [program, String(seconds), String(seed)], { env }))
  const { lookups, transfers, workers } = done
  if (!lookups || !transfers || !workers) throw new Failure(`${title}: nothing was done: ${JSON.stringify(done)}`)
  return [
    [`lookups, ${WAITS[poller]}`, lookups],
    [`files sent, most of them interrupted by close(), ${WAITS[poller]}`, transfers],
    [`workers terminated meanwhile, ${WAITS[poller]}`, workers],
  ]
}

/** @type {import('../lib/record.mjs').Part} */
export const threads = {
  name: 'threads',
  title: 'the thread pool and workers, with both addons under ThreadSanitizer',
  seconds: { short: 30, long: 900 },
  run: ({ long, seconds }) =>
    sanitizedRun(TSAN, ['race'], async (env) => {
      const seed = Number(process.env['BERKELEY_SEED'] ?? Date.now() % 2 ** 31)
      const done = POLLERS.flatMap((poller) => busy(Math.round((seconds * SHARE) / POLLERS.length), seed, env, poller))
      return [...done, ...(await suiteFigures(long ? LONG : SHORT, env))]
    }),
}
