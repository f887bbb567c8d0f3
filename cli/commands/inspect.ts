import type { TcpInfo } from 'berkeley'
import { pidfd_getfd, pidfd_open, SystemError, socket } from 'berkeley/llsocket'
import type { Command, Context } from '../arguments.js'
import { type Description, describe } from '../describe.js'
import { type Process, processesOf, socketsOf } from '../processes.js'
import { table } from '../table.js'
import { STATUS } from '../usage.js'

/** What was found out about a process. */
interface Found extends Process {
  readonly sockets: readonly Description[]
}

/** Shows the sockets of processes. */
export const inspectCommand: Command = {
  name: 'inspect',
  summary: 'show the sockets of processes, with their options and the state of their connections',
  usage: 'PROCESS...',
  least: 1,
  most: 64,
  options: {
    options: { type: 'boolean', short: 'o', help: 'show the options of each socket, too' },
    tcp: { type: 'boolean', short: 't', help: 'show TCP_INFO of each connection, too' },
  },
  notes: [
    'A process is a number, or the name of a program. Its sockets are duplicated for a moment (pidfd_getfd(2), Linux 5.6), which asks for the right to trace it: the same user, or root.',
    'Times are in milliseconds. On a TCP listener QUEUE is the number of connections that wait to be accepted, and its most.',
  ],
  async run({ given, report }) {
    const found = given.positionals.flatMap(processesOf).map(inspect)
    if (report.isJson) process.stdout.write(`${JSON.stringify(found)}\n`)
    else for (const one of found) print(one, { given, report })
    return STATUS.ok
  },
}

function inspect({ pid, name }: Process): Found {
  try {
    const pidfd = pidfd_open(pid)
    try {
      return { pid, name, sockets: socketsOf(pid).flatMap((fd) => socketAt(pidfd, fd)) }
    } finally {
      socket.close(pidfd)
    }
  } catch (error) {
    const { code } = error as { code?: string }
    if (code !== 'EPERM' && code !== 'EACCES') throw error
    throw new Error(`process ${pid} (${name}) may not be looked into: that is for its user, or root (ptrace(2))`, {
      cause: error,
    })
  }
}

/** A socket that is closed meanwhile is not there any more. */
function socketAt(pidfd: number, fd: number): Description[] {
  try {
    const sock = socket.wrap(pidfd_getfd(pidfd, fd))
    try {
      return [describe(fd, sock)]
    } finally {
      sock.close()
    }
  } catch (error) {
    if (error instanceof SystemError && error.code === 'EBADF') return []
    throw error
  }
}

const HEAD = ['FD', 'KIND', 'STATE', 'LOCAL', 'PEER', 'RTT', 'CWND', 'RETRANS', 'QUEUE', 'RCVBUF', 'SNDBUF', 'SET']

/** Options that are worth a word in the table when they are on. */
const SWITCHES = ['tcpnodelay', 'tcpcork', 'keepalive', 'reuseaddr', 'reuseport', 'broadcast', 'v6only', 'transparent']

function row({ fd, kind, state, listening, local, peer, peerpid, options, tcpinfo }: Description): string[] {
  const info = listening ? undefined : (tcpinfo as TcpInfo | undefined)
  const queue = listening && tcpinfo ? `${(tcpinfo as TcpInfo).unacked}/${(tcpinfo as TcpInfo).sacked}` : ''
  return [
    String(fd),
    kind,
    state ?? (listening ? 'LISTEN' : '-'),
    local ?? '-',
    (peer ?? '-') + (peerpid === undefined || listening ? '' : ` (${peerpid})`),
    info ? (info.rtt / 1000).toFixed(2) : '',
    info ? String(info.snd_cwnd) : '',
    info ? String(info.total_retrans) : '',
    queue,
    String(options['rcvbuf'] ?? ''),
    String(options['sndbuf'] ?? ''),
    SWITCHES.filter((name) => options[name] === true).join(' '),
  ]
}

function print({ pid, name, sockets }: Found, { given, report }: Pick<Context, 'given' | 'report'>): void {
  const count = `${sockets.length} ${sockets.length === 1 ? 'socket' : 'sockets'}`
  process.stdout.write(`${report.paint('bold', `process ${pid} (${name})`)}: ${count}\n`)
  if (sockets.length === 0) return
  process.stdout.write(`${table(HEAD, sockets.map(row), (head) => report.paint('cyan', head))}\n`)
  const show = (what: string, one: Description, values: object | undefined): void => {
    if (values === undefined) return
    const text = Object.entries(values).map(([key, value]) => `${key}=${valueText(value)}`)
    process.stdout.write(`${report.paint('bold', `fd ${one.fd}`)} ${what}: ${text.join(' ')}\n`)
  }
  for (const one of sockets) {
    if (given.flag('options')) show('options', one, one.options)
    if (given.flag('tcp')) show('tcp_info', one, one.tcpinfo)
  }
}

function valueText(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
