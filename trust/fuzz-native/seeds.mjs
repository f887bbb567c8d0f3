// The first inputs of the fuzz targets: calls with values that the kernel and this package make, in the form that
// trust/fuzz-native/harness.c reads. Written into build/fuzz/seeds; trust/fuzz-native/corpus.mjs keeps of them what counts.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AddrInfo, CmsgHdr, IPPROTO_TCP, SO_RCVTIMEO, SOL_SOCKET, stream, TCP_INFO } from 'berkeley'
import { quietly } from '../../scripts/lib/run.mjs'
import { inBuild, programOf } from './build.mjs'

/** @typedef {import('./build.mjs').Target} Target */
/** @typedef {number | string | Uint8Array | readonly unknown[] | undefined} Argument */

const u8 = (/** @type {number} */ number) => Buffer.of(number & 255)

/** @param {number} number */
function i32(number) {
  const buffer = Buffer.alloc(4)
  buffer.writeInt32LE(number | 0)
  return buffer
}

/** @param {number} number */
function double(number) {
  const buffer = Buffer.alloc(8)
  buffer.writeDoubleLE(number)
  return buffer
}

/** @param {unknown} value */
function bytes(value) {
  const data = Buffer.from(/** @type {Uint8Array} */ (value ?? []))
  if (data.length < 255) return Buffer.concat([u8(data.length), data])
  return Buffer.concat([Buffer.of(255, data.length & 255, data.length >> 8), data])
}

/** How an argument of each letter is written in an input. @type {Record<string, (value: any) => Buffer>} */
const LETTERS = {
  i: i32,
  c: u8,
  d: double,
  s: bytes,
  b: bytes,
  k: bytes,
  r: (room) => Buffer.of(room & 255, room >> 8),
  v: (views) =>
    Buffer.concat([u8(views.length), ...views.flatMap((/** @type {unknown} */ view) => [u8(0), bytes(view)])]),
  S: ([data, offset, length]) => Buffer.concat([bytes(data), i32(offset), i32(length), u8(0)]),
  g: (numbers) =>
    Buffer.concat([u8(numbers.length), ...numbers.flatMap((/** @type {number} */ number) => [u8(1), double(number)])]),
  T: (rows) => Buffer.concat([u8(rows.length), ...rows.flat().map(u8)]),
  K: u8,
  C: u8,
  X: u8,
  E: u8,
  m: (which) => Buffer.of(which, 0),
}
/** Letters that take nothing from the input. */
const SILENT = 'FpP'

/** @param {string} shape @param {readonly Argument[]} values */
function argumentsOf(shape, values) {
  const rest = [...values]
  /** @type {Buffer[]} */
  const parts = []
  for (const [, optional, letter = ''] of shape.matchAll(/(\?)?(\w)/g)) {
    const value = SILENT.includes(letter) ? 1 : rest.shift()
    if (optional) parts.push(u8(value === undefined ? 0 : 1))
    const write = LETTERS[letter]
    if (write && !(optional && value === undefined)) parts.push(write(value))
  }
  return Buffer.concat(parts)
}

/** A call of a target by the name of its function; what follows `*` is an act, whose bytes are given. @param {Target} target */
function callsOf(target) {
  const subjects = quietly(target.name, programOf('replay', target), ['--subjects'])
    .trimEnd()
    .split('\n')
    .map((line) => /^(.*) (\S*)$/.exec(line)?.slice(1) ?? [])
  return (/** @type {string} */ name, /** @type {Argument[]} */ ...values) => {
    const index = subjects.findIndex(([subject]) => subject === name)
    const shape = subjects[index]?.[1]
    if (shape === undefined) throw new Error(`${target.name} has no ${name}`)
    if (name.startsWith('*'))
      return Buffer.concat([u8(index), ...values.map((value) => Buffer.from(/** @type {any} */ (value)))])
    return Buffer.concat([u8(index), u8(0), argumentsOf(shape, values)])
  }
}

const SOCKADDR = 128
const addresses = [
  AddrInfo.inet('127.0.0.1', 80),
  AddrInfo.inet6('fe80::1%1', 443),
  AddrInfo.unix('/run/socket'),
  AddrInfo.unix('\0abstract'),
].map((ai) => Buffer.from(ai.sockaddr))
const [inet = Buffer.alloc(0), inet6 = Buffer.alloc(0)] = addresses

const control = [CmsgHdr.rights(0, 1)].map((hdr) => ({
  level: hdr.level(),
  type: hdr.type(),
  data: Buffer.from(Int32Array.from(hdr.fds()).buffer),
}))

async function tcpInfo() {
  const server = await stream.inet.Server.create({ host: '127.0.0.1', port: 0 })
  server.listen()
  const client = await stream.inet.Client.create({ host: '127.0.0.1', port: server.getsockname().port })
  const info = Buffer.from(client.getsockopt(IPPROTO_TCP, TCP_INFO, 'bytes'))
  await client.close()
  await server.close()
  return info
}

