// What is known of each option, beside its row: where to try it, what to set, and what the kernel then answers.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import * as ll from 'berkeley/llsocket'
import { type Capability, kernelSince, type SocketName, told } from './sockets.js'

/** A refusal by the kernel that the test expects, and whether its reason still applies. */
export interface Refusal {
  code: string
  why: string
  applies?: () => boolean
}

export interface Fact {
  /** Sockets to try it on, where they are not those of the table. */
  on?: readonly SocketName[]
  /** Values to set one after the other. A boolean row needs none: it is turned over. */
  set?: readonly unknown[]
  /** What they read back as, where that is not what was set. */
  reads?: readonly unknown[]
  /** Looks at what reading gives. */
  check?: (value: unknown) => void
  /** Why it cannot be set twice, and so not be put back either. */
  once?: string
  /** Why the first value cannot be set again; without it the test does so. */
  stays?: string
  /** Why it may read otherwise the next moment. */
  moves?: string
  /** Reading, or setting, is refused here. */
  get?: Refusal
  put?: Refusal
  /** Setting needs it: EPERM without, or the code that is said instead. */
  needs?: Capability
  denial?: string
  /** Setting it once more, or back, needs it. */
  again?: Capability
  /** Linux version that has the option: ENOPROTOOPT before it. */
  since?: string
  /** The test that tries it, where a single socket and value do not do. */
  elsewhere?: string
}

const isString = (value: unknown) => assert.equal(typeof value, 'string')
const isNumber = (value: unknown) => assert.ok(Number.isInteger(value), String(value))
const isBuffer = (value: unknown) => assert.ok(Buffer.isBuffer(value))
const positive = (value: unknown) => assert.ok((value as number | bigint) > 0, String(value))
const is = (expected: unknown) => (value: unknown) => assert.deepEqual(value, expected)

const doubled = 'the kernel doubles what is set'

/** The largest buffer that a process may ask for: older kernels tell it in the first network namespace alone, and here by what they leave of more. */
function largest(buffer: 'rcvbuf' | 'sndbuf'): number {
  const limit = told(`/proc/sys/net/core/${buffer === 'rcvbuf' ? 'rmem_max' : 'wmem_max'}`)
  if (limit) return Number(limit)
  const sock = ll.socket.create(ll.AddrInfo.inet('127.0.0.1', 0, { socktype: ll.SOCK_DGRAM }))
  try {
    return sock[buffer](2 ** 30) / 2
  } finally {
    sock.close()
  }
}

/** The refusal of a kernel in which an option can be set and not read. */
const readSince = (version: string): Refusal => ({
  code: 'ENOPROTOOPT',
  why: `it can be read since Linux ${version}`,
  applies: () => !kernelSince(version),
})

/** Whether the kernel keeps the connections that pass it, as address translation does. */
const isTracking = existsSync('/proc/sys/net/netfilter/nf_conntrack_count')

