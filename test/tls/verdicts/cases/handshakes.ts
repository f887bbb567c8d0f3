// What arrives in the place of a handshake, and what becomes of one on its way.
import { stream, tls } from 'berkeley'
import { within } from '../../../util/index.js'
import * as pki from '../../pki.js'
import { ALERT, DATA, HANDSHAKE, message, record } from '../forger.js'
import { CUT, Line, type Rewrite, type Towards } from '../line.js'
import { type Case, converse, lazy, OK, shows, type Verdict, verdictOf } from '../verdict.js'

const servername = 'host.example'
const none = Buffer.alloc(0)

const world = lazy(() => {
  const root = pki.root()
  const server = { ...shows(pki.leaf(root)), sessionTimeout: 0 }
  return {
    client: tls.Context.client({ ca: root.pem, servername }),
    server: tls.Context.server(server),
    older: tls.Context.server({ ...server, maxVersion: 'TLSv1.2' }),
  }
})

/** A peer that speaks no TLS or faulty TLS: how the other side ends for these bytes, sent one piece after the other. */
function greeted(title: string, victim: Towards, code: string, ...pieces: readonly (string | Uint8Array)[]): Case {
  return {
    title: `${victim}: ${title}`,
    expected: { [victim]: code },
    async run() {
      const [near, far] = await stream.unix.pair()
      const opening = tls.wrap(near, world()[victim], { server: victim === 'server' })
      const verdict = verdictOf(opening, (sock) => sock.handshake())
      for (const piece of pieces) await far.send(piece)
      far.closew()
      const reached = await within(verdict, 'a verdict')
      await far.close()
      return { [victim]: reached }
    },
  }
}

/** Bytes in the clear that are there before TLS begins. */
function early(title: string, victim: Towards, received: Uint8Array | undefined, sent: string): Case {
  return {
    title: `${victim}: ${title}`,
    expected: { [victim]: 'ERR_TLS_PLAINTEXT' },
    async run() {
      const [near, far] = await stream.unix.pair()
      if (sent !== '') await far.send(sent)
      const opening = tls.wrap(near, world()[victim], { server: victim === 'server', received })
      const verdict = await verdictOf(opening, (sock) => sock.handshake())
      await far.close()
      return { [victim]: verdict }
    },
  }
}

/** A conversation over a line with an attacker on it. */
async function over(rewrite: Rewrite, version: 'server' | 'older' = 'server'): Promise<Verdict> {
  const { client, server, line } = await Line.make(rewrite)
  const sides = { client: world().client, server: world()[version] }
  const verdict = await converse(sides, {}, [client, server])
  await line.close()
  return verdict
}

function passes(title: string, rewrite: Rewrite): Case[] {
  return (['server', 'older'] as const).map((version) => ({
    title: `${title}, with TLS ${version === 'older' ? '1.2' : '1.3'}`,
    expected: OK,
    run: () => over(rewrite, version),
  }))
}

/** Whichever side notices: neither may be content. */
const fails = (
  title: string,
  expected: Verdict,
  rewrite: () => Rewrite,
  version: 'server' | 'older' = 'server',
): Case => ({
  title,
  expected,
  run: () => over(rewrite(), version),
})

const repeated = (bytes: Buffer): Buffer => Buffer.concat(new Array<Buffer>(1000).fill(bytes))

const oneByOne = (bytes: Uint8Array): Uint8Array[] => Array.from(bytes, (byte) => Buffer.of(byte))

/** Messages that are still in the clear, in records of one byte. */
const crumbled: Rewrite = (bytes, _, index) =>
  bytes[0] === HANDSHAKE && index === 0
    ? [Buffer.concat(oneByOne(bytes.subarray(5)).map((one) => record(HANDSHAKE, one)))]
    : [bytes]

/** Holds one record back until the next has passed. */
function swapped(victim: Towards, at: number): () => Rewrite {
  return () => {
    let held: Buffer | undefined
    return (bytes, towards, index) => {
      if (towards !== victim) return [bytes]
      if (index === at) {
        held = bytes
        return []
      }
      return index === at + 1 && held ? [Buffer.concat([bytes, held])] : [bytes]
    }
  }
}

const changed =
  (victim: Towards, at: number, change: (bytes: Buffer) => Buffer[]) => (): Rewrite => (bytes, towards, index) =>
    towards === victim && index === at ? change(bytes) : [bytes]

/** How many bytes, and in how many records, a handshake has towards both. */
async function measure(version: 'server' | 'older'): Promise<Record<Towards, Buffer[]>> {
  const { client, server, line } = await Line.make()
  const right = await tls.wrap(server, world()[version], { server: true })
  const [left] = await Promise.all([tls.wrap(client, world().client), right.handshake()])
  const seen = { client: [...line.seen.client], server: [...line.seen.server] }
  await Promise.all([left.close(), right.close()])
  await line.close()
  return seen
}

