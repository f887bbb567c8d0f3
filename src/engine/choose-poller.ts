import { hasLibuv, unsupportedRuntime } from '../native/runtime.js'
import { gatheredDataIsSentBy } from '../support/gathered-data.js'
import { EpollPoller } from './epoll.js'
import type { Poller } from './poller.js'
import { UvPoller } from './uv.js'

/** Every way to wait, by the name that `BERKELEY_POLLER` has for it. */
const POLLERS = new Map<string, () => Poller>([
  ['epoll', () => inLoop(() => new EpollPoller())],
  // The same, watched by a thread of the addon: for runtimes without libuv.
  ['thread', () => new EpollPoller(true)],
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

/** The name in the environment; what anybody has put on Object.prototype is none, and an empty one counts as absent. */
function chosen(): string {
  return (Object.hasOwn(process.env, 'BERKELEY_POLLER') && process.env['BERKELEY_POLLER']) || preferred()
}

function create(name: string): Poller {
  const make = POLLERS.get(name)
  if (make !== undefined) return make()
  const message = `$BERKELEY_POLLER must be one of ${[...POLLERS.keys()].join(', ')}, and is ${JSON.stringify(name)}`
  throw Object.assign(new Error(message), { code: 'ERR_BERKELEY_POLLER' })
}

let shared: Poller | undefined

/**
 * Returns the poller of this thread, which is made when the first socket waits: synchronous users never have its descriptors.
 * @throws `ERR_BERKELEY_POLLER` when the environment names one that there is not, `ERR_UNSUPPORTED_RUNTIME` where none can work.
 */
export function threadPoller(): Poller {
  if (shared !== undefined) return shared
  const poller = create(chosen())
  shared = poller
  gatheredDataIsSentBy(() => poller.flush())
  return poller
}
