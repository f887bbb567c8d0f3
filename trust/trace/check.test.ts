// The rules for traces, on traces that were written by hand: each of them can fail, and lets pass what is right.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Allowed, Checker, type Report } from './check.js'
import { CLOSED_BY_OWNER, CLOSED_ONCE, NEVER_LINGERS, NEVER_WAITS, RULES, TOLD_NOT_TO_WAIT } from './rules.js'

const OURS = '[00000000deadbeef]'
const LIBUV = '[00000000cafecafe]'

/** A Node with one thread more; 10 is its main thread, 11 a worker or one of the pool. */
const START = [
  '10 [0000000000000001] execve("/usr/bin/node", ["node", "/x/build/test/stream/some.test.js"], 0x1 /* 9 vars */) = 0',
  `10 ${OURS} fcntl(0xffffffffffffffff, 0x6265726b, 0) = -1 EBADF (Bad file descriptor)`,
  '10 [0000000000000001] clone3({flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_THREAD, stack=0x1} => {parent_tid=[11]}, 88) = 11',
]

function reportOf(lines: readonly string[], allowed: readonly Allowed[] = []): Report {
  const checker = new Checker(allowed)
  for (const line of [...START, ...lines]) checker.line(line)
  return checker.report()
}

const brokenBy = (lines: readonly string[], allowed?: readonly Allowed[]): string[] =>
  reportOf(lines, allowed).complaints.map(({ rule }) => rule)

const CLOEXEC = 'descriptors are created with close-on-exec'
const SIGNAL = 'sends have MSG_NOSIGNAL'
const WATCHED = 'closes come after EPOLL_CTL_DEL'

/** Non-blocking, close-on-exec. */
const SOCKET = `10 ${OURS} socket(0x1, 0x80801, 0) = 0x5`
const PAIR = `10 ${OURS} socketpair(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, 0, [5, 6]) = 0`
const BLOCKING = `10 ${OURS} socket(0x1, 0x80001, 0) = 0x5`
const CLOSE = `10 ${OURS} close(0x5) = 0`
const IN_A_SET = [
  `10 ${OURS} epoll_create1(0x80000) = 0x4`,
  `10 ${LIBUV} epoll_ctl(0x3, 0x1, 0x4, 0x1) = 0`,
  SOCKET,
  `10 ${OURS} epoll_ctl(0x4, 0x1, 0x5, 0x1) = 0`,
]
const LINGERS = `10 ${OURS} setsockopt(5, SOL_SOCKET, SO_LINGER, {l_onoff=1, l_linger=2}, 8) = 0`
const MESSAGE =
  '{msg_name=NULL, msg_iov=[{iov_base="}, 0) = 1", iov_len=9}], msg_control=[{cmsg_len=24, cmsg_level=SOL_SOCKET,'

