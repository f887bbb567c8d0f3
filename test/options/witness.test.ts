// Other eyes on the same socket: what Python's getsockopt and ss(8) say of options that were set here.
import assert from 'node:assert/strict'
import { endianness } from 'node:os'
import { describe, it } from 'node:test'
import * as ll from 'berkeley/llsocket'
import { lookup } from '#internal/constants/lookup.js'
import { optionTables } from '#internal/options/index.js'
import type { AnyRow } from '#internal/options/option.js'
import { capable, connection, keeper, missing, option, type SocketName, sockets } from './sockets.js'
import { python, ss } from './witness.js'

const rows: Record<string, AnyRow> = Object.assign({}, ...Object.values(optionTables))
const little = endianness() === 'LE'

function u32(...numbers: number[]): string {
  const bytes = Buffer.alloc(4 * numbers.length)
  for (const [index, number] of numbers.entries())
    if (little) bytes.writeUInt32LE(number >>> 0, index * 4)
    else bytes.writeUInt32BE(number >>> 0, index * 4)
  return bytes.toString('hex')
}

function u64(...numbers: bigint[]): string {
  const bytes = Buffer.alloc(8 * numbers.length)
  for (const [index, number] of numbers.entries())
    if (little) bytes.writeBigUInt64LE(number, index * 8)
    else bytes.writeBigUInt64BE(number, index * 8)
  return bytes.toString('hex')
}

const hex = (text: string) => Buffer.from(text).toString('hex')

/** One of each kind of value: the bytes that the kernel must then hold, and the room that it wants for them. */
const samples: [on: SocketName, name: string, value: unknown, bytes: string, room?: number][] = [
  ['tcp4', 'keepalive', true, u32(1)],
  ['tcp4', 'rcvbuf', 4096, u32(8192)],
  ['tcp4', 'priority', 5, u32(5)],
  ['tcp4', 'tcpkeepalive', 32767, u32(32767)],
  ['tcp4', 'tcpusertimeout', 30_000, u32(30_000)],
  ['tcp4', 'tcpnotsentlowat', 0xffffffff, u32(0xffffffff)],
  ['tcp4', 'maxpacingrate', 5_000_000_000n, u64(5_000_000_000n)],
  ['tcp4', 'rcvtimeo', 1.5, u64(1n, 500_000n)],
  ['tcp4', 'sndtimeo', 0.5, u64(0n, 500_000n)],
  ['tcp4', 'linger', 7, u32(1, 7)],
  ['tcp4', 'linger', null, u32(0, 0)],
  ['tcp4', 'linger', -1, u32(0, 0)],
  ['tcp4', 'tcpcongestion', 'reno', hex('reno').padEnd(32, '0')],
  ['tcp4', 'tcpfastopenkey', Buffer.alloc(16, 7), '07'.repeat(16)],
  ['tcp4', 'tcplinger2', -1, u32(-1)],
  ['udp4', 'bindtodevice', 'lo', hex('lo\0'), 16],
  ['udp4', 'txtime', { clockid: 1, flags: 2 }, u32(1, 2)],
  ['udp4', 'unicastif', 1, '00000001'],
  ['udp6', 'unicastif', 1, '00000001'],
  ['udp4', 'localportrange', [40000, 40010], u32(40010 * 65536 + 40000)],
  ['udp4', 'mcastif', 'lo', '7f000001'],
  ['udp6', 'mcastif', 'lo', u32(1)],
  ['udp4', 'ipoptions', Buffer.from([1, 1, 1, 0]), '01010100'],
  ['udp4', 'timestamping', ll.SOF_TIMESTAMPING_SOFTWARE | ll.SOF_TIMESTAMPING_RX_SOFTWARE, u32(0x18)],
  ['udp4', 'tos', 0xb8, u32(0xb8)],
  ['udp6', 'tos', 0xb8, u32(0xb8)],
  ['udp4', 'ttl', -1, u32(64)],
  ['udp6', 'ttl', 9, u32(9)],
  ['udp6', 'addrpreferences', ll.IPV6_PREFER_SRC_PUBLIC, u32(ll.IPV6_PREFER_SRC_PUBLIC | 0x400)],
  ['unix', 'passcred', true, u32(1)],
  ['unix', 'peekoff', -1, u32(-1)],
]

describe('Python', () => {
  for (const [on, name, value, bytes, room = bytes.length / 2] of samples) {
    const skip = missing(on) ?? false
    it(`Python reads the bytes of ${name} on ${on} that were set here`, { skip }, (t) => {
      const sock = sockets[on](keeper(t))
      option(sock, name, value)
      const row = rows[name] as AnyRow
      const { level, option: constant } = (on.endsWith('6') && row.location6) || row.location
      const said = python(sock, 'get', lookup(level) ?? -1, lookup(constant) ?? -1, room)
      if ('failed' in said) return t.skip(said.failed)
      assert.deepEqual(said.lines, [bytes])
    })
  }

  it('Python reads the same peer credentials and the same cookie', (t) => {
    const sock = sockets.unix(keeper(t))
    const said = python(sock, 'get', ll.SOL_SOCKET, ll.SO_PEERCRED, 12, ll.SOL_SOCKET, ll.SO_COOKIE, 8)
    if ('failed' in said) return t.skip(said.failed)
    const { pid, uid, gid } = sock.peercred()
    assert.deepEqual(said.lines, [u32(pid, uid, gid), u64(sock.cookie())])
  })
})

describe('ss(8)', () => {
  it('ss(8) shows the same buffers, mark, congestion control, timeout and cookie', (t) => {
    const { client } = connection(keeper(t), ll.AF_INET)
    client.tcpcongestion('reno')
    client.keepalive(true)
    client.tcpkeepalive(1234)
    const [rcvbuf, sndbuf] = [client.rcvbuf(8192), client.sndbuf(16384)]
    const mark = capable('CAP_NET_ADMIN') ? client.mark(0x77) : 0
    const line = ss(client.getsockname().port ?? 0)
    if (line === undefined) return t.skip('there is no ss here')
    assert.match(line, /\breno\b/)
    assert.match(line, new RegExp(`\\bskmem:\\([^)]*\\brb${rcvbuf},[^)]*\\btb${sndbuf},`))
    assert.match(line, new RegExp(`\\bsk:${client.cookie().toString(16)}\\b`))
    assert.match(line, /\btimer:\(keepalive,(20min|\d+min)/)
    if (mark > 0) assert.match(line, /\bfwmark:0x77\b/)
    assert.match(line, new RegExp(`\\bmss:${client.tcpinfo().snd_mss}\\b`))
  })
})
