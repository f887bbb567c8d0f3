// The test suite under strace: every system call of the addons is checked against the rules in rules.ts.
import { createReadStream, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { ADDONS, builtPath, filesBelow, inRoot } from '../../scripts/lib/project.mjs'
import { Failure, quietly, which } from '../../scripts/lib/run.mjs'
import { runSuite } from '../lib/suite.mjs'

/** @typedef {import('../../build/trust/trace/check.js').Report} Report */
/** @typedef {import('../../build/trust/trace/check.js').Complaint} Complaint */

const COMPILED = inRoot('build', 'trust', 'trace')
const MARK = inRoot('trust', 'trace', 'mark.c')

/** Calls with nothing in their arguments but numbers that matter, or that the rules need none of. */
const RAW = [
  ...['socket', 'accept', 'accept4', 'connect', 'bind', 'listen', 'shutdown', 'getsockname', 'getpeername'],
  ...['getsockopt', 'recvfrom', 'sendto', 'sendmsg', 'sendmmsg', 'sendfile', 'close', 'dup', 'dup2', 'dup3', 'fcntl'],
  ...['epoll_create1', 'eventfd2', 'epoll_ctl', 'epoll_wait', 'openat', 'pidfd_open', 'pidfd_getfd'],
]

/** The others are to be read as strace writes them; those about processes tell which test it is, and which thread belongs to which process. */
const DECODED = [
  ...['socketpair', 'recvmsg', 'recvmmsg', 'poll', 'ioctl', 'setsockopt'],
  ...['execve', 'clone', 'clone3', 'fork', 'vfork'],
]

/** Characters of a text, and elements of a list: no message of ours has more descriptors than 253. */
const ELEMENTS = 300

/** Every family, type and role; messages, batches, descriptors that are passed, TLS, the pool, workers that are terminated. */
const SHORT = [
  ...['stream/accept', 'stream/close', 'stream/connect.', 'stream/conversation', 'stream/create', 'stream/deadline.'],
  ...[
    'stream/detach',
    'stream/listen',
    'stream/pass-fd',
    'stream/queued',
    'stream/recv',
    'stream/send',
    'stream/shutdown',
    'stream/gathered',
  ],
  ...['stream/wait-hook', 'stream/wrap', 'dgram/', 'seqpacket/', 'llsocket/pass-fd', 'llsocket/recvfd'],
  ...['llsocket/sendfd', 'llsocket/sendmsg', 'llsocket/control'],
  ...['interop/starttls', 'lifecycle/blocking-accept', 'lifecycle/workers', 'unit/engine/lone'],
]

/** The tour gives its programs thirty seconds, which strace may take alone. */
const TOO_SLOW = /examples\/tour/

const everything = () =>
  filesBelow(inRoot('test'), /\.test\.ts$/)
    .map((path) => relative(inRoot(), path))
    .filter((name) => !TOO_SLOW.test(name))

/**
 * The addons make system calls through libc's functions, and mark.c has to stand in front of each. These make none, or none that
 * the rules are about.
 */
const HARMLESS =
  /^(__errno_location|__cxa_finalize|clock_|pthread_|eventfd_(read|write)|[cm]alloc|realloc|free|mem|str|snprintf|__isoc99_sscanf|f(open|gets|close)$|pread|mmap|munmap|madvise|inet_|sig|sockatmark|gai_|get(addr|name)info|get(serv|proto)by|gethostname|setns|(get|free)ifaddrs|freeaddrinfo|if_)/

/** @param {string} path */
const symbolsOf = (path) => quietly('reading symbols', 'readelf', ['--wide', '--dyn-syms', path])

/** @param {string} text @param {RegExp} pattern */
const names = (text, pattern) => [...text.matchAll(pattern)].map(([, name]) => name ?? '')

/** Which functions of libc the addons call, and mark.c does not have. @param {string} library */
function unmarked(library) {
  const there = names(symbolsOf(library), / FUNC +GLOBAL +DEFAULT +\d+ (\w+)$/gm)
  const used = ADDONS.flatMap((addon) => names(symbolsOf(builtPath(addon)), / UND (\w+)@GLIBC/g))
  if (!used.includes('socket')) throw new Failure('the addons use no socket: readelf was not understood')
  return used.filter((name) => !there.includes(name) && !HARMLESS.test(name))
}

/** @returns {string} */
function buildMark() {
  const library = inRoot('build', 'trust', 'mark.so')
  mkdirSync(dirname(library), { recursive: true })
  const flags = ['-std=c11', '-O2', '-Wall', '-Wextra', '-Werror', '-U_FORTIFY_SOURCE', '-fvisibility=hidden']
  quietly('compiling mark.c', process.env['CC'] ?? 'cc', [...flags, '-shared', '-fPIC', '-o', library, MARK, '-ldl'])
  const missing = unmarked(library)
  if (missing.length > 0) throw new Failure(`mark.c does not stand in front of ${missing.join(', ')}`)
  return library
}

/** @param {string} log @param {string} library */
const strace = (log, library) => [
  ...['strace', '-f', '-i', '-q', '--seccomp-bpf', '-s', String(ELEMENTS), '-e', 'signal=none', '-o', log],
  ...['-e', `trace=${[...RAW, ...DECODED].join()}`, '-e', `raw=${RAW.join()}`, '-E', `LD_PRELOAD=${library}`],
]

/** @param {string} log @returns {Promise<Report>} */
async function checked(log) {
  const [{ Checker }, { ALLOWED }] = await Promise.all(
    ['check.js', 'allowed.js'].map((name) => import(pathToFileURL(join(COMPILED, name)).href)),
  )
  const checker = new Checker(ALLOWED)
  // One byte, one character: what programs send is no text.
  for await (const line of createInterface({ input: createReadStream(log, 'latin1') })) checker.line(line)
  return checker.report()
}

/** @param {Complaint} complaint */
const inWords = ({ rule, what, count, pid, test, at, lines }) =>
  [
    `${test || 'no test'}, process ${pid}, line ${at}: ${what}`,
    `  rule: ${rule}; broken ${count} times here`,
    ...lines.map((line) => `    ${line}`),
  ].join('\n')

/** @param {Report} report @returns {import('../lib/record.mjs').Figure[]} */
function figures(report) {
  const idle = [...report.looked].find(([, count]) => count === 0)
  if (idle) throw new Failure(`the trace has no call for the rule: ${idle[0]}`)
  if (report.complaints.length > 0) throw new Failure(report.complaints.map(inWords).join('\n\n'))
  return [
    ['processes', report.processes],
    ['system calls of the addons', report.calls],
    .../** @type {import('../lib/record.mjs').Figure[]} */ ([...report.looked]),
    ['deliberate violations in tests', report.permitted],
  ]
}

/** @type {import('../lib/record.mjs').Part} */
export const trace = {
  name: 'trace',
  title: 'the suite under strace: every system call of the addons against rules',
  seconds: { short: 80, long: 900 },
  async run({ long }) {
    if (process.arch !== 'x64') throw new Failure('the calls of the addons can be marked on x86-64 only')
    if (!which('strace')) throw new Failure('strace is missing')
    const library = buildMark()
    const folder = mkdtempSync(join(tmpdir(), 'bk-trace-'))
    try {
      const log = join(folder, 'log')
      const { pass, skipped } = await runSuite(long ? everything() : SHORT, { under: strace(log, library) })
      return [['tests', pass], ['tests skipped', skipped], ...figures(await checked(log))]
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}