const cases: Record<string, [lines: readonly string[], rules: readonly string[]]> = {
  'a socket with close-on-exec': [[SOCKET, CLOSE], []],
  'a socket without': [[`10 ${OURS} socket(0x1, 0x801, 0) = 0x5`, CLOSE], [CLOEXEC]],
  'a socket of libuv is not looked at': [[`10 ${LIBUV} socket(0x1, 0x801, 0) = 0x5`], []],
  'accept4 without': [[SOCKET, `10 ${OURS} accept4(0x5, 0, 0, 0x800) = 0x6`], [CLOEXEC]],
  'a pair without': [[`10 ${OURS} socketpair(AF_UNIX, SOCK_STREAM, 0, [5, 6]) = 0`], [CLOEXEC]],
  'a duplicate without': [[SOCKET, `10 ${OURS} fcntl(0x5, 0, 0) = 0x6`], [CLOEXEC]],
  'a duplicate with': [[SOCKET, `10 ${OURS} fcntl(0x5, 0x406, 0) = 0x6`], []],
  'an epoll set without': [[`10 ${OURS} epoll_create1(0) = 0x5`], [CLOEXEC]],
  'a message with descriptors, without': [
    [
      SOCKET,
      `10 ${OURS} recvmsg(5, ${MESSAGE} cmsg_type=SCM_RIGHTS, cmsg_data=[7, 8]}], msg_flags=0}, MSG_DONTWAIT) = 1`,
    ],
    [CLOEXEC],
  ],
  'a message with descriptors, with; they are closed after that': [
    [
      SOCKET,
      `10 ${OURS} recvmsg(5, ${MESSAGE} cmsg_type=SCM_RIGHTS, cmsg_data=[7, 8]}], msg_flags=0}, MSG_DONTWAIT|MSG_CMSG_CLOEXEC) = 1`,
      `10 ${OURS} close(0x7) = 0`,
      `10 ${OURS} close(0x8) = 0`,
    ],
    [],
  ],

  'a send with MSG_NOSIGNAL': [[SOCKET, `10 ${OURS} sendto(0x5, 0x1, 0x1, 0x4040, 0, 0) = 0x1`], []],
  'a send without': [[SOCKET, `10 ${OURS} sendto(0x5, 0x4000, 0x4000, 0x40, 0, 0) = 0x1`], [SIGNAL]],
  'sendmsg without': [[SOCKET, `10 ${OURS} sendmsg(0x5, 0x1, 0x40) = -1 EPIPE (Broken pipe)`], [SIGNAL]],
  'sendmmsg without': [[SOCKET, `10 ${OURS} sendmmsg(0x5, 0x1, 0x2, 0x40) = 0x2`], [SIGNAL]],

  'a close of what is not open': [
    [SOCKET, CLOSE, `10 ${OURS} close(0x5) = -1 EBADF (Bad file descriptor)`],
    [CLOSED_BY_OWNER, CLOSED_ONCE],
  ],
  'a close of what libuv has opened meanwhile': [
    [SOCKET, CLOSE, `10 ${LIBUV} accept4(0x9, 0, 0, 0x80800) = 0x5`, CLOSE],
    [CLOSED_BY_OWNER],
  ],
  'a close of what came from elsewhere and was looked at': [
    [`10 ${OURS} getsockopt(0x5, 0x1, 0x3, 0x1, 0x1) = 0`, CLOSE],
    [],
  ],
  'a close of what another thread has made': [
    [SOCKET, `11 ${OURS} socket(0x1, 0x80801, 0) = 0x6`, `11 ${OURS} close(0x5) = 0`],
    [CLOSED_BY_OWNER],
  ],
  'a close on a thread of the pool': [[SOCKET, `11 ${OURS} close(0x5) = 0`], []],
  'a close on a thread of the pool that sent nothing before': [
    [SOCKET, `11 ${OURS} sendto(0x5, 0x1, 0, 0x4040, 0, 0) = 0`, `11 ${OURS} close(0x5) = 0`],
    [],
  ],
  'a number that is given out while its close is not over': [
    [
      SOCKET,
      `11 ${OURS} close(0x5 <unfinished ...>`,
      `10 ${OURS} socket(0x1, 0x80801, 0) = 0x5`,
      '11 [00000000deadbeef] <... close resumed>) = 0',
      CLOSE,
    ],
    [],
  ],

  'a close of what is in an epoll set': [[...IN_A_SET, CLOSE], [WATCHED]],
  'a close after EPOLL_CTL_DEL': [[...IN_A_SET, `10 ${OURS} epoll_ctl(0x4, 0x2, 0x5, 0x1) = 0`, CLOSE], []],
  'a close when libuv has let go of the set': [
    [...IN_A_SET, `10 ${LIBUV} epoll_ctl(0x3, 0x2, 0x4, 0x1) = 0`, CLOSE],
    [],
  ],

  'a receive on a blocking socket': [
    [BLOCKING, `10 ${OURS} recvfrom(0x5, 0x1, 0x1, 0, 0, 0) = 0x1`],
    [NEVER_WAITS, TOLD_NOT_TO_WAIT],
  ],
  'the same with MSG_DONTWAIT': [[BLOCKING, `10 ${OURS} recvfrom(0x5, 0x1, 0x1, 0x40, 0, 0) = 0x1`], []],
  'the same when it was made non-blocking': [
    [BLOCKING, `10 ${OURS} fcntl(0x5, 0x4, 0x802) = 0`, `10 ${OURS} recvfrom(0x5, 0x1, 0x1, 0, 0, 0) = 0x1`],
    [TOLD_NOT_TO_WAIT],
  ],
  'a receive on a duplicate of what was made blocking again': [
    [
      SOCKET,
      `10 ${OURS} fcntl(0x5, 0x406, 0) = 0x6`,
      `10 ${OURS} fcntl(0x5, 0x4, 0x2) = 0`,
      `10 ${OURS} recvfrom(0x6, 0x1, 0x1, 0, 0, 0) = 0x1`,
    ],
    [NEVER_WAITS, TOLD_NOT_TO_WAIT],
  ],
  'a send that relies on O_NONBLOCK': [
    [SOCKET, `10 ${OURS} sendto(0x5, 0x1, 0x1, 0x4000, 0, 0) = 0x1`],
    [TOLD_NOT_TO_WAIT],
  ],
  'a message that relies on O_NONBLOCK': [
    [SOCKET, `10 ${OURS} sendmsg(0x5, 0x1, 0x4000) = -1 EAGAIN (Resource temporarily unavailable)`],
    [TOLD_NOT_TO_WAIT],
  ],
  'a batch that relies on O_NONBLOCK': [
    [SOCKET, `10 ${OURS} sendmmsg(0x5, 0x1, 0x2, 0x4000) = 0x2`],
    [TOLD_NOT_TO_WAIT],
  ],
  'a receive of a batch that relies on O_NONBLOCK and finds nothing': [
    [SOCKET, `10 ${OURS} recvmmsg(5, 0x7ffe, 64, MSG_TRUNC|MSG_CMSG_CLOEXEC, NULL) = -1 EAGAIN (Resource)`],
    [TOLD_NOT_TO_WAIT],
  ],
  'the same with MSG_DONTWAIT among its flags': [
    [SOCKET, `10 ${OURS} recvmmsg(5, 0x7ffe, 64, MSG_DONTWAIT|MSG_CMSG_CLOEXEC, NULL) = -1 EAGAIN (Resource)`],
    [],
  ],
  'a receive of a message that relies on O_NONBLOCK, with the name of the flag in its data': [
    [
      SOCKET,
      `10 ${OURS} recvmsg(5, {msg_iov=[{iov_base="MSG_DONTWAIT", iov_len=12}], msg_flags=0}, MSG_CMSG_CLOEXEC) = 12`,
    ],
    [TOLD_NOT_TO_WAIT],
  ],
  'a send on a thread of the pool that relies on O_NONBLOCK': [
    [SOCKET, `11 ${OURS} sendto(0x5, 0x1, 0x1, 0x4000, 0, 0) = 0x1`],
    [TOLD_NOT_TO_WAIT],
  ],
  'a look at the mode on a thread of the pool, which closes after it': [
    [SOCKET, `11 ${OURS} fcntl(0x5, 0x3, 0) = 0x802`, `11 ${OURS} close(0x5) = 0`],
    [],
  ],
  'connect in a worker': [
    [`11 ${OURS} socket(0x1, 0x80001, 0) = 0x5`, `11 ${OURS} connect(0x5, 0x1, 0x10) = 0`],
    [NEVER_WAITS],
  ],
  'sendfile on a thread of the pool may block': [[BLOCKING, `11 ${OURS} sendfile(0x5, 0x6, 0x1, 0x1) = 0x1`], []],
  'poll that waits': [[SOCKET, `10 ${OURS} poll([{fd=5, events=POLLIN}], 1, 1000) = 0 (Timeout)`], [NEVER_WAITS]],
  'poll that looks': [[SOCKET, `10 ${OURS} poll([{fd=5, events=POLLIN}], 1, 0) = 0 (Timeout)`], []],
  'epoll_wait that waits': [[`10 ${OURS} epoll_wait(0x4, 0x1, 0x20, 0xffffffff) = 0`], [NEVER_WAITS]],

  'a close that lingers': [[SOCKET, LINGERS, CLOSE], [NEVER_LINGERS]],
  'a close of a unix socket of a pair, which does not linger': [[PAIR, LINGERS, CLOSE], []],
  'a close that lingers, on a thread of the pool': [[SOCKET, LINGERS, `11 ${OURS} close(0x5) = 0`], []],
  'a close of one of two duplicates': [[SOCKET, LINGERS, `10 ${OURS} fcntl(0x5, 0x406, 0) = 0x6`, CLOSE], []],
  'a close of the last of two duplicates': [
    [
      SOCKET,
      LINGERS,
      `10 ${OURS} fcntl(0x5, 0x406, 0) = 0x6`,
      `11 ${OURS} close(0x5) = 0`,
      `10 ${OURS} close(0x6) = 0`,
    ],
    [NEVER_LINGERS],
  ],
}