/** Every so often a handshake is spoilt at another place. What the victim says each time; there should be one answer. */
async function everywhere(
  victim: Towards,
  version: 'server' | 'older',
  places: (records: readonly Buffer[]) => readonly number[],
  spoil: (place: number) => Rewrite,
): Promise<Verdict> {
  const found = new Set<string>()
  for (const place of places((await measure(version))[victim])) {
    const { client = '', server = '' } = await over(spoil(place), version)
    if (client === 'ok' || server === 'ok') return { [victim]: `ok, at ${place}` }
    found.add(victim === 'client' ? client : server)
  }
  return { [victim]: [...found].sort().join(' ') }
}

const sum = (records: readonly Buffer[]): number => records.reduce((total, { length }) => total + length, 0)

/** About thirty places, at uneven distances. */
const cuts = (records: readonly Buffer[]): number[] => {
  const step = Math.max(1, Math.floor(sum(records) / 30)) | 1
  return Array.from({ length: Math.ceil(sum(records) / step) }, (_, n) => n * step)
}

function cutAt(victim: Towards, place: number): Rewrite {
  let left = place
  return (bytes, towards) => {
    if (towards !== victim) return [bytes]
    const there = left
    left -= bytes.length
    return left >= 0 ? [bytes] : [bytes.subarray(0, there), CUT]
  }
}

const cutting = (victim: Towards, version: 'server' | 'older'): Case => ({
  title: `${victim}: a handshake of TLS ${version === 'older' ? '1.2' : '1.3'} that is cut, wherever that is`,
  expected: { [victim]: 'ERR_TLS_TRUNCATED' },
  run: () => everywhere(victim, version, cuts, (place) => cutAt(victim, place)),
})

/** The last byte of a record: no length, and part of what the handshake signs. */
const spoilt = (victim: Towards, version: 'server' | 'older'): Case => ({
  title: `${victim}: a handshake of TLS ${version === 'older' ? '1.2' : '1.3'} with a flipped bit, whichever record it is in`,
  expected: { [victim]: 'refused' },
  async run() {
    const verdict = await everywhere(
      victim,
      version,
      (records) => records.map((_, index) => index),
      (place) => changed(victim, place, (bytes) => [flipLast(bytes)])(),
    )
    // Which side notices it, and how, depends on the record.
    return { [victim]: verdict[victim]?.startsWith('ok') ? verdict[victim] : 'refused' }
  },
})

function flipLast(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1
  return copy
}

const TRUNCATED = 'ERR_TLS_TRUNCATED'
const WRONG_VERSION = 'ERR_SSL_WRONG_VERSION_NUMBER'
const UNEXPECTED = 'ERR_SSL_UNEXPECTED_MESSAGE'
const BAD_TYPE = 'ERR_SSL_BAD_RECORD_TYPE'
/** Version 3.1 outside, as first records have it. */
const first = (type: number, content: Uint8Array): Buffer => record(type, content, 0x0301)

