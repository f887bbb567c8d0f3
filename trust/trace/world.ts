// What a trace says of processes, threads and descriptors up to a point.
import { type Call, numberAt } from './line.js'

/** What descriptors that were duplicated share. `undefined`: it came from where the trace does not see. */
export interface Description {
  nonblock: boolean | undefined
  lingers: boolean
  /** Whether socketpair(2) made it: close(2) of a unix socket does not wait, whatever SO_LINGER says. */
  readonly isPair: boolean
  /** How many descriptors are known to refer to it. */
  holders: number
}

export interface Descriptor {
  readonly description: Description
  /** Threads of which an addon made it, or used it. */
  readonly users: Set<number>
  /** Sets of ours that it is in. */
  readonly sets: Set<number>
}

export interface Process {
  readonly pid: number
  /** The test that runs in it or above it. */
  test: string
  /** The instruction by which our calls are made; '' where no mark is loaded. */
  mark: string
  readonly descriptors: Map<number, Descriptor>
  /** Epoll sets of ours that are watched. */
  readonly watched: Set<number>
}

export interface Thread {
  readonly tid: number
  readonly process: Process
  /** Runs JavaScript; libuv's pool does not. */
  isJs: boolean
}

/** The command of fcntl(2) by which mark.c announces its instruction. */
const ANNOUNCEMENT = 0x6265726b

const F_GETFL = 3
const F_SETFL = 4
export const F_DUPFD = 0
const F_DUPFD_CLOEXEC = 1030
const O_NONBLOCK = 0x800
const EPOLL_CTL_ADD = 1
const EPOLL_CTL_DEL = 2

/** All that our code does on threads of libuv's pool, and on those that close what lingers. */
const WITHOUT_JS = new Set(['close', 'fcntl', 'getsockopt', 'poll', 'sendfile', 'sendto', 'setsockopt'])