describe('the rules for traces', () => {
  for (const [what, [lines, rules]] of Object.entries(cases))
    test(`${what}: ${rules.length ? 'a complaint' : 'nothing to complain of'}`, () => {
      assert.deepEqual(brokenBy(lines).sort(), [...rules].sort())
    })

  test('each of them is broken by one of these traces', () => {
    const broken = new Set(Object.values(cases).flatMap(([, rules]) => rules))
    assert.deepEqual([...broken].sort(), RULES.map(({ name }) => name).sort())
  })
})

describe('what a trace says of processes', () => {
  test('a complaint names the test, the process and the lines', () => {
    const [complaint] = reportOf([SOCKET, `10 ${LIBUV} close(0x9) = 0`, CLOSE, CLOSE, CLOSE]).complaints
    assert.equal(complaint?.test, 'test/stream/some.test.ts')
    assert.equal(complaint.pid, 10)
    assert.equal(complaint.at, START.length + 4)
    assert.equal(complaint.count, 2)
    assert.deepEqual(complaint.lines.slice(-3), [SOCKET, CLOSE])
  })

  test("what a child does before its birth is told is the child's", () => {
    const report = reportOf([
      SOCKET,
      `12 ${OURS} close(0x5) = 0`,
      `12 ${OURS} close(0x5) = -1 EBADF (Bad file descriptor)`,
      '10 [0000000000000001] clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD) = 12',
      CLOSE,
    ])
    assert.deepEqual(new Set(report.complaints.map(({ pid }) => pid)), new Set([12]))
  })

  test('another program has no mark until it announces one, and inherits nothing that it may close', () => {
    const again = '10 [0000000000000001] execve("/usr/bin/node", ["node"], 0x1 /* 9 vars */) = 0'
    assert.deepEqual(brokenBy([SOCKET, again, CLOSE]), [])
    assert.deepEqual(brokenBy([SOCKET, again, START[1] ?? '', CLOSE]), [CLOSED_BY_OWNER])
  })

  test('an exception is for its rule and its tests only', () => {
    const allowing = (rule: string, test: RegExp): Allowed[] => [{ rule, test, reason: 'a test' }]
    const wrong = [BLOCKING, `10 ${OURS} connect(0x5, 0x1, 0x10) = 0`]
    assert.deepEqual(brokenBy(wrong, allowing(NEVER_WAITS, /^test\/stream\//)), [])
    assert.equal(reportOf(wrong, allowing(NEVER_WAITS, /^test\/stream\//)).permitted, 1)
    assert.deepEqual(brokenBy(wrong, allowing(NEVER_WAITS, /^test\/dgram\//)), [NEVER_WAITS])
    assert.deepEqual(brokenBy(wrong, allowing(SIGNAL, /^test\/stream\//)), [NEVER_WAITS])
  })

  test('counts processes, calls, and what each rule has looked at', () => {
    const { processes, calls, looked } = reportOf([SOCKET, `10 ${LIBUV} close(0x9) = 0`, CLOSE])
    assert.equal(processes, 1)
    assert.equal(calls, 2)
    assert.equal(looked.get(CLOEXEC), 1)
    assert.equal(looked.get(CLOSED_ONCE), 1)
    assert.equal(looked.get(SIGNAL), 0)
  })
})
