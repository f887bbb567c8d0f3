// Makes docs/options.md out of the rows of src/options/*.ts and the comments above them.
// `--check` writes nothing and exits with 1 when the file is stale. Needs the compiled package.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { Location } from '#internal/constants/lookup.js'
import { optionTables } from '#internal/options/index.js'
import type { AnyRow, OptionTable } from '#internal/options/option.js'

const root = new URL('.', import.meta.resolve('berkeley/package.json'))
const target = new URL('docs/options.md', root)

/** What each table is about: where its rows are, its heading, and which sockets have it. */
const SECTIONS: Record<keyof typeof optionTables, { file: string; title: string; words: string }> = {
  socket: { file: 'socket', title: 'Socket level', words: 'Sockets of every family.' },
  timeout: {
    file: 'socket',
    title: 'Timeouts',
    words: 'Sockets of `berkeley/llsocket`. The asynchronous classes have deadlines of the same names.',
  },
  tcp: { file: 'tcp', title: 'TCP', words: 'Stream sockets of IPv4 and IPv6.' },
  udp: { file: 'udp', title: 'UDP and UDP-Lite', words: 'Datagram sockets of IPv4 and IPv6.' },
  ip: {
    file: 'ip',
    title: 'IPv4, and both families',
    words:
      'If there are two constants, the family of the socket decides; on an IPv6 socket that also carries IPv4 both are ' +
      'set, or neither. Options of `IPPROTO_IP` also work on such a socket, for its IPv4 packets.',
  },
  ipv6: { file: 'ipv6', title: 'IPv6', words: 'IPv6 sockets.' },
  multicast: { file: 'multicast', title: 'Multicast', words: 'Datagram and raw sockets of IPv4 and IPv6.' },
  unix: { file: 'unix', title: 'Unix sockets', words: 'Unix sockets of every type.' },
  packet: { file: 'packet', title: 'Packet sockets', words: 'Sockets of the link layer.' },
  netlink: { file: 'netlink', title: 'Netlink', words: 'Netlink sockets of every protocol.' },
  vsock: { file: 'vsock', title: 'Vsock', words: 'Sockets between a virtual machine and its host.' },
  can: { file: 'can', title: 'CAN', words: 'Raw CAN sockets.' },
}

const PAGES: Record<string, string> = {
  SOL_SOCKET: 'socket(7)',
  IPPROTO_TCP: 'tcp(7)',
  IPPROTO_UDP: 'udp(7)',
  IPPROTO_UDPLITE: 'udplite(7)',
  IPPROTO_IP: 'ip(7)',
  IPPROTO_IPV6: 'ipv6(7)',
  SOL_RAW: 'raw(7)',
  SOL_PACKET: 'packet(7)',
  SOL_NETLINK: 'netlink(7)',
  AF_VSOCK: 'vsock(7)',
  IPPROTO_ICMPV6: 'RFC 3542',
}

const ACCESS = { rw: 'read, set', ro: 'read', wo: 'set' } as const

