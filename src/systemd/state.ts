import { sys } from '../constants/lookup.js'
import { Descriptor } from '../descriptor/descriptor.js'
import { kHandle } from '../descriptor/handle.js'
import { descriptorOf, type OpenFile } from '../descriptor/open-file.js'
import { FD_NAME, isFdName } from '../inherited/names.js'
import { RIGHTS_MAX } from '../message/cmsghdr.js'
import { systemError } from '../support/errors.js'
import { monotonicMicroseconds } from '../support/globals.js'
import * as validate from '../support/validate.js'

/** What can be said to the service manager: see sd_notify(3). A boolean that is false is the same as one that is absent. */
export interface NotifyState {
  /** The service is up, or has reloaded its configuration: `READY=1`. */
  ready?: boolean | undefined
  /** It reloads its configuration: `RELOADING=1`, with the time that `Type=notify-reload` asks for. `ready` is to follow. */
  reloading?: boolean | undefined
  /** It begins to end: `STOPPING=1`. */
  stopping?: boolean | undefined
  /** One line about how it is, for `systemctl status`. */
  status?: string | undefined
  /** The number of the error that it failed by, as of errno(3), positive or as `error.errno` of a SystemError has it. */
  errno?: number | undefined
  /** The name of the D-Bus error that it failed by. */
  buserror?: string | undefined
  /** The exit status that it is going to have. */
  exitStatus?: number | undefined
  /** The process that is the service from now on. */
  mainpid?: number | undefined
  /** True is a sign of life (see {@link watchdog}); `'trigger'` asks to be treated as if none had come. */
  watchdog?: boolean | 'trigger' | undefined
  /** Another time in which signs of life have to come, in milliseconds. */
  watchdogTimeout?: number | undefined
  /** More time for what it is doing, starting or ending, in milliseconds from now on. */
  extendTimeout?: number | undefined
  /**
   * Sockets, descriptors or a `FileHandle`, up to 253, for the manager to keep: it passes them to the next run, among {@link listenFds}. They
   * stay the caller's, who may close them when the call is over. `FileDescriptorStoreMax=` of the unit has to allow it.
   */
  fdstore?: Descriptor | OpenFile | readonly (Descriptor | OpenFile)[] | undefined
  /** The name of those in the store, or of those to remove; `'stored'` by default. */
  fdname?: string | undefined
  /** False to keep them even if they hang up: `FDPOLL=0`. */
  fdpoll?: boolean | undefined
  /** Removes those of the name `fdname` from the store. */
  fdstoreremove?: boolean | undefined
  /** Waits until the manager has read this message, and all before it: `BARRIER=1`, sd_notify_barrier(3). */
  barrier?: boolean | undefined
  /** Further variables, by name: for managers of another kind, or newer ones. */
  variables?: Readonly<Record<string, string | number>> | undefined
}

/** What the manager can be given to keep. */
type Stored = Descriptor | OpenFile

/** A message as it is sent. */
export interface Notice {
  /** Variables, one a line. */
  readonly text: string
  /** Sockets and descriptors that go along. Their numbers are taken last, when no code of the user runs any more. */
  readonly store: readonly Stored[]
  /** Whether to wait until it was read. */
  readonly barrier: boolean
}

type Field = (value: unknown, name: string) => string

const ERRNO_MAX = 4095
const STATUS_MAX = 255
const MICROSECONDS = 1000

/** Managers drop a message that is longer: NOTIFY_BUFFER_MAX of systemd. */
const MESSAGE_MAX = 4096

const yes =
  (line: () => string): Field =>
  (value, name) =>
    validate.boolean(name, value) ? line() : ''

const text =
  (variable: string): Field =>
  (value, name) =>
    line(variable, oneLine(name, value))

const integer =
  (variable: string, least: number, most?: number): Field =>
  (value, name) =>
    line(variable, validate.integer(name, value, least, most))

const milliseconds =
  (variable: string): Field =>
  (value, name) =>
    line(
      variable,
      Math.round(
        validate.atLeast(name, value, 1 / MICROSECONDS, Number.MAX_SAFE_INTEGER / MICROSECONDS) * MICROSECONDS,
      ),
    )

