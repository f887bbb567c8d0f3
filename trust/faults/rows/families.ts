/** Netlink and packets, other network namespaces, other processes, and the databases of names. */
import { closeSync } from 'node:fs'
import {
  AddrInfo,
  ETH_P_ALL,
  gethostname,
  getprotobyname,
  getservbyname,
  getservbyport,
  if_indextoname,
  if_nameindex,
  NLM_F_ACK,
  NLM_F_REQUEST,
  NLMSG_NOOP,
  netlink,
  packet,
  pidfd_getfd,
  pidfd_open,
  SOCK_DGRAM,
} from 'berkeley'
import { socket } from 'berkeley/llsocket'
import { ERRNOS } from '../errnos.js'
import type { Fixture, Open, Row } from '../row.js'
import type { CallName } from '../shim.js'
import { tcpPair } from '../sockets.js'

const calling =
  (call: () => unknown): Open =>
  () => ({ step: call })

/** An answer that is a pointer: NULL, and errno beside it. */
const NULL = { result: 0 }

const asked: [name: CallName, ask: () => unknown][] = [
  ['getservbyname', () => getservbyname('http', 'tcp')],
  ['getservbyport', () => getservbyport(80, 'tcp')],
  ['getprotobyname', () => getprotobyname('tcp')],
]

const databaseRows = asked.map(
  ([call, ask]): Row => ({ what: call, open: calling(ask), call, syscall: call, errors: ERRNOS.databases, ...NULL }),
)

const udp = AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_DGRAM })
const HERE = '/proc/self/ns/net'

/** A socket of this namespace, by the way of other ones. */
const inNamespace = calling(() => socket.create(udp, true, HERE).close())

/** Asks the kernel for an acknowledgement in each step, and gets it. */
async function acknowledged(): Promise<Fixture> {
  const sock = await netlink.Socket.create()
  await sock.bind()
  sock.deadlines(4000, 4000)
  const request = Buffer.alloc(16)
  request.writeUInt32LE(16, 0)
  request.writeUInt16LE(NLMSG_NOOP, 4)
  request.writeUInt16LE(NLM_F_REQUEST | NLM_F_ACK, 6)
  return {
    fd: sock.fd(),
    async step(i) {
      request.writeUInt32LE(i, 8)
      await sock.sendto(request, AddrInfo.netlink())
      for (let seq = -1; seq !== i; ) seq = (await sock.recvfrom())[0].readUInt32LE(8)
    },
    close: () => sock.close(),
  }
}

export const familyRows: Row[] = [
  ...databaseRows,
  {
    what: 'gethostname',
    open: calling(gethostname),
    call: 'gethostname',
    syscall: 'gethostname',
    errors: ERRNOS.gethostname,
  },
  {
    what: 'if_nameindex',
    open: calling(if_nameindex),
    call: 'if_nameindex',
    syscall: 'if_nameindex',
    errors: ERRNOS.if_nameindex,
    ...NULL,
  },
  {
    what: 'if_indextoname',
    open: calling(() => if_indextoname(1)),
    call: 'if_indextoname',
    syscall: 'if_indextoname',
    errors: ERRNOS.if_indextoname,
    ...NULL,
  },
  { what: 'a namespace, its file', open: inNamespace, call: 'open', syscall: 'setns', errors: ERRNOS.open },
  { what: 'a namespace, entering it', open: inNamespace, call: 'setns', syscall: 'setns', errors: ERRNOS.setns },
  { what: 'a namespace, the socket', open: inNamespace, call: 'socket', syscall: 'socket', errors: ERRNOS.socket },
  {
    what: 'a namespace, the thread',
    open: inNamespace,
    call: 'pthread_create',
    syscall: 'setns',
    errors: ['EAGAIN'],
    result: 11,
  },
  {
    what: 'pidfd_open',
    open: calling(() => closeSync(pidfd_open(process.pid))),
    call: 'syscall',
    syscall: 'pidfd_open',
    errors: ERRNOS.pidfd,
  },
  {
    what: 'pidfd_getfd',
    open() {
      const pidfd = pidfd_open(process.pid)
      return { step: () => closeSync(pidfd_getfd(pidfd, 2)), close: () => closeSync(pidfd) }
    },
    call: 'syscall',
    syscall: 'pidfd_getfd',
    errors: ERRNOS.pidfd,
  },
  ...(['siocinq', 'siocoutq', 'siocoutqnsd'] as const).map(
    (name): Row => ({
      what: name,
      async open() {
        const pair = await tcpPair()
        return { fd: pair.from.fd(), step: () => pair.from[name](), close: () => pair.close() }
      },
      call: 'ioctl',
      syscall: 'ioctl',
      errors: ERRNOS.ioctl,
    }),
  ),
  {
    what: 'a packet socket, bind',
    async open() {
      const sock = await packet.Socket.create({ ifindex: 'lo', protocol: ETH_P_ALL })
      return { fd: sock.fd(), step: () => sock.bind(), close: () => sock.close() }
    },
    call: 'bind',
    syscall: 'bind',
    errors: ERRNOS.bind,
  },
  {
    what: 'netlink, sendto',
    open: acknowledged,
    call: 'sendto',
    syscall: 'sendto',
    errors: ['EINTR', 'EAGAIN', 'ECONNREFUSED', 'ENOBUFS', 'ENOMEM', 'EPERM', 'EINVAL'],
    done: ['EINTR', 'EAGAIN'],
  },
  {
    what: 'netlink, recvfrom',
    open: acknowledged,
    call: 'recvfrom',
    syscall: 'recvfrom',
    errors: ['EINTR', 'EAGAIN', 'ENOBUFS', 'ENOMEM', 'EOPNOTSUPP'],
    done: ['EINTR', 'EAGAIN'],
  },
]