export const socketFacts: Record<string, Fact> = {
  acceptconn: { on: ['listening4'], check: is(true) },
  attachbpf: { elsewhere: 'filter.test.ts' },
  attachfilter: { elsewhere: 'filter.test.ts' },
  attachreuseportcbpf: { elsewhere: 'filter.test.ts' },
  attachreuseportebpf: { elsewhere: 'filter.test.ts' },
  bindtodevice: { set: ['lo'], again: 'CAP_NET_RAW' },
  bindtoifindex: { set: [1], again: 'CAP_NET_RAW' },
  bpfextensions: { check: positive },
  buflock: { set: [ll.SOCK_SNDBUF_LOCK, ll.SOCK_RCVBUF_LOCK, 3] },
  busypoll: { set: [50] },
  busypollbudget: { set: [4, 8], needs: 'CAP_NET_ADMIN' },
  cnxadvice: { set: [undefined] },
  cookie: { check: positive },
  debug: { needs: 'CAP_NET_ADMIN', denial: 'EACCES' },
  detachfilter: { put: { code: 'ENOENT', why: 'there is no filter' } },
  detachreuseportbpf: { put: { code: 'EINVAL', why: 'there is no group' } },
  getfilter: { check: is(Buffer.alloc(0)) },
  incomingcpu: { set: [0, 1] },
  incomingnapiid: { check: isNumber },
  linger: { set: [0, 5, 32767] },
  lockfilter: { stays: 'it can never be taken off' },
  mark: { set: [1, 0xffffffff], needs: 'CAP_NET_ADMIN' },
  maxpacingrate: { set: [1_000_000n, 5_000_000_000n] },
  meminfo: { check: (value) => positive((value as { rcvbuf: number }).rcvbuf) },
  netnscookie: { check: positive },
  peekoff: { on: ['udp4', 'unix'], set: [0, 7] },
  preferbusypoll: { needs: 'CAP_NET_ADMIN' },
  priority: { set: [1, 6] },
  rcvbuf: {
    set: [1, 4096, 2 ** 31 - 1],
    reads: [2304, 8192, 2 * largest('rcvbuf')],
    stays: doubled,
  },
  rcvbufforce: { set: [4096], needs: 'CAP_NET_ADMIN' },
  rcvlowat: { set: [10, 0], reads: [10, 1] },
  rcvmark: { since: '6.0' },
  rcvpriority: { since: '6.14' },
  reservemem: {
    set: [4096],
    put: {
      code: 'EOPNOTSUPP',
      why: 'the memory of this process is not accounted to a cgroup',
      applies: () => told(`/sys/fs/cgroup${told('/proc/self/cgroup').replace(/^0::/, '')}/memory.current`) === '',
    },
  },
  sndbuf: {
    set: [1, 8192, 2 ** 31 - 1],
    reads: [4608, 16384, 2 * largest('sndbuf')],
    stays: doubled,
  },
  sndbufforce: { set: [8192], needs: 'CAP_NET_ADMIN' },
  sndlowat: { set: [1], put: { code: 'ENOPROTOOPT', why: 'Linux has no such bound' } },
  timestamping: { set: [ll.SOF_TIMESTAMPING_SOFTWARE | ll.SOF_TIMESTAMPING_RX_SOFTWARE] },
  txrehash: { on: ['tcp4', 'tcp6'], set: [0, 1] },
  txtime: { on: ['udp4'], set: [{ clockid: 1, flags: ll.SOF_TXTIME_REPORT_ERRORS }], again: 'CAP_NET_ADMIN' },
}

export const timeoutFacts: Record<string, Fact> = {
  rcvtimeo: { set: [1.5, 30] },
  sndtimeo: { set: [1.5, 30] },
}

const unconnected = ['tcp4', 'tcp6'] as const
const underRepair = { elsewhere: 'repair.test.ts' }

export const tcpFacts: Record<string, Fact> = {
  tcpccinfo: { check: (value) => assert.ok(Array.isArray(value)) },
  tcpcongestion: { set: ['reno'], again: 'CAP_NET_ADMIN' },
  tcpdeferaccept: { on: unconnected, set: [1, 7], reads: [1, 7] },
  tcpdelackmaxus: { set: [100_000], since: '6.15' },
  tcpfastopen: { on: unconnected, set: [5] },
  tcpfastopenconnect: { on: unconnected },
  tcpfastopenkey: { on: unconnected, set: [Buffer.alloc(16, 7), Buffer.alloc(32, 9)], stays: 'no key cannot be set' },
  tcpfastopennocookie: { on: unconnected },
  tcpinfo: {
    on: ['connected4', 'connected6'],
    check: (value) => is(ll.TCP_ESTABLISHED)((value as { state: number }).state),
  },
  tcpismptcp: { check: is(false), since: '6.9' },
  tcpkeepalive: { set: [1, 32767] },
  tcpkeepcnt: { set: [1, 127] },
  tcpkeepintvl: { set: [1, 32767] },
  tcplinger2: { set: [5, 120, -1] },
  tcpmaxseg: { on: unconnected, set: [88, 1000] },
  tcpmd5sig: { elsewhere: 'tcp.test.ts' },
  tcpmd5sigext: { elsewhere: 'tcp.test.ts' },
  tcpnotsentlowat: { set: [16384, 0xffffffff] },
  tcpqueueseq: underRepair,
  tcprepair: underRepair,
  tcprepairoptions: underRepair,
  tcprepairqueue: underRepair,
  tcprepairwindow: underRepair,
  tcprtomaxms: { set: [1000, 60_000], since: '6.15' },
  tcprtominus: { set: [100_000], since: '6.15' },
  tcpsavedsyn: { elsewhere: 'tcp.test.ts' },
  tcpsavesyn: { on: unconnected, set: [1, 2] },
  tcpsyncnt: { set: [1, 127] },
  tcpthindupack: { set: [true], reads: [false] },
  tcptimestamp: { ...underRepair, moves: 'it is a clock' },
  tcptxdelay: { set: [1000] },
  tcpulp: {
    on: ['connected4'],
    set: ['tls'],
    once: 'a protocol stays, and Linux before 6.2 refuses it a second time',
    put: {
      code: 'ENOENT',
      why: 'this kernel has no tls protocol',
      // Older kernels list the protocols in the first network namespace alone.
      applies: () =>
        !told('/proc/sys/net/ipv4/tcp_available_ulp').includes('tls') && !/^tls /m.test(told('/proc/modules')),
    },
  },
  tcpusertimeout: { set: [1, 30_000] },
  tcpwindowclamp: { on: ['tcp4'], set: [65536] },
}

