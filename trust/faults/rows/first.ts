/**
 * The first wait of an environment opens its epoll set. Where descriptors or memory are missing it is tried again after a pause; any other
 * failure is told, leaves nothing, and the next wait tries again.
 */
import { Worker } from 'node:worker_threads'
import { ERRNOS } from '../errnos.js'
import type { Open, Row } from '../row.js'
import { GENERIC_FAILURE } from './numbers.js'

interface Told {
  readonly code: string
  readonly syscall: string
  readonly message: string
}

/** Each step is an environment of its own, which waits twice by that poller: see the program. */
const environments =
  (poller: string): Open =>
  () => ({
    async step() {
      const env = { ...process.env, BERKELEY_POLLER: poller }
      const worker = new Worker(new URL('../first-wait.js', import.meta.url), { env })
      const told = await new Promise<Told | undefined>((resolve, reject) => {
        let said: Told | undefined
        worker.once('message', (message) => (said = message))
        worker.once('error', reject).once('exit', () => resolve(said))
      })
      if (told) throw Object.assign(new Error(told.message), told)
    },
  })

const common = { open: environments('epoll'), steps: 3, occurrences: [1, 2] }

const onThread = { ...common, open: environments('thread'), syscall: 'epoll_create1' }

export const first: Row[] = [
  {
    what: 'the first wait',
    call: 'epoll_create1',
    syscall: 'epoll_create1',
    errors: ERRNOS.epoll_create1,
    done: ['EMFILE', 'ENFILE', 'ENOMEM'],
    ...common,
  },
  {
    what: 'the first wait, its memory',
    call: 'napi_create_arraybuffer',
    syscall: 'epoll_create1',
    errors: ['GENERIC'],
    done: ['GENERIC'],
    result: GENERIC_FAILURE,
    silent: true,
    code: 'ENOMEM',
    ...common,
    // The first of an environment are its registers.
    occurrences: [2, 4],
  },
  {
    what: 'the first wait, its state',
    call: 'calloc',
    syscall: 'epoll_create1',
    errors: ['ENOMEM'],
    done: ['ENOMEM'],
    result: 0,
    ...common,
    // The first of an environment is the state of the addon.
    occurrences: [2, 4],
  },
  {
    what: 'the first wait by a thread, its wake-up',
    call: 'eventfd',
    errors: ['EMFILE', 'ENFILE', 'ENODEV', 'ENOMEM'],
    done: ['EMFILE', 'ENFILE', 'ENOMEM'],
    ...onThread,
  },
  {
    what: 'the first wait by a thread, the thread',
    call: 'pthread_create',
    errors: ['EAGAIN'],
    done: ['EAGAIN'],
    result: 11,
    ...onThread,
  },
  {
    what: 'the first wait by a thread, its call into JavaScript',
    call: 'napi_create_threadsafe_function',
    errors: ['GENERIC'],
    done: ['GENERIC'],
    result: GENERIC_FAILURE,
    silent: true,
    ...onThread,
  },
  // Without memory for these there is no addon.
  {
    what: 'loading the addon, its registers',
    call: 'napi_create_arraybuffer',
    syscall: 'undefined',
    errors: ['GENERIC'],
    result: GENERIC_FAILURE,
    silent: true,
    code: 'ENOMEM',
    ...common,
    occurrences: [1, 3],
  },
  {
    what: 'loading the addon, its state',
    call: 'calloc',
    syscall: 'undefined',
    errors: ['ENOMEM'],
    result: 0,
    ...common,
    occurrences: [1, 3],
  },
  {
    what: 'the first wait, watching the set',
    call: 'uv_poll_init',
    syscall: 'epoll_create1',
    errors: ['ENOMEM'],
    done: ['ENOMEM'],
    result: -12,
    silent: true,
    code: 'ENOMEM',
    ...common,
  },
  {
    what: 'the first wait, its loop',
    call: 'napi_get_uv_event_loop',
    syscall: 'epoll_create1',
    errors: ['GENERIC'],
    result: GENERIC_FAILURE,
    silent: true,
    code: 'EOPNOTSUPP',
    ...common,
  },
]