const TEST = /build\/(test\/[^" ]+\.test)\.js/g

const newProcess = (pid: number, like?: Process): Process => ({
  pid,
  test: like?.test ?? '',
  mark: like?.mark ?? '',
  descriptors: new Map(),
  watched: new Set(),
})

/** The numbers in a list of strace, such as [5, 6]. */
const listed = (text: string | undefined): number[] => (text ? text.split(', ').map(Number) : [])

/** Descriptors that came with a message. */
const received = (args: string): number[] =>
  [...args.matchAll(/cmsg_type=SCM_RIGHTS, cmsg_data=\[([\d, ]+)\]/g)].flatMap(([, list]) => listed(list))

/** Whether these are the arguments of an fcntl(2) that duplicates. */
const duplicates = (args: string): boolean => [F_DUPFD, F_DUPFD_CLOEXEC].includes(numberAt(args, 1))

/** Calls whose result is a descriptor that they made. */
export const MAKERS: readonly string[] = [
  ...['socket', 'accept', 'accept4', 'dup', 'dup2', 'dup3', 'epoll_create1', 'eventfd2'],
  ...['openat', 'pidfd_open', 'pidfd_getfd'],
]

/** Calls that are about no descriptor that is there before. */
const FROM_NOTHING: ReadonlySet<string> = new Set([
  ...['socket', 'socketpair', 'epoll_create1', 'eventfd2', 'openat', 'pidfd_open'],
])

/** The descriptors that a call made. */
export function born({ name, args, result }: Call): number[] {
  if (!(result >= 0)) return []
  if (name === 'socketpair') return listed(/\[(\d+, \d+)\]/.exec(args)?.[1])
  if (name === 'recvmsg' || name === 'recvmmsg') return received(args)
  if (name === 'fcntl') return duplicates(args) ? [result] : []
  return MAKERS.includes(name) ? [result] : []
}

/** The mode of what a call made, where its arguments say it. */
function bornNonblocking({ name, args }: Call): boolean | undefined {
  if (name === 'socket') return (numberAt(args, 1) & O_NONBLOCK) !== 0
  if (name === 'accept4') return (numberAt(args, 3) & O_NONBLOCK) !== 0
  if (name === 'accept') return false
  if (name === 'socketpair') return args.includes('SOCK_NONBLOCK')
  return undefined
}

const isDuplicate = ({ name, args }: Call): boolean => name.startsWith('dup') || (name === 'fcntl' && duplicates(args))

/** The descriptor that a call is about; -1 for none. */
export function subject({ name, args }: Call): number {
  if (name === 'poll') return Number(/^\[\{fd=(\d+)/.exec(args)?.[1] ?? -1)
  if (name === 'epoll_ctl') return numberAt(args, 2)
  if (FROM_NOTHING.has(name)) return -1
  return numberAt(args, 0)
}

export class World {
  readonly #threads = new Map<number, Thread>()

  thread(tid: number): Thread | undefined {
    return this.#threads.get(tid)
  }

  /** A process whose start was not seen: the first one. */
  start(tid: number): void {
    this.#threads.set(tid, { tid, process: newProcess(tid), isJs: true })
  }

  exit(tid: number): void {
    this.#threads.delete(tid)
  }

  /** Whether the call was made by an addon. */
  isOurs({ tid, ip }: Call): boolean {
    const mark = this.#threads.get(tid)?.process.mark
    return mark !== undefined && mark !== '' && ip === mark
  }

  /** At the entry of a call, so that the number is free when other code gets it. */
  enter(call: Call): void {
    const process = this.#threads.get(call.tid)?.process
    if (process === undefined) return
    if (call.name === 'close') this.#drop(process, numberAt(call.args, 0))
  }

  leave(call: Call): void {
    const thread = this.#threads.get(call.tid)
    if (thread === undefined) return
    const { name } = call
    if (name === 'clone' || name === 'clone3' || name === 'fork' || name === 'vfork') this.#begin(thread, call)
    else if (name === 'execve') this.#become(thread, call)
    else this.#change(thread, call)
  }

  #begin({ process }: Thread, { args, result }: Call): void {
    if (!(result > 0)) return
    if (args.includes('CLONE_THREAD')) {
      this.#threads.set(result, { tid: result, process, isJs: false })
      return
    }
    const child = newProcess(result, process)
    for (const [fd, { description }] of process.descriptors) this.#add(child, fd, description)
    this.#threads.set(result, { tid: result, process: child, isJs: true })
  }

  /** Another program: what it inherits it has not made, and has to use before it may close it. */
  #become(thread: Thread, { args, result }: Call): void {
    if (result !== 0) return
    const { process } = thread
    const tests = [...args.matchAll(TEST)].map(([, name]) => `${name}.ts`)
    if (tests.length === 1) process.test = tests[0] ?? ''
    process.mark = ''
    for (const fd of [...process.descriptors.keys()]) this.#drop(process, fd)
    process.watched.clear()
  }

  #change(thread: Thread, call: Call): void {
    const { process } = thread
    if (call.name === 'fcntl' && numberAt(call.args, 1) === ANNOUNCEMENT) process.mark = call.ip
    const ours = this.isOurs(call)
    if (ours && !WITHOUT_JS.has(call.name)) thread.isJs = true
    if (call.name === 'close') return
    if (ours) this.#use(thread, subject(call))
    this.#note(process, call)
    this.#register(process, call, ours)
    for (const fd of born(call)) {
      this.#drop(process, fd)
      this.#add(process, fd, this.#descriptionOf(process, call))
      if (ours) this.#use(thread, fd)
      if (ours && call.name === 'epoll_create1') process.watched.add(fd)
    }
  }

  #descriptionOf(process: Process, call: Call): Description {
    const origin = isDuplicate(call) ? process.descriptors.get(numberAt(call.args, 0)) : undefined
    return (
      origin?.description ?? {
        nonblock: bornNonblocking(call),
        lingers: false,
        isPair: call.name === 'socketpair',
        holders: 0,
      }
    )
  }

  #use({ process, tid }: Thread, fd: number): void {
    if (fd < 0) return
    const known = process.descriptors.get(fd)
    const descriptor =
      known ?? this.#add(process, fd, { nonblock: undefined, lingers: false, isPair: false, holders: 0 })
    descriptor.users.add(tid)
  }

  /** What a call tells of the mode of a descriptor. */
  #note(process: Process, { name, args, result }: Call): void {
    const description = process.descriptors.get(numberAt(args, 0))?.description
    if (description === undefined || !(result >= 0)) return
    const command = name === 'fcntl' ? numberAt(args, 1) : -1
    if (command === F_GETFL) description.nonblock = (result & O_NONBLOCK) !== 0
    if (command === F_SETFL) description.nonblock = (numberAt(args, 2) & O_NONBLOCK) !== 0
    const fionbio = name === 'ioctl' ? /, FIONBIO, \[(\d)/.exec(args) : null
    if (fionbio) description.nonblock = fionbio[1] !== '0'
    const linger = name === 'setsockopt' ? /SO_LINGER, \{l_onoff=(\d+), l_linger=(\d+)\}/.exec(args) : null
    if (linger && !description.isPair) description.lingers = linger[1] !== '0' && linger[2] !== '0'
  }

  #register(process: Process, { name, args, result }: Call, ours: boolean): void {
    if (name !== 'epoll_ctl' || result !== 0) return
    const [set, operation, fd] = [numberAt(args, 0), numberAt(args, 1), numberAt(args, 2)]
    const sets = process.descriptors.get(fd)?.sets
    if (ours && operation === EPOLL_CTL_ADD) sets?.add(set)
    if (ours && operation === EPOLL_CTL_DEL) sets?.delete(set)
    // libuv lets go of our set when its environment ends; what is in there is not reported any more.
    if (!ours && operation === EPOLL_CTL_DEL) process.watched.delete(fd)
  }

  #add(process: Process, fd: number, description: Description): Descriptor {
    const descriptor = { description, users: new Set<number>(), sets: new Set<number>() }
    description.holders++
    process.descriptors.set(fd, descriptor)
    return descriptor
  }

  #drop(process: Process, fd: number): void {
    const descriptor = process.descriptors.get(fd)
    if (descriptor === undefined) return
    descriptor.description.holders--
    process.descriptors.delete(fd)
    process.watched.delete(fd)
  }
}