const GREETINGS: readonly Case[] = [
  greeted('nothing', 'server', TRUNCATED),
  greeted('nothing', 'client', TRUNCATED),
  greeted('an HTTP request', 'server', 'ERR_SSL_HTTP_REQUEST', 'GET / HTTP/1.1\r\nHost: host.example\r\n\r\n'),
  greeted('a request to a proxy', 'server', 'ERR_SSL_HTTPS_PROXY_REQUEST', 'CONNECT host.example:443 HTTP/1.1\r\n\r\n'),
  greeted('an SSH banner', 'server', WRONG_VERSION, 'SSH-2.0-OpenSSH_9.9\r\n'),
  greeted('an SSH banner', 'client', WRONG_VERSION, 'SSH-2.0-OpenSSH_9.9\r\n'),
  greeted('an SMTP greeting', 'client', WRONG_VERSION, '220 host.example ESMTP\r\n'),
  greeted('an HTTP response', 'client', WRONG_VERSION, 'HTTP/1.1 400 Bad Request\r\n\r\n'),
  greeted('zeros', 'server', WRONG_VERSION, Buffer.alloc(100)),
  greeted('zeros', 'client', WRONG_VERSION, Buffer.alloc(100)),
  greeted('data', 'server', UNEXPECTED, first(DATA, Buffer.from('hello'))),
  greeted('data', 'client', UNEXPECTED, record(DATA, Buffer.from('hello'))),
  greeted('an empty handshake record, and nothing else', 'server', TRUNCATED, first(HANDSHAKE, none)),
  greeted('an empty handshake record, and nothing else', 'client', TRUNCATED, record(HANDSHAKE, none)),
  greeted('empty handshake records', 'server', 'ERR_SSL_RECORD_TOO_SMALL', repeated(first(HANDSHAKE, none))),
  greeted('empty handshake records', 'client', 'ERR_SSL_RECORD_TOO_SMALL', repeated(record(HANDSHAKE, none))),
  greeted('change_cipher_spec', 'server', UNEXPECTED, first(20, Buffer.of(1))),
  greeted('a fatal alert', 'server', UNEXPECTED, first(ALERT, Buffer.of(2, 40))),
  greeted('a fatal alert', 'client', 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', record(ALERT, Buffer.of(2, 40))),
  greeted(
    'a fatal alert that comes byte by byte',
    'client',
    'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
    ...oneByOne(record(ALERT, Buffer.of(2, 40))),
  ),
  greeted(
    'an alert in two records',
    'client',
    'ERR_SSL_INVALID_ALERT',
    record(ALERT, Buffer.of(2)),
    record(ALERT, Buffer.of(40)),
  ),
  greeted('an alert of three bytes', 'client', 'ERR_SSL_INVALID_ALERT', record(ALERT, Buffer.of(2, 40, 0))),
  greeted('Finished', 'server', UNEXPECTED, first(HANDSHAKE, message(20, Buffer.alloc(32)))),
  greeted('Finished', 'client', UNEXPECTED, record(HANDSHAKE, message(20, Buffer.alloc(32)))),
  greeted('a certificate', 'server', UNEXPECTED, first(HANDSHAKE, message(11, Buffer.alloc(32)))),
  greeted('a certificate', 'client', UNEXPECTED, record(HANDSHAKE, message(11, Buffer.alloc(32)))),
  greeted('a hello of nothing', 'server', 'ERR_SSL_LENGTH_TOO_SHORT', first(HANDSHAKE, message(1, none))),
  greeted('a hello of zeros', 'server', 'ERR_SSL_LENGTH_MISMATCH', first(HANDSHAKE, message(1, Buffer.alloc(100)))),
  greeted('a hello of nothing', 'client', 'ERR_SSL_LENGTH_MISMATCH', record(HANDSHAKE, message(2, none))),
  greeted(
    'a hello that announces 16 MiB',
    'server',
    'ERR_SSL_EXCESSIVE_MESSAGE_SIZE',
    first(HANDSHAKE, Buffer.of(1, 255, 255, 255)),
  ),
  greeted(
    'a hello that announces 16 MiB',
    'client',
    'ERR_SSL_EXCESSIVE_MESSAGE_SIZE',
    record(HANDSHAKE, Buffer.of(2, 255, 255, 255)),
  ),
  early('bytes that arrive before the client begins', 'client', undefined, 'forged: 250 OK\r\n'),
  early('bytes that were read too much', 'client', Buffer.from('250 OK\r\n'), ''),
  early('bytes that were read too much', 'server', Buffer.from('MAIL FROM:<a@b.example>\r\n'), ''),
]

/** The first of them has said hello when the second begins: to this one, that is nothing that it could have asked for. */
const TWO_CLIENTS: Case = {
  title: 'client: another client',
  expected: { client: 'ERR_TLS_PLAINTEXT' },
  async run() {
    const [one, other] = await stream.unix.pair()
    const wrapped = (sock: typeof one): Promise<string> =>
      verdictOf(tls.wrap(sock, world().client), (secured) => secured.handshake())
    const [, client = ''] = await within(Promise.all([wrapped(one), wrapped(other)]), 'both verdicts')
    return { client }
  },
}

const ON_THE_WAY: readonly Case[] = [
  ...passes('byte by byte', (bytes) => oneByOne(bytes)),
  ...passes('in halves', (bytes) => [bytes.subarray(0, bytes.length >> 1), bytes.subarray(bytes.length >> 1)]),
  ...passes('hellos in records of one byte', crumbled),
  fails(
    'server: a hello twice',
    { server: BAD_TYPE },
    changed('server', 0, (bytes) => [Buffer.concat([bytes, bytes])]),
  ),
  fails(
    'client: a hello twice',
    { client: BAD_TYPE },
    changed('client', 0, (bytes) => [Buffer.concat([bytes, bytes])]),
  ),
  fails(
    'client: a hello twice, with TLS 1.2',
    { client: UNEXPECTED },
    changed('client', 0, (bytes) => [Buffer.concat([bytes, bytes])]),
    'older',
  ),
  fails(
    'client: the certificate before the hello, with TLS 1.2',
    { client: UNEXPECTED },
    swapped('client', 0),
    'older',
  ),
  fails(
    'client: the key exchange before the certificate, with TLS 1.2',
    { client: UNEXPECTED },
    swapped('client', 1),
    'older',
  ),
  fails(
    'client: no certificate, with TLS 1.2',
    { client: UNEXPECTED },
    changed('client', 1, () => []),
    'older',
  ),
  fails(
    'server: no key exchange, with TLS 1.2',
    { server: UNEXPECTED },
    changed('server', 1, () => []),
    'older',
  ),
  ...(['client', 'server'] as const).flatMap((victim) =>
    (['server', 'older'] as const).flatMap((version) => [cutting(victim, version), spoilt(victim, version)]),
  ),
]

export const HANDSHAKES: readonly Case[] = [...GREETINGS, TWO_CLIENTS, ...ON_THE_WAY]