/** Options without a row, and why. Every name is written in full: a test looks for each constant of these levels. */
const NOT_ROWS: readonly [constants: string, reason: string][] = [
  [
    'SO_TYPE, SO_PROTOCOL, SO_DOMAIN, SO_ERROR, SO_PEERNAME',
    'are methods of every socket: `socktype()`, `protocol()`, `family()`, `error()`, `getpeername()`.',
  ],
  ['SO_DETACH_BPF', 'is the number of `SO_DETACH_FILTER`: `detachfilter()`.'],
  [
    'SO_TIMESTAMP_OLD, SO_TIMESTAMP_NEW, SO_TIMESTAMPNS_OLD, SO_TIMESTAMPNS_NEW, SO_TIMESTAMPING_OLD, ' +
      'SO_TIMESTAMPING_NEW, SO_RCVTIMEO_OLD, SO_RCVTIMEO_NEW, SO_SNDTIMEO_OLD, SO_SNDTIMEO_NEW',
    'are variants of the plain name, which the C library selects by the width of its `time_t`.',
  ],
  [
    'SO_BSDCOMPAT, SO_SECURITY_AUTHENTICATION, SO_SECURITY_ENCRYPTION_TRANSPORT, SO_SECURITY_ENCRYPTION_NETWORK, ' +
      'TCP_COOKIE_TRANSACTIONS, IPV6_NEXTHOP, IPV6_AUTHHDR',
    'have no effect in Linux, or were removed.',
  ],
  [
    'SO_DEVMEM_LINEAR, SO_DEVMEM_DMABUF, SO_DEVMEM_DONTNEED',
    'belong to device memory, which first has to be bound to a queue of the network device over netlink.',
  ],
  ['TCP_ZEROCOPY_RECEIVE', 'maps received pages with mmap(2), which JavaScript cannot.'],
  [
    'TCP_AO_ADD_KEY, TCP_AO_DEL_KEY, TCP_AO_INFO, TCP_AO_GET_KEYS, TCP_AO_REPAIR',
    'are commands on a list of keys, not values: each has a struct of its own, also as input for reading.',
  ],
  ['TCP_CM_INQ', 'is the ancillary message of `tcpinq`.'],
  [
    'IP_ADD_MEMBERSHIP, IP_DROP_MEMBERSHIP, IP_ADD_SOURCE_MEMBERSHIP, IP_DROP_SOURCE_MEMBERSHIP, IP_BLOCK_SOURCE, ' +
      'IP_UNBLOCK_SOURCE, IP_MSFILTER, IPV6_JOIN_GROUP, IPV6_LEAVE_GROUP, IPV6_ADD_MEMBERSHIP, IPV6_DROP_MEMBERSHIP',
    'do for one family what the `MCAST_` options above do for both.',
  ],
  ['reading MCAST_MSFILTER', 'takes the group as input: `mcastsources(group, ifname?)`.'],
  [
    'IP_IPSEC_POLICY, IP_XFRM_POLICY, IPV6_IPSEC_POLICY, IPV6_XFRM_POLICY',
    'take an IPsec policy with templates; they are for key daemons.',
  ],
  ['IP_PROTOCOL', 'is `protocol()` of a raw socket.'],
  [
    'IP_RECVRETOPTS, IP_ORIGDSTADDR, IPV6_ORIGDSTADDR',
    'have the numbers of options above: `retopts`, `recvorigdstaddr`.',
  ],
  ['IPV6_ADDRFORM', 'turns an IPv6 socket into an IPv4 socket, while the object keeps the family.'],
  ['IPV6_HOPLIMIT', 'is ancillary data; see `ttl` for sending and `recvttl` for receiving.'],
  [
    'IPV6_2292PKTINFO, IPV6_2292HOPOPTS, IPV6_2292DSTOPTS, IPV6_2292RTHDR, IPV6_2292HOPLIMIT',
    'are the options of RFC 2292, which those of RFC 3542 replaced.',
  ],
  [
    'PACKET_RX_RING, PACKET_TX_RING, PACKET_VERSION, PACKET_HDRLEN, PACKET_RESERVE, PACKET_LOSS, PACKET_TX_HAS_OFF, PACKET_TIMESTAMP',
    'belong to rings that a program maps with mmap(2), which JavaScript cannot.',
  ],
  ['PACKET_RECV_OUTPUT', 'does nothing in Linux.'],
  ['PACKET_TX_TIMESTAMP', 'is ancillary data of `timestamping`.'],
  [
    'SO_VM_SOCKETS_PEER_HOST_VM_ID, SO_VM_SOCKETS_TRUSTED, SO_VM_SOCKETS_NONBLOCK_TXRX',
    'exist only for VMware, whose transport no longer has them; SO_VM_SOCKETS_CONNECT_TIMEOUT_NEW is the same as without `_NEW` if `time_t` has 64 bits.',
  ],
  [
    'the options of SOL_ALG, SOL_TLS, SOL_MPTCP and other levels',
    'belong to families and protocols without a class in this package.',
  ],
]

