// What must hold for every system call of ours. Each rule looks at a call before the world changes by it.
import { type Call, numberAt } from './line.js'
import { born, type Descriptor, F_DUPFD, MAKERS, subject, type Thread } from './world.js'

export interface Rule {
  readonly name: string
  /** Which end of a call it looks at. */
  readonly phase: Call['phase']
  /** Whether it has a say; these calls are counted. */
  concerns(call: Call): boolean
  /** What is wrong, or undefined. */
  broken(call: Call, thread: Thread, descriptor: Descriptor | undefined): string | undefined
}

export const CLOSED_ONCE = 'closes meet an open descriptor'
export const CLOSED_BY_OWNER = 'descriptors are closed by code that made or used them'
export const DEREGISTERED = 'closes come after EPOLL_CTL_DEL'
export const TOLD_NOT_TO_WAIT = 'transfers have MSG_DONTWAIT'
export const NEVER_WAITS = 'calls on JavaScript threads that cannot block'
export const NEVER_LINGERS = 'closes on JavaScript threads that do not linger'

const SOCK_CLOEXEC = 0x80000
const MSG_DONTWAIT = 0x40
const MSG_NOSIGNAL = 0x4000

/** Where the flags of a call are, among arguments that are numbers. */
const FLAGS: Readonly<Record<string, number>> = { recvfrom: 3, sendto: 3, sendmsg: 2, sendmmsg: 3 }

const BIRTHS = new Set(['socketpair', ...MAKERS])
const MESSAGES = new Set(['recvmsg', 'recvmmsg'])
const SENDS = new Set(['sendto', 'sendmsg', 'sendmmsg'])
const TRANSFERS = new Set(['recvfrom', ...MESSAGES, ...SENDS])
const MAY_WAIT = new Set(['connect', 'accept', 'accept4', 'sendfile', ...TRANSFERS])
const WITH_TIMEOUT = new Set(['poll', 'epoll_wait'])

/** What follows the headers of messages: the flags, and a timeout. Of a call that failed strace shows no headers, but an address. */
const tail = (args: string): string => args.slice(Math.max(args.lastIndexOf('}'), 0))

const hasCloexec: Readonly<Record<string, (args: string) => boolean>> = {
  socket: (args) => (numberAt(args, 1) & SOCK_CLOEXEC) !== 0,
  socketpair: (args) => args.includes('SOCK_CLOEXEC'),
  accept4: (args) => (numberAt(args, 3) & SOCK_CLOEXEC) !== 0,
  dup3: (args) => (numberAt(args, 2) & SOCK_CLOEXEC) !== 0,
  epoll_create1: (args) => (numberAt(args, 0) & SOCK_CLOEXEC) !== 0,
  eventfd2: (args) => (numberAt(args, 1) & SOCK_CLOEXEC) !== 0,
  openat: (args) => (numberAt(args, 2) & SOCK_CLOEXEC) !== 0,
  // These cannot do otherwise.
  pidfd_open: () => true,
  pidfd_getfd: () => true,
  fcntl: (args) => numberAt(args, 1) !== F_DUPFD,
  recvmsg: (args) => tail(args).includes('MSG_CMSG_CLOEXEC'),
  recvmmsg: (args) => tail(args).includes('MSG_CMSG_CLOEXEC'),
}

const closeOnExec: Rule = {
  name: 'descriptors are created with close-on-exec',
  phase: 'leave',
  // A message need not bring any descriptor; its flags must be right before anybody knows.
  concerns: (call) => BIRTHS.has(call.name) || born(call).length > 0 || (MESSAGES.has(call.name) && call.result >= 0),
  broken: ({ name, args }) => (hasCloexec[name]?.(args) ? undefined : 'makes a descriptor without close-on-exec'),
}

const noSignal: Rule = {
  name: 'sends have MSG_NOSIGNAL',
  phase: 'leave',
  concerns: ({ name }) => SENDS.has(name),
  broken: ({ name, args }) =>
    (numberAt(args, FLAGS[name] ?? 0) & MSG_NOSIGNAL) === 0 ? 'sends without MSG_NOSIGNAL' : undefined,
}

const closedOnce: Rule = {
  name: CLOSED_ONCE,
  phase: 'leave',
  concerns: ({ name }) => name === 'close',
  broken: ({ error }) => (error === 'EBADF' ? 'closes a descriptor that is not open' : undefined),
}

const closedByOwner: Rule = {
  name: CLOSED_BY_OWNER,
  phase: 'enter',
  concerns: ({ name }) => name === 'close',
  broken(_, { tid, isJs }, descriptor) {
    if (descriptor === undefined || descriptor.users.size === 0) return 'closes what is not ours'
    // A thread of the pool closes for one that runs JavaScript.
    return isJs && !descriptor.users.has(tid) ? 'closes what another thread has made' : undefined
  },
}

const deregistered: Rule = {
  name: DEREGISTERED,
  phase: 'enter',
  concerns: ({ name }) => name === 'close',
  broken(_, { process }, descriptor) {
    const set = [...(descriptor?.sets ?? [])].find((one) => process.watched.has(one))
    return set === undefined ? undefined : `closes a descriptor that epoll set ${set} still watches`
  },
}

/** Whether a call has to end at once whatever the mode of its descriptor is. */
const isTold = ({ name, args }: Call): boolean => {
  if (MESSAGES.has(name)) return tail(args).includes('MSG_DONTWAIT')
  return name in FLAGS && (numberAt(args, FLAGS[name] ?? 0) & MSG_DONTWAIT) !== 0
}

/** Others may make any socket blocking between two calls of ours, in which the trace sees no difference. */
const toldNotToWait: Rule = {
  name: TOLD_NOT_TO_WAIT,
  phase: 'leave',
  concerns: ({ name }) => TRANSFERS.has(name),
  broken: (call) => (isTold(call) ? undefined : 'relies on O_NONBLOCK, which everybody with the socket may clear'),
}

/** The milliseconds of poll(2) and epoll_wait(2). */
const timeout = ({ name, args }: Call): number =>
  name === 'poll' ? Number(/, \d+, (-?\d+)$/.exec(args)?.[1] ?? Number.NaN) : numberAt(args, 3)

const neverWaits: Rule = {
  name: NEVER_WAITS,
  phase: 'leave',
  concerns: ({ name }) => MAY_WAIT.has(name) || WITH_TIMEOUT.has(name),
  broken(call, { isJs }, descriptor) {
    if (!isJs) return undefined
    if (WITH_TIMEOUT.has(call.name)) return timeout(call) === 0 ? undefined : 'waits on a thread of JavaScript'
    if (descriptor?.description.nonblock !== false || isTold(call)) return undefined
    return 'is made on a blocking descriptor, on a thread of JavaScript'
  },
}

const neverLingers: Rule = {
  name: NEVER_LINGERS,
  phase: 'enter',
  concerns: ({ name }) => name === 'close',
  broken(_, { isJs }, descriptor) {
    const last = descriptor?.description.lingers === true && descriptor.description.holders === 1
    return isJs && last ? 'closes a socket that lingers, on a thread of JavaScript' : undefined
  },
}

export const RULES: readonly Rule[] = [
  closeOnExec,
  noSignal,
  closedOnce,
  closedByOwner,
  deregistered,
  toldNotToWait,
  neverWaits,
  neverLingers,
]

/** The descriptor that a call is about, as the process knows it. */
export const descriptorOf = (call: Call, { process }: Thread): Descriptor | undefined =>
  process.descriptors.get(subject(call))
