import { hasLibuv, unsupportedRuntime } from '../native/runtime.js'
import { variable } from '../support/environment.js'
import { gatheredDataIsSentBy } from '../support/gathered-data.js'
import { EpollPoller } from './epoll.js'
import type { Poller } from './poller.js'
import { UvPoller } from './uv.js'

/** Every way to wait, by the name that `BERKELEY_POLLER` has for it. */
const POLLERS = new Map<string, () => Poller>([
  ['epoll', () => inLoop(() => new EpollPoller(false, shortBatch()))],
  // The same, watched by a thread of the addon: for runtimes without libuv.
  ['thread', () => new EpollPoller(true, shortBatch())],
  ['uv', () => inLoop(() => new UvPoller())],
])

/** The way to wait where the environment names none. */
function preferred(): string {
  if (!hasLibuv()) return 'thread'
  return process.platform === 'linux' ? 'epoll' : 'uv'
}

/** For those that wait in libuv's event loop. */
function inLoop(make: () => Poller): Poller {
  if (hasLibuv()) return make()
  throw unsupportedRuntime(
    'This runtime has no event loop of libuv, which only Node.js has: leave $BERKELEY_POLLER out',
  )
}

function refused(variable: string, wanted: string, value: string): Error {
  return Object.assign(new Error(`$${variable} must be ${wanted}, and is ${JSON.stringify(value)}`), {
    code: `ERR_${variable}`,
  })
}

/** In µs: much less than a peer notices, and much more than handlers take that only move data. */
const SHORT_BATCH = 250
const SHORT_BATCH_MOST = 1_000_000

/** How long a batch may have taken for the calls of the next one to wait for its end. */
function shortBatch(): number {
  const value = variable('BERKELEY_SHORT_BATCH') ?? String(SHORT_BATCH)
  if (/^\d+$/.test(value) && Number(value) <= SHORT_BATCH_MOST) return Number(value)
  throw refused('BERKELEY_SHORT_BATCH', `microseconds, ${SHORT_BATCH_MOST} at most`, value)
}

function create(name: string): Poller {
  const make = POLLERS.get(name)
  if (make !== undefined) return make()
  throw refused('BERKELEY_POLLER', `one of ${[...POLLERS.keys()].join(', ')}`, name)
}

let shared: Poller | undefined

/**
 * Returns the poller of this thread, which is made when the first socket waits: synchronous users never have its descriptors.
 * @throws `ERR_BERKELEY_POLLER` when the environment names one that there is not, `ERR_BERKELEY_SHORT_BATCH` when that is no time,
 *   `ERR_UNSUPPORTED_RUNTIME` where none can work.
 */
export function threadPoller(): Poller {
  if (shared !== undefined) return shared
  const poller = create(variable('BERKELEY_POLLER') ?? preferred())
  shared = poller
  gatheredDataIsSentBy(() => poller.flush())
  return poller
}