/** How each property is written. */
const FIELDS: Readonly<Record<Exclude<keyof NotifyState, 'fdstore' | 'barrier' | 'variables'>, Field>> = {
  ready: yes(() => line('READY', 1)),
  reloading: yes(() => line('RELOADING', 1) + line('MONOTONIC_USEC', monotonicMicroseconds())),
  stopping: yes(() => line('STOPPING', 1)),
  status: text('STATUS'),
  errno: (value, name) => line('ERRNO', Math.abs(validate.integer(name, value, -ERRNO_MAX, ERRNO_MAX))),
  buserror: text('BUSERROR'),
  exitStatus: integer('EXIT_STATUS', 0, STATUS_MAX),
  mainpid: integer('MAINPID', 1),
  watchdog: (value, name) =>
    value === 'trigger' ? line('WATCHDOG', value) : yes(() => line('WATCHDOG', 1))(value, name),
  watchdogTimeout: milliseconds('WATCHDOG_USEC'),
  extendTimeout: milliseconds('EXTEND_TIMEOUT_USEC'),
  fdname(value, name) {
    const fdname = validate.string(name, value)
    if (!isFdName(fdname)) throw validate.invalidValue(name, `must be ${FD_NAME}`, value)
    return line('FDNAME', fdname)
  },
  fdpoll: (value, name) => (validate.boolean(name, value) ? '' : line('FDPOLL', 0)),
  fdstoreremove: yes(() => line('FDSTOREREMOVE', 1)),
}

const KNOWN = [...Object.keys(FIELDS), 'fdstore', 'barrier', 'variables']

function line(variable: string, value: string | number | bigint): string {
  return `${variable}=${value}\n`
}

/** Text that cannot begin another variable. */
function oneLine(name: string, value: unknown): string {
  const text = validate.textWithoutNul(name, value)
  if (text.includes('\n')) throw validate.invalidValue(name, 'must be one line', value)
  return text
}

/**
 * Checks what is to be said, and lays it out.
 * @throws TypeError or RangeError for what the protocol does not have, or would not be heard; EMSGSIZE for more than 4096 bytes.
 */
export function noticeOf(state: NotifyState): Notice {
  const given = validate.options('state', state, KNOWN) as NotifyState
  const store = storeIn(given)
  refuseUnheard(given, store.length > 0)
  const lines = (Object.keys(FIELDS) as (keyof typeof FIELDS)[]).map((key) =>
    given[key] === undefined ? '' : FIELDS[key](given[key], `state.${key}`),
  )
  const text = (store.length > 0 ? line('FDSTORE', 1) : '') + lines.join('') + variablesIn(given)
  const barrier = given.barrier !== undefined && validate.boolean('state.barrier', given.barrier)
  if (Buffer.byteLength(text) > MESSAGE_MAX)
    throw systemError(sys.EMSGSIZE, 'notify', { detail: `the manager reads at most ${MESSAGE_MAX} bytes` })
  return { text, store, barrier }
}

function storeIn({ fdstore }: NotifyState): Stored[] {
  if (fdstore === undefined) return []
  if (!Array.isArray(fdstore)) return [storable('state.fdstore', fdstore)]
  // By index: what iterates over an array may be replaced, and have no end.
  const length = validate.integer('state.fdstore.length', fdstore.length, 1, RIGHTS_MAX)
  const store: Stored[] = []
  for (let i = 0; i < length; i++) store.push(storable(`state.fdstore[${i}]`, fdstore[i]))
  return store
}

function storable(name: string, one: unknown): Stored {
  if (!(one instanceof Descriptor)) descriptorOf(name, one, 'notify')
  return one as Stored
}

/**
 * The numbers of what is to be stored, those of sockets last: what looks like a `FileHandle` may be the user's.
 * @throws EBADF for what is closed.
 */
export function numbersOf(store: readonly Stored[]): number[] {
  const numbers = store.map((one) => (one instanceof Descriptor ? -1 : descriptorOf('state.fdstore', one, 'notify')))
  for (const [i, one] of store.entries()) if (one instanceof Descriptor) numbers[i] = one[kHandle].fd.use('notify')
  return numbers
}

/** The manager ignores what says how to store descriptors where there are none. */
function refuseUnheard({ fdname, fdpoll, fdstoreremove }: NotifyState, stores: boolean): void {
  if (stores && fdstoreremove)
    throw validate.invalidValue('state.fdstoreremove', 'cannot be combined with "fdstore"', fdstoreremove)
  if (fdstoreremove && fdname === undefined)
    throw validate.invalidValue('state.fdname', 'is needed for "fdstoreremove"', fdname)
  if (!stores && fdname !== undefined && !fdstoreremove)
    throw validate.invalidValue('state.fdname', 'needs "fdstore" or "fdstoreremove"', fdname)
  if (!stores && fdpoll !== undefined) throw validate.invalidValue('state.fdpoll', 'needs "fdstore"', fdpoll)
}

function variablesIn({ variables }: NotifyState): string {
  if (variables === undefined) return ''
  return Object.entries(validate.object('state.variables', variables))
    .map(([name, value]) => {
      if (!/^[A-Z_][A-Z0-9_]*$/.test(name))
        throw validate.invalidValue(
          'state.variables',
          'must have names of capital letters, digits and underscores',
          name,
        )
      return line(
        name,
        typeof value === 'number'
          ? validate.integer(name, value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
          : oneLine(name, value),
      )
    })
    .join('')
}