export const udpFacts: Record<string, Fact> = {
  udpencap: { set: [ll.UDP_ENCAP_ESPINUDP], stays: 'the kernel takes a kind, not none' },
  udpliterecvcscov: { on: ['lite4'], set: [8, 1000] },
  udplitesendcscov: { on: ['lite4'], set: [8, 1000] },
  udpsegment: { set: [512, 1400] },
}

const inet = ['tcp4', 'udp4'] as const
const inet6 = ['tcp6', 'udp6'] as const

export const ipFacts: Record<string, Fact | readonly Fact[]> = {
  icmpfilter: { on: ['icmp4'], set: [1 << 8, 0xffffffff] },
  bindaddressnoport: { on: ['tcp4', 'tcp6', 'udp4'] },
  hdrincl: { on: ['icmp4', 'icmp6'] },
  ipchecksum: { on: ['udp4', 'udp6'] },
  ipoptions: { on: inet, set: [Buffer.from([7, 7, 4, 0, 0, 0, 0, 0]), Buffer.alloc(0)] },
  ippasssec: { on: inet },
  localportrange: {
    on: ['tcp4', 'tcp6', 'udp4'],
    set: [
      [40000, 40010],
      [0, 50000],
    ],
    since: '6.3',
  },
  minttl: { set: [1, 255] },
  mtu: [
    {
      on: ['connected4', 'mirror4'],
      check: positive,
      put: { code: 'ENOPROTOOPT', why: 'IPv4 has it to be read' },
      set: [1400],
    },
    {
      on: ['udp4'],
      get: { code: 'ENOTCONN', why: 'there is no path' },
      put: { code: 'ENOPROTOOPT', why: 'as above' },
      set: [1400],
    },
    { on: ['mirror6'], set: [1280, 0], check: positive, stays: 'it reads as that of the route' },
  ],
  mtudiscover: { set: [ll.IP_PMTUDISC_DONT, ll.IP_PMTUDISC_DO, ll.IP_PMTUDISC_OMIT] },
  nodefrag: { on: ['icmp4'] },
  originaldst: {
    on: ['connected4', 'connected6'],
    get: isTracking
      ? { code: 'ENOENT', why: 'nothing redirected the connection' }
      : { code: 'ENOPROTOOPT', why: 'this kernel does not track connections' },
  },
  pktoptions: { on: ['connected4', 'connected6'], check: isBuffer },
  recvfragsize: [
    { on: ['udp4', 'udp6'] },
    { on: ['tcp4', 'tcp6'], set: [true], put: { code: 'EINVAL', why: 'an IPv4 stream has none' } },
  ],
  recvopts: { on: inet },
  retopts: { on: inet },
  routeralert: { on: ['icmp4', 'header6'], set: [1], once: 'a second time is EADDRINUSE', get: readSince('6.9') },
  tos: [{ set: [0xb8, 0x10] }, { on: ['udp4', 'udp6'], set: [255] }, { set: [-1], reads: [0] }],
  transparent: { needs: 'CAP_NET_ADMIN' },
  ttl: { set: [1, 255, -1], reads: [1, 255, 64] },
  unicastif: { set: [1] },
}

const rawHeader = Buffer.from([0, 0, 1, 4, 0, 0, 0, 0])
const none = Buffer.alloc(0)

