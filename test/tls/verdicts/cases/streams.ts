// What arrives on an established connection, and what must not.
import assert from 'node:assert/strict'
import { tls } from 'berkeley'
import { within } from '../../../util/index.js'
import * as pki from '../../pki.js'
import { ALERT, DATA, Forger, HANDSHAKE, message, OldForger, record } from '../forger.js'
import { Line, type Towards } from '../line.js'
import { type Case, codeOf, lazy, shows } from '../verdict.js'

const servername = 'host.example'

const world = lazy(() => {
  const root = pki.root()
  return { root, own: pki.leaf(root) }
})

type Sock = Awaited<ReturnType<typeof tls.wrap>>

interface Established {
  readonly line: Line
  readonly sides: Readonly<Record<Towards, Sock>>
  /** Secrets by their names in the key log. */
  readonly secrets: ReadonlyMap<string, readonly Buffer[]>
  close(): Promise<void>
}

/** Two that have done their handshake, with a line between them. No tickets: the first record that is forged is the first. */
async function establish(fields: Partial<tls.Config> = {}): Promise<Established> {
  const { client, server, line } = await Line.make()
  const secrets = new Map<string, readonly Buffer[]>()
  const keylog = (text: Buffer): void => {
    const [name = '', ...values] = text.toString().trim().split(' ')
    secrets.set(
      name,
      values.map((value) => Buffer.from(value, 'hex')),
    )
  }
  const common = { ciphers: 'TLS_AES_128_GCM_SHA256', ...fields }
  const right = await tls.wrap(server, { ...shows(world().own), sessionTimeout: 0, ...common }, { server: true })
  const [left] = await Promise.all([
    tls.wrap(client, { ca: world().root.pem, servername, keylog, ...common }),
    right.handshake(),
  ])
  const close = async (): Promise<void> => {
    await Promise.all([left.close().catch(() => undefined), right.close().catch(() => undefined)])
    await line.close()
  }
  return { line, sides: { client: left, server: right }, secrets, close }
}