const comment = /\/\*\*(?<words>(?:(?!\*\/)[\s\S])*)\*\/\s*(?<name>[a-z][a-z0-9]*):\s*(?:rw|ro|wo)\(/g

/** The comment above each row of a file; a row without one is an error, found where it is used. */
function sentencesOf(file: string): ReadonlyMap<string, string> {
  const source = readFileSync(new URL(`src/options/${file}.ts`, root), 'utf8')
  const found = [...source.matchAll(comment)].map(({ groups }): [string, string] => {
    const { name = '', words = '' } = groups ?? {}
    return [
      name,
      words
        .replace(/\n\s*\*/g, '\n')
        .replace(/\s+/g, ' ')
        .trim(),
    ]
  })
  return new Map(found)
}

const cell = (text: string) => text.replaceAll('|', '\\|')
const places = ({ location, location6 }: AnyRow): readonly Location[] =>
  location6 ? [location, location6] : [location]
const unique = (values: readonly string[]) => [...new Set(values)]

function line(name: string, row: AnyRow, sentences: ReadonlyMap<string, string>, unix: boolean): string {
  const sentence = sentences.get(name)
  if (!sentence) throw new Error(`the row ${name} has no comment above it`)
  const constants = unique(places(row).map(({ option }) => `\`${option}\``)).join(', ')
  const pages = places(row).map(({ level }) => (unix ? 'unix(7)' : (PAGES[level] ?? level)))
  const cells = [
    `\`${name}\``,
    constants,
    cell(row.kind.name),
    ACCESS[row.access],
    cell(sentence),
    unique(pages).join(', '),
  ]
  return `| ${cells.join(' | ')} |`
}

function section(key: keyof typeof optionTables): string {
  const { file, title, words } = SECTIONS[key]
  const rows = Object.entries(optionTables[key] as OptionTable)
  const sentences = sentencesOf(file)
  const lines = rows.map(([name, row]) => line(name, row, sentences, key === 'unix'))
  return [
    `## ${title}`,
    '',
    words,
    '',
    '| method | constant | value | access | what it is | man page |',
    '| --- | --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n')
}

function page(): string {
  const keys = Object.keys(SECTIONS) as (keyof typeof optionTables)[]
  const count = keys.reduce((sum, key) => sum + Object.keys(optionTables[key]).length, 0)
  return [
    '# Socket options',
    '',
    `${count} options are methods of a socket. Without an argument a method reads the option; with one it`,
    'sets it and returns the effective value, which may differ from the argument. An option that can only be set returns',
    'nothing; one that the kernel can set but not read yet, as some of Linux before 6.9, returns what was given.',
    '',
    'A value of a wrong type throws a `TypeError` (`ERR_INVALID_ARG_TYPE`), one that is out of range a `RangeError`',
    '(`ERR_OUT_OF_RANGE`), without a system call. If the kernel refuses, a `SystemError` has its code:',
    '`ENOPROTOOPT` or `EOPNOTSUPP` if this kernel, or this kind of socket, does not have the option, `EPERM` if a',
    'capability is missing. All other options are available by number, with `getsockopt(level, name, kind)` and',
    '`setsockopt(level, name, value, kind)`.',
    '',
    'The man page is that of the level. Options that it does not describe are newer.',
    '',
    keys.map(section).join('\n\n'),
    '',
    '## Options without a method',
    '',
    ...NOT_ROWS.map(([constants, reason]) => `- ${constants}: ${reason}`),
    '',
    '<!-- Generated from src/options/*.ts by `npm run docs`: change those, not this file. -->',
    '',
  ].join('\n')
}

function current(): string {
  try {
    return readFileSync(target, 'utf8')
  } catch {
    return ''
  }
}

const text = page()
if (current() === text) process.stdout.write('docs/options.md is up to date\n')
else if (process.argv.includes('--check')) {
  process.stderr.write('docs/options.md is stale: run `npm run docs`\n')
  process.exitCode = 1
} else {
  mkdirSync(new URL('./', target), { recursive: true })
  writeFileSync(target, text)
  process.stdout.write('docs/options.md is written\n')
}
