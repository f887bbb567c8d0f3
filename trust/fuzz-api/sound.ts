/** Arguments that make sense, by what they are for. Most calls get one hostile argument among sound ones, or none. */
import {
  AF_INET,
  AF_INET6,
  IPPROTO_IP,
  IPPROTO_TCP,
  MSG_DONTWAIT,
  MSG_ERRQUEUE,
  MSG_MORE,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
  SCM_RIGHTS,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SO_RCVBUF,
  SOL_SOCKET,
} from 'berkeley'
import {
  AddrInfo,
  CmsgHdr,
  CmsgHdrs,
  type Socket as LowSocket,
  MsgHdr,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from 'berkeley/llsocket'
import { type Maker, resizable } from './hostile.js'
import { AUTHORITY, CERTIFICATE, FILE, HOST, KEY, sharedContexts, type World } from './world.js'

type Makers = Readonly<Record<string, Maker>>

const numbers = (...values: number[]): Makers => Object.fromEntries(values.map((n) => [String(n), () => n]))
const texts = (...values: string[]): Makers =>
  Object.fromEntries(values.map((text) => [JSON.stringify(text), () => text]))

function aborted(when: 'now' | 'soon'): AbortSignal {
  const controller = new AbortController()
  if (when === 'now') controller.abort()
  else setImmediate(() => controller.abort())
  return controller.signal
}

function textMessage(...cmsgs: CmsgHdr[]): MsgHdr {
  const msg = new MsgHdr()
  msg.add('a piece')
  msg.add(Buffer.alloc(3000))
  for (const cmsg of cmsgs) msg.control().push(cmsg)
  return msg
}

function roomOf(bytes: number): MsgHdr {
  const msg = new MsgHdr()
  msg.addn(bytes)
  return msg
}

function segmented(): CmsgHdrs {
  const cmsgs = new CmsgHdrs()
  cmsgs.push(CmsgHdr.of('ttl', 3))
  return cmsgs
}

const udpPeer = (world: World): AddrInfo => (world.get('ll udp') as LowSocket).getsockname()

const config = { cert: CERTIFICATE, key: KEY }

const groups = <G extends string>(all: Record<G, Makers>): Readonly<Record<G, Makers>> => all

/** Groups by name. */
export const SOUND = groups({
  size: numbers(1, 4, 100, 4096, 65536),
  count: numbers(0, 1, 2, 10, 64),
  small: numbers(0, 1, 3),
  flags: { ...numbers(0, 0, MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC, MSG_OOB, MSG_MORE, MSG_ERRQUEUE, MSG_WAITALL) },
  boolean: { true: () => true, false: () => false },
  wait: {
    none: () => undefined,
    '{}': () => ({}),
    'fresh signal': () => ({ signal: new AbortController().signal }),
    'aborted signal': () => ({ signal: aborted('now') }),
    'signal that is aborted soon': () => ({ signal: aborted('soon') }),
  },
  data: {
    text: () => 'some text',
    bytes: () => Buffer.alloc(100, 1),
    much: () => Buffer.alloc(40_000, 2),
    resizable: () => new Uint8Array(resizable(64, 128)),
    'no text': () => '',
    int16: () => new Int16Array(9),
    view: () => new DataView(new ArrayBuffer(16), 1),
  },
  room: {
    bytes: () => Buffer.alloc(100),
    byte: () => Buffer.alloc(1),
    int32: () => new Int32Array(25),
    shared: () => new Uint8Array(new SharedArrayBuffer(64)),
  },
  rooms: { two: () => [Buffer.alloc(3), Buffer.alloc(50)], none: () => [] },
  datas: { two: () => ['a', Buffer.alloc(50)], none: () => [] },
  addr: {
    tcp: () => AddrInfo.inet('127.0.0.1', 9, { socktype: SOCK_STREAM }),
    udp: () => AddrInfo.inet('127.0.0.1', 9, { socktype: SOCK_DGRAM }),
    udp6: () => AddrInfo.inet6('::1', 9, { socktype: SOCK_DGRAM }),
    'udp peer': udpPeer,
    unnamed: () => AddrInfo.unix('', { socktype: SOCK_DGRAM }),
    abstract: (world) => AddrInfo.unix(world.name(), { socktype: SOCK_STREAM }),
    nowhere: () => AddrInfo.unix('missing/socket', { socktype: SOCK_SEQPACKET }),
    'of no family': () => AddrInfo.raw(new Uint8Array(16)),
    'of another family': () => AddrInfo.raw(new Uint8Array([250, 1, 2, 3])),
  },
  message: {
    text: (world) => world.message(textMessage()),
    rights: (world) => world.message(textMessage(CmsgHdr.rights(0, 0))),
    ttl: (world) => world.message(textMessage(CmsgHdr.of('ttl', 3))),
    nothing: (world) => world.message(new MsgHdr()),
    room: (world) => world.message(roomOf(100)),
    'much room': (world) => world.message(roomOf(65536)),
  },
  cmsg: { ttl: () => CmsgHdr.of('ttl', 3), rights: () => CmsgHdr.rights(0), any: () => new CmsgHdr(1, 77, 'x') },
  fd: { file: () => FILE, raw: (world) => world.raw(), 'standard input': () => 0 },
  fds: { one: () => [0], none: () => [], 'not open': () => [999] },
  'raw fd': { raw: (world) => world.raw() },
  milliseconds: numbers(0, 1, 5),
  port: { ...numbers(0, 1, 9), text: () => '9' },
  host: texts('127.0.0.1', '::1', '127.1', '::ffff:127.0.0.1', '::1%lo', '::1%1', '*', ''),
  inet: texts('127.0.0.1', '127.0.0.2', '224.0.0.251', '0.0.0.0', '::1'),
  inet6: texts('::1', '::', 'ff02::1', 'fe80::1%lo', 'fe80::1%1', '127.0.0.1'),
  path: {
    abstract: (world) => world.name(),
    file: (world) => `s${world.name().slice(1)}`,
    bytes: () => Buffer.from('\0bk-\xff', 'latin1'),
    none: () => '',
  },
  level: numbers(SOL_SOCKET, IPPROTO_IP, IPPROTO_TCP),
  option: numbers(SO_RCVBUF, SCM_RIGHTS, 2, 3, 9),
  kind: texts('int', 'bool', 'seconds', 'u32', 'u64', 'timeval', 'linger', 'ucred', 'string', 'bytes', 'address'),
  value: { 1: () => 1, true: () => true, text: () => 'lo', bytes: () => Buffer.alloc(4), bigint: () => 5n },
  ancillary: texts('ttl', 'hoplimit', 'pktinfo', 'tos', 'timestampns', 'credentials', 'segment', 'rights', 'error'),
  how: numbers(SHUT_RD, SHUT_WR, SHUT_RDWR),
  type: numbers(SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET),
  family: numbers(0, AF_INET, AF_INET6),
  protocol: numbers(0, 6, 17),
  index: numbers(0, 1, 5, -1),
  hook: {
    null: () => null,
    yes: () => () => true,
    no: () => () => false,
    closing: (_, spoil) => () => spoil(),
    throwing: () => () => {
      throw Object.assign(new Error('a hook'), { code: 'HOSTILE_HOOK' })
    },
    promising: () => async () => true,
  },
  low: {
    stream: (world) => world.get('ll unix stream'),
    dgram: (world) => world.get('ll unix dgram'),
    tcp: (world) => world.get('ll tcp'),
    udp: (world) => world.get('ll udp'),
    none: () => undefined,
  },
  'stream socket': { unix: (world) => world.get('unix stream'), tcp: (world) => world.get('tcp') },
  datagrams: {
    none: () => [],
    text: () => [{ data: 'a' }, { data: 'b' }],
    addressed: (world) => [{ data: 'a', addr: udpPeer(world) }],
    segments: () => [{ data: Buffer.alloc(300), segmentSize: 100 }],
    control: () => [{ data: 'x', control: segmented() }],
    batch: (world) => world.get('batch'),
    many: () => Array.from({ length: 200 }, () => ({ data: 'x' })),
  },
  'address options': {
    none: () => undefined,
    '{}': () => ({}),
    types: () => ({ socktype: SOCK_STREAM, protocol: 6, canonname: 'x' }),
    scope: () => ({ scopeid: 1, flowinfo: 5 }),
  },
  'inet options': {
    numeric: () => ({ host: '127.0.0.1', port: 0, numeric: true }),
    open: (world) => ({ host: '127.0.0.1', port: portOf(world) }),
    'with a signal': (world) => ({ host: '127.0.0.1', port: portOf(world), signal: aborted('soon') }),
    refused: () => ({ host: '127.0.0.1', port: 9 }),
    addresses: (world) => ({
      addresses: [AddrInfo.inet('127.0.0.1', 9), AddrInfo.inet('127.0.0.1')],
      port: portOf(world),
    }),
    'a lookup': (world) => ({
      host: 'a.example',
      port: portOf(world),
      lookup: (_: string, __: object, done: (error: null, list: object[]) => void) =>
        done(null, [{ address: '127.0.0.1' }, AddrInfo.inet('127.0.0.2', 9)]),
    }),
    'a local name': (world) => ({
      host: '127.0.0.1',
      port: portOf(world),
      localAddress: '127.0.0.3',
      attemptDelay: 10,
    }),
    six: () => ({ host: '::1', port: 0, family: AF_INET6, passive: true }),
    null: () => null,
    none: () => undefined,
  },
  'unix options': {
    abstract: (world) => ({ path: world.name() }),
    file: (world) => ({ path: `s${world.name().slice(1)}` }),
    nobody: () => ({ pathname: 'missing/socket' }),
    'prepared by closing': (world) => ({ path: world.name(), prepare: (sock: { close(): void }) => sock.close() }),
    'prepared by throwing': (world) => ({
      path: world.name(),
      prepare: () => {
        throw Object.assign(new Error('prepare'), { code: 'HOSTILE_PREPARE' })
      },
    }),
    null: () => null,
    none: () => undefined,
  },
  'tls options': {
    server: (world) => ({ path: world.name(), tlscfg: sharedContexts().server }),
    client: (world) => ({ path: world.name(), tlscfg: sharedContexts().client, servername: HOST }),
    tcp: (world) => ({ host: '127.0.0.1', port: portOf(world), tlscfg: sharedContexts().client }),
    config: (world) => ({ path: world.name(), tlscfg: config }),
  },
  tlscfg: {
    server: () => sharedContexts().server,
    client: () => sharedContexts().client,
    'server config': () => config,
    'client config': () => ({ ca: AUTHORITY, servername: HOST }),
    'odd config': () => ({ ca: AUTHORITY, servername: HOST, minVersion: 'TLSv1.3', ALPNProtocols: ['a', 'b'] }),
    'wrong key': () => ({ cert: CERTIFICATE, key: AUTHORITY }),
    'empty config': () => ({}),
  },
  'wrap options': {
    none: () => undefined,
    server: () => ({ server: true }),
    client: () => ({ servername: HOST, signal: aborted('soon') }),
    received: () => ({ received: Buffer.from('x') }),
  },
  label: texts('a label', 'EXPORTER'),
})

export type Group = keyof typeof SOUND

function portOf(world: World): number {
  return (world.get('tcp server') as { getsockname(): AddrInfo }).getsockname().port ?? 0
}