/** Everything that arrives until the end. */
async function all(sock: Sock): Promise<Buffer> {
  const chunks: Buffer[] = []
  for (let chunk = await sock.recv(); chunk !== null; chunk = await sock.recv()) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function readVerdict(sock: Sock, expected: Buffer | undefined): Promise<string> {
  try {
    const data = await within(all(sock), 'an end')
    if (expected !== undefined) assert.deepEqual(data, expected)
    return 'ok'
  } catch (error) {
    return codeOf(error)
  }
}

/** What is sent to a side in the name of the other: bytes, and what they should come to if they are good. */
type Forgery = (forger: Forger, line: Line) => readonly Uint8Array[]

function forged(title: string, victim: Towards, code: string, forge: Forgery, data?: Buffer): Case {
  return {
    title: `${victim}: ${title}`,
    expected: { [victim]: code },
    async run() {
      const { line, sides, secrets, close } = await establish()
      const name = victim === 'server' ? 'CLIENT_TRAFFIC_SECRET_0' : 'SERVER_TRAFFIC_SECRET_0'
      const [, secret = Buffer.alloc(0)] = secrets.get(name) ?? []
      const reading = readVerdict(sides[victim], data)
      await line.inject(victim, ...forge(new Forger(secret), line))
      line.end(victim)
      const verdict = await reading
      await close()
      return { [victim]: verdict }
    },
  }
}

/** The same towards both. */
const towardsBoth = (title: string, code: string, forge: Forgery, data?: Buffer): Case[] =>
  (['client', 'server'] as const).map((victim) => forged(title, victim, code, forge, data))

const hello = Buffer.from('hello')
const none = Buffer.alloc(0)
const closing = Buffer.of(1, 0)
const most = Buffer.alloc(16_384, 'x')

const flipped = (bytes: Buffer, at: number): Buffer => {
  const copy = Buffer.from(bytes)
  const index = at < 0 ? copy.length + at : at
  copy[index] = (copy[index] ?? 0) ^ 1
  return copy
}

const repeated = (count: number, make: () => Buffer): Buffer[] => Array.from({ length: count }, make)

const BAD_MAC = 'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC'
/** Where type and version are both wrong, OpenSSL 3.0 complains of the version, and later ones of the type. */
const NO_RECORD = process.versions.openssl?.startsWith('3.0.')
  ? 'ERR_SSL_WRONG_VERSION_NUMBER'
  : 'ERR_SSL_BAD_RECORD_TYPE'
const TRUNCATED = 'ERR_TLS_TRUNCATED'
const UNEXPECTED = 'ERR_SSL_UNEXPECTED_MESSAGE'

const GOOD: readonly Case[] = [
  ...towardsBoth('data, and close_notify', 'ok', (f) => [f.seal(DATA, hello), f.seal(ALERT, closing)], hello),
  ...towardsBoth('close_notify alone', 'ok', (f) => [f.seal(ALERT, closing)], none),
  ...towardsBoth('a record as long as may be', 'ok', (f) => [f.seal(DATA, most), f.seal(ALERT, closing)], most),
  ...towardsBoth('padding', 'ok', (f) => [f.seal(DATA, hello, 1000), f.seal(ALERT, closing)], hello),
  ...towardsBoth(
    'a few records with nothing in them',
    'ok',
    (f) => [...repeated(10, () => f.seal(DATA, none)), f.seal(DATA, hello), f.seal(ALERT, closing)],
    hello,
  ),
  ...towardsBoth('fresh keys', 'ok', (f) => [f.updateKeys(false), f.seal(DATA, hello), f.seal(ALERT, closing)], hello),
  ...towardsBoth(
    'fresh keys a thousand times',
    'ok',
    (f) => [...repeated(1000, () => f.updateKeys(false)), f.seal(DATA, hello), f.seal(ALERT, closing)],
    hello,
  ),
  ...towardsBoth(
    'a thousand demands for fresh keys',
    'ok',
    (f) => [...repeated(1000, () => f.updateKeys(true)), f.seal(DATA, hello), f.seal(ALERT, closing)],
    hello,
  ),
  ...towardsBoth(
    'user_canceled, and close_notify',
    'ok',
    (f) => [f.seal(DATA, hello), f.seal(ALERT, Buffer.of(1, 90)), f.seal(ALERT, closing)],
    hello,
  ),
  ...towardsBoth(
    'what follows close_notify is not looked at',
    'ok',
    (f) => [f.seal(DATA, hello), f.seal(ALERT, closing), Buffer.from('GET /')],
    hello,
  ),
]

const BAD: readonly Case[] = [
  ...towardsBoth('an end without close_notify', TRUNCATED, () => []),
  ...towardsBoth('data and an end without close_notify', TRUNCATED, (f) => [f.seal(DATA, hello)]),
  ...towardsBoth('an end within a record', TRUNCATED, (f) => [f.seal(DATA, hello).subarray(0, -1)]),
  ...towardsBoth('an end within a header', TRUNCATED, (f) => [f.seal(DATA, hello).subarray(0, 3)]),
  ...towardsBoth('a flipped bit in the data', BAD_MAC, (f) => [flipped(f.seal(DATA, hello), 5)]),
  ...towardsBoth('a flipped bit in the tag', BAD_MAC, (f) => [flipped(f.seal(DATA, hello), -1)]),
  ...towardsBoth('a flipped bit in the second record', BAD_MAC, (f) => [
    f.seal(DATA, hello),
    flipped(f.seal(DATA, hello), 6),
  ]),
  ...towardsBoth('a flipped bit in close_notify', BAD_MAC, (f) => [flipped(f.seal(ALERT, closing), 5)]),
  ...towardsBoth('a record twice', BAD_MAC, (f) => {
    const once = f.seal(DATA, hello)
    return [once, once]
  }),
  ...towardsBoth('a record that is missing', BAD_MAC, (f) => {
    f.skip()
    return [f.seal(DATA, hello)]
  }),
  ...towardsBoth('two records in the wrong order', BAD_MAC, (f) => [f.seal(DATA, hello), f.seal(DATA, most)].reverse()),
  ...towardsBoth('an empty sealed record', BAD_MAC, () => [record(DATA, none)]),
  ...towardsBoth('a record that is shorter than its tag', BAD_MAC, () => [record(DATA, Buffer.alloc(15))]),
  ...towardsBoth('a byte too much inside', 'ERR_SSL_DATA_LENGTH_TOO_LONG', (f) => [
    f.seal(DATA, Buffer.alloc(16_385, 'x')),
  ]),
  ...towardsBoth('a record of 16 KiB, 256 bytes and one', 'ERR_SSL_ENCRYPTED_LENGTH_TOO_LONG', () => [
    record(DATA, Buffer.alloc(16_384 + 257)),
  ]),
  ...towardsBoth('a record of 16 KiB, 2048 bytes and one', 'ERR_SSL_ENCRYPTED_LENGTH_TOO_LONG', () => [
    record(DATA, Buffer.alloc(16_384 + 2049)),
  ]),
  ...towardsBoth('a record of 65535 bytes', 'ERR_SSL_ENCRYPTED_LENGTH_TOO_LONG', () => [
    record(DATA, Buffer.alloc(65_535)),
  ]),
  ...towardsBoth('a thousand records with nothing in them', 'ERR_SSL_RECORD_TOO_SMALL', (f) => [
    ...repeated(1000, () => f.seal(DATA, none)),
  ]),
  ...towardsBoth('a record of padding only', 'ERR_SSL_BAD_RECORD_TYPE', (f) => [f.sealInner(Buffer.alloc(100))]),
  ...towardsBoth('a record of an unknown type inside', 'ERR_SSL_BAD_RECORD_TYPE', (f) => [f.seal(99, hello)]),
  ...towardsBoth('change_cipher_spec inside', 'ERR_SSL_BAD_RECORD_TYPE', (f) => [f.seal(20, Buffer.of(1))]),
  ...towardsBoth('an empty alert', 'ERR_SSL_BAD_LENGTH', (f) => [f.seal(ALERT, none)]),
  ...towardsBoth('an alert in pieces', 'ERR_SSL_INVALID_ALERT', (f) => [
    f.seal(ALERT, Buffer.of(1)),
    f.seal(ALERT, Buffer.of(0)),
  ]),
  ...towardsBoth('two alerts in a record', 'ERR_SSL_INVALID_ALERT', (f) => [f.seal(ALERT, Buffer.of(1, 90, 1, 0))]),
  ...towardsBoth('a fatal alert', 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR', (f) => [f.seal(ALERT, Buffer.of(2, 80))]),
  ...towardsBoth('a warning that is fatal in TLS 1.3', 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR', (f) => [
    f.seal(ALERT, Buffer.of(1, 80)),
  ]),
  ...towardsBoth('KeyUpdate with another value', 'ERR_SSL_BAD_KEY_UPDATE', (f) => [
    f.seal(HANDSHAKE, message(24, Buffer.of(2))),
  ]),
  ...towardsBoth('KeyUpdate that is too long', 'ERR_SSL_EXCESSIVE_MESSAGE_SIZE', (f) => [
    f.seal(HANDSHAKE, message(24, Buffer.of(0, 0))),
  ]),
  ...towardsBoth('KeyUpdate and more in one record', 'ERR_SSL_NOT_ON_RECORD_BOUNDARY', (f) => [
    f.seal(HANDSHAKE, Buffer.concat([message(24, Buffer.of(0)), message(24, Buffer.of(0))])),
  ]),
  ...towardsBoth('an empty handshake record', 'ERR_SSL_BAD_LENGTH', (f) => [f.seal(HANDSHAKE, none)]),
  ...towardsBoth('another Finished', UNEXPECTED, (f) => [f.seal(HANDSHAKE, message(20, Buffer.alloc(32)))]),
  ...towardsBoth('a handshake message that does not exist', UNEXPECTED, (f) => [
    f.seal(HANDSHAKE, message(200, Buffer.alloc(4))),
  ]),
  ...towardsBoth('a hello on an established connection', UNEXPECTED, (f, line) => [
    f.seal(HANDSHAKE, (line.seen.server[0] ?? none).subarray(5)),
  ]),
  ...towardsBoth('a server hello on an established connection', UNEXPECTED, (f, line) => [
    f.seal(HANDSHAKE, (line.seen.client[0] ?? none).subarray(5)),
  ]),
  ...towardsBoth('a record that is not sealed', BAD_MAC, () => [
    record(DATA, Buffer.from('hello, and enough for a tag')),
  ]),
  ...towardsBoth('an alert that is not sealed', 'ERR_SSL_BAD_RECORD_TYPE', () => [record(ALERT, closing)]),
  ...towardsBoth('a handshake message that is not sealed', 'ERR_SSL_BAD_RECORD_TYPE', () => [
    record(HANDSHAKE, message(24, Buffer.of(0))),
  ]),
  forged('change_cipher_spec after the handshake', 'server', 'ERR_SSL_BAD_RECORD_TYPE', () => [
    record(20, Buffer.of(1)),
  ]),
  ...towardsBoth('a record of an unknown type', 'ERR_SSL_BAD_RECORD_TYPE', () => [record(99, Buffer.alloc(20))]),
  ...towardsBoth('a record of another version', 'ERR_SSL_WRONG_VERSION_NUMBER', () => [
    record(DATA, Buffer.alloc(20), 0x0909),
  ]),
  ...towardsBoth('an HTTP request in the clear', NO_RECORD, () => [
    Buffer.from('GET / HTTP/1.1\r\nHost: host.example\r\n\r\n'),
  ]),
]

/** Renegotiation, which is refused however often it is demanded. */
const renegotiating: Case = {
  title: 'server: a thousand demands to renegotiate, none of which is met',
  expected: { server: 'ok' },
  async run() {
    const fields = { ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' } as const
    const { line, sides, secrets, close } = await establish(fields)
    const [random = none, master = none] = secrets.get('CLIENT_RANDOM') ?? []
    const [clientHello = none] = line.seen.server
    const [serverHello = none] = line.seen.client
    const forger = new OldForger(master, random, serverHello.subarray(11, 43))
    const reading = readVerdict(sides.server, hello)
    await line.inject('server', ...repeated(1000, () => forger.seal(HANDSHAKE, clientHello.subarray(5))))
    await line.inject('server', forger.seal(DATA, hello), forger.seal(ALERT, closing))
    line.end('server')
    const server = await reading
    await close()
    return { server }
  },
}

export const STREAMS: readonly Case[] = [...GOOD, ...BAD, renegotiating]
