/** What the arguments of a call are for. A function that is not listed gets hostile values only, and small numbers. */
import type { Group } from './sound.js'

const receive: Group[] = ['size', 'flags', 'wait']
const send: Group[] = ['data', 'flags', 'wait']
const message: Group[] = ['message', 'flags', 'wait']
const sendto: Group[] = ['data', 'addr', 'flags', 'wait']
const sendfd: Group[] = ['fd', 'addr', 'flags', 'wait']
const sendfile: Group[] = ['fd', 'size', 'small', 'wait']
const recvmany: Group[] = ['count', 'size', 'flags', 'wait']
const sendmany: Group[] = ['datagrams', 'flags', 'wait']

/** By the name of the function. */
const BY_NAME: Readonly<Record<string, readonly Group[]>> = {
  recv: receive,
  recvsync: receive,
  recvfrom: receive,
  recvfromsync: receive,
  recvinto: ['room', 'flags', 'wait'],
  recvintosync: ['room', 'flags', 'wait'],
  recvmsg: message,
  recvmsgsync: message,
  send,
  sendsync: send,
  sendmsg: message,
  sendmsgsync: message,
  sendto,
  sendtosync: sendto,
  sendfd,
  sendfdsync: sendfd,
  recvfd: ['flags', 'wait'],
  recvfdsync: ['flags', 'wait'],
  sendfile,
  sendfilesync: sendfile,
  recvmany,
  recvmanysync: recvmany,
  sendmany,
  sendmanysync: sendmany,
  readv: ['rooms', 'flags'],
  writev: ['datas', 'flags'],
  sendzerocopy: ['data', 'wait'],
  exactly: ['count', 'wait'],
  until: ['data', 'wait'],
  lines: ['wait'],
  deadlines: ['milliseconds', 'milliseconds'],
  rcvtimeo: ['small'],
  sndtimeo: ['small'],
  onwaitrecv: ['hook', 'value'],
  onwaitsend: ['hook', 'value'],
  getsockopt: ['level', 'option', 'kind'],
  setsockopt: ['level', 'option', 'value', 'kind'],
  accept: ['wait'],
  acceptfd: ['wait'],
  listen: ['count'],
  shutdown: ['how'],
  handshake: ['wait'],
  end: ['wait'],
  cloexec: ['boolean'],
  nonblock: ['boolean'],
  updateKeys: ['boolean'],
  exportKeyingMaterial: ['size', 'label', 'data'],
  createConnection: ['low'],
  secure: ['tlscfg'],
  bind: ['addr'],
  connect: ['addr'],
  dup: ['addr'],
  recvable: ['small'],
  sendable: ['small'],
  add: ['data'],
  addn: ['size'],
  get: ['index'],
  del: ['index'],
  consume: ['count'],
  name: ['addr'],
  push: ['cmsg'],
  value: ['ancillary'],
  of: ['ancillary', 'value'],
  rights: ['fd', 'fd'],
  reserve: ['size'],
  received: ['count', 'addr', 'flags'],
  inet: ['inet', 'port', 'address options'],
  inet6: ['inet6', 'port', 'address options'],
  unix: ['path', 'address options'],
  vsock: ['count', 'port', 'address options'],
  raw: ['room', 'address options'],
  with: ['address options'],
  equals: ['addr'],
  nameinfo: ['flags'],
  CMSG_LEN: ['size'],
  CMSG_SPACE: ['size'],
  at: ['index'],
  setNoDelay: ['boolean'],
  setKeepAlive: ['boolean', 'count'],
  setTimeout: ['milliseconds', 'hook'],
  writeWithFds: ['data', 'fds'],
  isSupported: ['ancillary'],
  pair: ['type', 'boolean', 'protocol'],
  choose: ['label'],
  assertIdentity: ['label', 'value'],
}

/** By the whole name, where the same word means several things. */
const BY_PLACE: Readonly<Record<string, readonly Group[]>> = {
  'new AddrInfo': [],
  'new CmsgHdr': ['level', 'option', 'data'],
  'CmsgHdr.create': ['level', 'option', 'data'],
  'CmsgHdr.received': ['level', 'option', 'data'],
  'CmsgHdrs#decode': ['room', 'size'],
  'new Context': ['tlscfg', 'boolean'],
  'Context.server': ['tlscfg'],
  'Context.client': ['tlscfg'],
  'Socket#close': ['boolean', 'boolean'],
  'll.socket.create': ['addr', 'boolean'],
  'll.socket.wrap': ['raw fd', 'boolean'],
  'll.socket.close': ['raw fd', 'how'],
  'll.socket.shutdown': ['raw fd', 'how'],
  'll.inet.getaddrinfo': ['host', 'port', 'type', 'protocol', 'flags'],
  'll.inet.getaddrinfo6': ['host', 'port', 'type', 'protocol', 'flags'],
  'll.unix.getaddrinfo': ['path', 'type', 'protocol', 'flags'],
  'AddrInfo.packet': ['value'],
  'AddrInfo.netlink': ['value'],
  'AddrInfo.can': ['value'],
  'tls.wrap': ['stream socket', 'tlscfg', 'wrap options'],
  getnameinfo: ['addr', 'flags', 'wait'],
  options: ['stream socket'],
  close: ['raw fd', 'how'],
  shutdown: ['raw fd', 'how'],
}

const CREATE: readonly (readonly [RegExp, readonly Group[]])[] = [
  [/^tls\.(inet|unix)\.(Client|Server)\.create$/, ['tls options', 'boolean', 'milliseconds']],
  [/^tls\.(inet|unix)\.Server\.wrap$/, ['raw fd', 'tlscfg']],
  [/\bunix\.\w+\.create$|getaddrinfoun$/, ['unix options', 'boolean', 'milliseconds']],
  [/\binet\.\w+\.create$|getaddrinfoin$|^(listen|connect)$/, ['inet options', 'boolean', 'milliseconds']],
  [/\bwrap$/, ['raw fd', 'boolean']],
  [/Client#connect$/, ['milliseconds', 'wait']],
  [/^InetDgramSocket#(bind|connect)$/, ['inet options']],
  [/^UnixDgramSocket#(bind|connect)$/, ['unix options']],
  [/^new .*(Socket|Server|Client)$/, ['low']],
]

/** What the arguments of a function are for. */
export function shapeOf(place: string): readonly Group[] {
  const exact = BY_PLACE[place] ?? CREATE.find(([pattern]) => pattern.test(place))?.[1]
  if (exact) return exact
  const name = /\w+$/.exec(place)?.[0] ?? ''
  return (Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined) ?? ['value', 'value']
}
