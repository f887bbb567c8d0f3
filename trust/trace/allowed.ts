// Deliberate violations: each entry allows the tests of some files to break one rule, and says why.
import type { Allowed } from './check.js'
import { CLOSED_BY_OWNER, CLOSED_ONCE, DEREGISTERED, NEVER_LINGERS, NEVER_WAITS, TOLD_NOT_TO_WAIT } from './rules.js'

export const ALLOWED: readonly Allowed[] = [
  {
    rule: NEVER_WAITS,
    test: /^test\/llsocket\//,
    reason: "llsocket's sockets block unless asked not to, and poll() waits",
  },
  { rule: NEVER_WAITS, test: /^test\/options\//, reason: "options are set on llsocket's sockets" },
  { rule: NEVER_WAITS, test: /^test\/unit\/native/, reason: 'native functions are called with sockets of any kind' },
  { rule: NEVER_WAITS, test: /^test\/lifecycle\/workers/, reason: 'a worker is terminated while llsocket blocks it' },
  {
    rule: TOLD_NOT_TO_WAIT,
    test: /^test\/(llsocket|interop\/llsocket|options|unit\/native)/,
    reason: 'the synchronous API gives the kernel the flags of its caller, who may want to wait',
  },
  {
    rule: TOLD_NOT_TO_WAIT,
    test: /^test\/(dgram\/(joined|peek)|lifecycle\/(garbage|memory|received|workers)|unit\/engine\/(epoll|thread-poller)|runtimes\/node)/,
    reason: 'llsocket moves data there without a wait',
  },
  {
    rule: NEVER_LINGERS,
    test: /^test\/options\/(lengths|witness|generic)/,
    reason: 'SO_LINGER is set on sockets that have no peer',
  },

  {
    rule: DEREGISTERED,
    test: /^test\/unit\/engine\/thread-poller/,
    reason: 'closed behind the back of the poller, which has to bear it',
  },

  {
    rule: CLOSED_ONCE,
    test: /^test\/llsocket\/(addon-arguments|close|pass-fd-reused-number)/,
    reason: 'numbers at random; closed by node:fs',
  },
  {
    rule: CLOSED_ONCE,
    test: /^test\/stream\/close(-pending)?\./,
    reason: 'closed behind our back, to see that close() says so',
  },
  { rule: CLOSED_ONCE, test: /^test\/unit\/(fd|message\/cmsghdr)\./, reason: 'closed by node:fs before' },

  {
    rule: CLOSED_BY_OWNER,
    test: /^test\/unit\/(fd|message\/cmsghdrs?)\./,
    reason: 'files of node:fs stand in for sockets',
  },
  { rule: CLOSED_BY_OWNER, test: /^test\/llsocket\/(close|pass-fd-reused-number)/, reason: 'closed by node:fs before' },
  {
    rule: CLOSED_BY_OWNER,
    test: /^test\/(llsocket\/recvfd|options\/unix)/,
    reason: 'a pidfd comes in a message or an option, which the trace does not show',
  },
]