/** Every kind of value has a number; so many are tried. */
const KINDS = 32
const GOOD = 255

/** @type {Record<string, (call: ReturnType<typeof callsOf>) => Promise<Buffer[]> | Buffer[]>} */
const SEEDS = {
  address: (call) => [
    Buffer.concat([
      call('inetAddress', Buffer.from('192.0.2.1'), 80, SOCKADDR),
      call('inet6Address', Buffer.from('2001:db8::1'), 80, 1, 2, SOCKADDR),
    ]),
    Buffer.concat([
      call('unixAddress', Buffer.from('/run/socket'), SOCKADDR),
      call('unixAddress', Buffer.from('\0name'), 110),
    ]),
    call('vsockAddress', 2, 1024, SOCKADDR),
    ...addresses.flatMap((sockaddr) => [
      Buffer.concat([call('addressParts', sockaddr), call('addressText', sockaddr)]),
      call('getnameinfo', sockaddr, 0),
      call('getsockname', Buffer.concat([Buffer.of(GOOD, sockaddr.length), sockaddr]), 1, SOCKADDR),
    ]),
    call('getaddrinfo', Buffer.from('127.0.0.1'), Buffer.from('80'), 2, 1, 6, 0),
  ],
  cmsg: (call) => [
    ...control.map(({ level, type, data }) => call('cmsgPut', 64, 0, level, type, data)),
    call('cmsgAt', Buffer.from('140000000000000001000000010000000500000000000000', 'hex'), 24, 0),
    ...Array.from({ length: KINDS }, (_, kind) =>
      Buffer.concat([
        call('cmsgEncode', [1, 2, 3, 4], kind, SOCKADDR, inet),
        call('cmsgDecode', kind, Buffer.alloc(64, 1), SOCKADDR),
      ]),
    ),
  ],
  async sockopt(call) {
    const info = await tcpInfo()
    return Array.from({ length: KINDS }, (_, kind) => [
      call('setsockopt', Buffer.of(GOOD), [1, 2, 3, 4], 3, SOL_SOCKET, SO_RCVTIMEO, kind, inet, inet6),
      call('getsockopt', Buffer.concat([Buffer.of(GOOD, info.length, info.length >> 8), info]), 3, 6, 11, kind, 320),
    ]).flat()
  },
  msg: (call) => [
    call('sendmsg', Buffer.of(GOOD), 3, [Buffer.from('ab'), Buffer.from('c')], 0, inet, Buffer.alloc(24)),
    call(
      'recvmsg',
      Buffer.from([GOOD, 2, 0, 97, 98, 0, 0, 16, ...inet, 1, 4, 1, 1, 7, 0, 0, 0]),
      3,
      [Buffer.alloc(8)],
      0,
      SOCKADDR,
      64,
    ),
    ...['recv', 'send'].map((name) => call(name, Buffer.of(GOOD, 4, 0), 3, [Buffer.from('abcdef'), 1, 4], 0)),
    call('sendto', Buffer.of(GOOD, 4, 0), 3, [Buffer.from('abcdef'), 1, 4], 0, inet),
    call('sendShort', Buffer.of(GOOD, 4, 0), 3, 4, 0, 16),
    call('sendDescriptor', Buffer.of(GOOD, 1, 0), 3, 4, 0, inet),
    call('recvDescriptor', Buffer.from([GOOD, 1, 0, 97, 0, 0, 1, 4, 1, 1, 7, 0, 0, 0]), 3, 0),
    call('recvfrom', Buffer.of(GOOD, 4, 0, 1, 2, 3, 4, 16, ...inet), 3, [Buffer.from('abcdef'), 1, 4], 0, SOCKADDR),
  ],
  mmsg: (call) => [
    call(
      'sendmmsg',
      Buffer.of(GOOD, GOOD),
      3,
      0,
      [Buffer.from('abcdef'), Buffer.from('gh')],
      [
        [0, 1, 3, 0, 16, 0, 0],
        [1, 0, 2, 0, 16, 0, 24],
      ],
      2,
      inet,
      Buffer.alloc(24),
    ),
    call(
      'recvmmsg',
      Buffer.from([GOOD, 1, 2, 0, 97, 98, 0, 0, 16, ...inet, 1, 4, 17, 104, 100, 0, 0, 0]),
      3,
      0,
      2,
      64,
      256,
      64,
      40,
    ),
  ],
  inbox: (call) => [
    ...[2, 16].map((count) =>
      call(
        'inboxReceive',
        Buffer.from([GOOD, 1, 2, 0, 97, 98, 0, 0, 16, ...inet, 1, 4, 17, 104, 100, 0, 0, 0]),
        3,
        0,
        count,
        5000,
      ),
    ),
    call('inboxReceiveOne', Buffer.of(GOOD, 4, 0, 1, 2, 3, 4, 16, ...inet), 3, 0, 100),
    call('inboxTake', 0, 64),
    call('inboxCopy', 0, 2, 100, 400),
  ],
  tls_config: (call) =>
    [
      // The numbers are those of material_t in trust/fuzz-native/targets/pki.h.
      [call('contextCert', 0, 1), call('contextKey', 0, 2), call('contextNames', 0)],
      [call('contextCert', 0, 4), call('contextKey', 0, 3), call('contextVerify', 0, 7, 3, 60)],
      [call('contextCert', 0, 4), call('contextKey', 0, 5)],
      [call('contextPfx', 0, 6), call('contextNames', 0)],
      [call('contextCa', 0, 0), call('contextCrl', 0, 7), call('contextCrl', 0, 8), call('contextOcspResponse', 0, 9)],
      [
        call('rootsNew'),
        call('rootsAdd', 0),
        call('rootsCheck', 0),
        call('contextRoots', 0),
        call('contextDh', 0, 10),
        call('certificateNames', 4),
      ],
      [call('contextCiphers', 0, Buffer.from('ECDHE-ECDSA-AES128-GCM-SHA256'))],
      [
        call('contextSuites', 0, Buffer.from('TLS_AES_128_GCM_SHA256')),
        call('contextGroups', 0, Buffer.from('X25519:P-256')),
      ],
      [call('contextSigalgs', 0, Buffer.from('ECDSA+SHA256')), call('contextVersions', 0, 0x303, 0x304)],
      [call('contextAlpn', 0, Buffer.from('\x02h2'), 1), call('contextTicketKeys', 0, 0, Buffer.alloc(80, 1))],
      [call('contextSessions', 0, Buffer.from('id'), 300), call('contextOption', 0, 0x4000, 1), call('lastReason')],
      [call('sessionNew', 0, 1, 1, undefined, 0, 0), call('sessionOwnCertificate', 0)],
    ].flatMap((calls) => [0, 1].map((isServer) => Buffer.concat([u8(isServer), ...calls]))),
  tls_session: (call) => {
    const [server, client] = [0, 1]
    const shake = call('*handshake')
    const talk = [
      call('sessionWrite', client, [Buffer.from('hello'), 0, 5]),
      call('sessionRead', server, [Buffer.alloc(64), 0, 64]),
      call('sessionWrite', server, [Buffer.alloc(300, 7), 0, 300]),
      call('sessionRead', client, [Buffer.alloc(400), 0, 400]),
    ]
    const ask = [
      'Certificates',
      'PeerNames',
      'Cipher',
      'Protocol',
      'Alpn',
      'Servername',
      'IsReused',
      'Keylog',
      'Resumption',
      'OcspResponse',
      'Failure',
    ].flatMap((what) => [server, client].map((side) => call(`session${what}`, side)))
    const programs = [
      [shake, ...talk, call('sessionShutdown', client), call('sessionRead', server, [Buffer.alloc(8), 0, 8])],
      [shake, ...ask],
      [shake, ...talk, call('sessionKeyUpdate', client, 1), ...talk, call('sessionRelax', client), ...talk],
      [call('*pieces', bytes(Buffer.alloc(60, 1))), shake, shake, shake, ...talk],
      [shake, call('*resume', u8(0)), shake, ...talk, ...ask],
      [shake, call('sessionExport', client, 32, Buffer.from('label'), Buffer.from('context'))],
      [call('sessionHandshake', client), call('*change', Buffer.of(0, 5, 0, 255)), shake, ...ask],
      // The socket fails; has no room while a record is answered by an alert; has an update of keys before the end.
      [shake, call('*pieces', bytes(u8(2))), ...talk, ...ask],
      [
        shake,
        call('*pieces', bytes(Buffer.of(0, 0, 255, 0))),
        call('sessionWrite', client, [Buffer.alloc(200), 0, 200]),
        call('*put', u8(client), bytes(Buffer.from(`1703030020${'00'.repeat(32)}`, 'hex'))),
        call('sessionRead', client, [Buffer.alloc(400), 0, 400]),
        ...talk,
      ],
      [shake, call('sessionKeyUpdate', client, 1), call('sessionShutdown', client), ...talk],
      [shake, call('*put', u8(0), bytes(Buffer.from('1703030010', 'hex'))), call('*end', u8(0)), ...talk],
    ]
    const roles = [0, 1, 2, 4, 6, 8, 16, 32, 64, 128, 255]
    return programs.flatMap((calls) => roles.map((bits) => Buffer.concat([u8(bits), ...calls])))
  },
}

/** @param {Target} target @returns {Promise<string>} the folder that they are in */
export async function writeSeeds(target) {
  const folder = inBuild('seeds', target.name)
  const seeds = await SEEDS[target.name]?.(callsOf(target))
  if (seeds === undefined) throw new Error(`${target.name} has no seeds`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [i, seed] of seeds.entries()) writeFileSync(join(folder, String(i).padStart(3, '0')), seed)
  return folder
}