export const ipv6Facts: Record<string, Fact> = {
  addrpreferences: {
    set: [ll.IPV6_PREFER_SRC_PUBLIC],
    check: (value) => assert.ok((value as number) & (ll.IPV6_PREFER_SRC_PUBLIC | ll.IPV6_PREFER_SRC_PUBTMP_DEFAULT)),
    stays: 'what it reads names the defaults too',
  },
  icmp6filter: { on: ['icmp6'], set: [[1, 128, 255], []] },
  flowlabelget: { elsewhere: 'flow-label.test.ts' },
  flowlabelput: { elsewhere: 'flow-label.test.ts' },
  flowlabelrenew: { elsewhere: 'flow-label.test.ts' },
  dstopts: { set: [rawHeader, none], needs: 'CAP_NET_RAW' },
  hopopts: { set: [rawHeader, none], needs: 'CAP_NET_RAW' },
  ipv6checksum: { on: ['raw6'], set: [2, 0] },
  ipv6pktinfo: { set: ['::1', null] },
  joinanycast: { elsewhere: 'multicast.test.ts' },
  leaveanycast: { elsewhere: 'multicast.test.ts' },
  pathmtu: { on: ['mirror6'], check: positive },
  rthdr: { set: [none] },
  rthdrdstopts: { set: [rawHeader, none], needs: 'CAP_NET_RAW' },
}

const joined = { elsewhere: 'multicast.test.ts' }

export const multicastFacts: Record<string, Fact> = {
  mcastblocksrc: joined,
  mcastif: { set: ['lo'] },
  mcastjoin: joined,
  mcastjoinsrc: joined,
  mcastleave: joined,
  mcastleavesrc: joined,
  mcastmsfilter: joined,
  mcastttl: { set: [0, 255, -1], reads: [0, 255, 1] },
  mcastunblocksrc: joined,
}

const ownGroups = () => [...(/^Groups:(.*)$/m.exec(told('/proc/self/status'))?.[1] ?? '').matchAll(/\d+/g)].map(Number)
const securityModule = () => /selinux|smack|apparmor/.test(told('/sys/kernel/security/lsm'))

export const unixFacts: Record<string, Fact> = {
  inq: { on: ['unix'], set: [true, false], since: '6.17' },
  passpidfd: { since: '6.5' },
  passrights: { since: '6.16' },
  passsec: {},
  peercred: { check: is({ pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.() }) },
  peergroups: { check: is(ownGroups()) },
  peerpidfd: { elsewhere: 'unix.test.ts' },
  peersec: {
    check: isString,
    get: { code: 'ENOPROTOOPT', why: 'no security module is active', applies: () => !securityModule() },
  },
}

const inFamilies = { elsewhere: 'families.test.ts' }

export const packetFacts: Record<string, Fact> = {
  packetaddmembership: inFamilies,
  packetcopythresh: { set: [1000, 0] },
  packetdropmembership: inFamilies,
  packetfanout: inFamilies,
  packetfanoutdata: inFamilies,
  packetrolloverstats: { get: { code: 'EINVAL', why: 'it is in no fanout group' } },
  packetstatistics: { check: is({ packets: 0, drops: 0 }) },
  packetvnethdrsz: { set: [12, 10, 0], since: '6.7' },
}

export const netlinkFacts: Record<string, Fact> = {
  netlinkaddmembership: { set: [1, 5] },
  netlinkdropmembership: { set: [1] },
  netlinklistenallnsid: { set: [true, false], get: readSince('6.9') },
  netlinklistmemberships: { check: is([]) },
}

export const vsockFacts: Record<string, Fact> = {
  vsockbuffermaxsize: { set: [300_000n] },
  vsockbufferminsize: { set: [200n] },
  vsockbuffersize: { set: [100_000n] },
  vsockconnecttimeout: { set: [1.5, 30] },
}

export const canFacts: Record<string, Fact> = {
  canerrfilter: { set: [0x1fffffff] },
  canfilter: { set: [[{ id: 0x123, mask: 0x7ff }], []] },
}

/** Sockets for the options of a table, and the facts of its rows. */
export const facts: Record<string, { on: readonly SocketName[]; rows: Record<string, Fact | readonly Fact[]> }> = {
  socket: { on: ['tcp4'], rows: socketFacts },
  timeout: { on: ['tcp4', 'udp6', 'unix'], rows: timeoutFacts },
  tcp: { on: ['tcp4', 'connected6'], rows: tcpFacts },
  udp: { on: ['udp4', 'udp6'], rows: udpFacts },
  ip: { on: [...inet, ...inet6], rows: ipFacts },
  ipv6: { on: inet6, rows: ipv6Facts },
  multicast: { on: ['udp4', 'udp6'], rows: multicastFacts },
  unix: { on: ['unix', 'unixdgram'], rows: unixFacts },
  packet: { on: ['packet'], rows: packetFacts },
  netlink: { on: ['netlink'], rows: netlinkFacts },
  vsock: { on: ['vsock'], rows: vsockFacts },
  can: { on: ['can'], rows: canFacts },
}
