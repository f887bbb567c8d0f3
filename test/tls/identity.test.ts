// Which hosts a certificate is for: tables of what must match and what must not, then what holds for every input.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkIdentity, isFor, type PeerNames, servernameFor } from '#internal/tls/identity.js'
import { coded, freshSeed, leavesNoFd, randomFrom } from '../util/index.js'
import { ACCEPTED, IPV4, IPV6, ip, LABEL_64, NAME_254, type Name, REFUSED, type Row } from './identity-cases.js'

leavesNoFd()

function certificate(names: readonly Name[], more: Partial<PeerNames> = {}): PeerNames {
  const dns = names.filter((name) => typeof name === 'string')
  return { dns, ip: names.filter((name) => typeof name !== 'string'), other: false, ...more }
}

const shown = (name: Name): string =>
  typeof name === 'string' ? JSON.stringify(name) : `ip ${Buffer.from(name).toString('hex')}`
const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}...` : text)
const titleOf = ([host, names, why]: Row, does: 'accepts' | 'refuses'): string =>
  `checkIdentity() ${does} ${short(JSON.stringify(host))} for ${short(names.map(shown).join(', ')) || 'no name'}: ${why}`

/** Printable ASCII, one line, bounded. */
const ERROR_TEXT = /^[A-Z][ -~]{10,1200}[^.]$/

function assertAccepted(host: string, names: PeerNames): void {
  assert.equal(checkIdentity(host, names), undefined)
}

function assertRefused(host: string, names: PeerNames): void {
  assert.match(checkIdentity(host, names) ?? 'matched', ERROR_TEXT)
  assert.equal(isFor(host, names), false)
}

describe('accepted hosts (H92)', () => {
  for (const [group, rows] of Object.entries(ACCEPTED))
    describe(group, () => {
      for (const row of rows) it(titleOf(row, 'accepts'), () => assertAccepted(row[0], certificate(row[1])))
    })
})

describe('refused hosts (H92)', () => {
  for (const [group, rows] of Object.entries(REFUSED))
    describe(group, () => {
      for (const row of rows) it(titleOf(row, 'refuses'), () => assertRefused(row[0], certificate(row[1])))
    })
})

describe('common names (H92)', () => {
  const cases: [host: string, names: PeerNames][] = [
    ['example.com', certificate([], { commonName: 'example.com' })],
    ['example.com', certificate([], { commonName: 'example.com', other: true })],
    ['www.example.com', certificate([], { commonName: '*.example.com' })],
    ['example.com', certificate([IPV4], { commonName: 'example.com' })],
    ['example.com', certificate(['other.example'], { commonName: 'example.com' })],
    ['192.0.2.1', certificate([], { commonName: '192.0.2.1' })],
    ['::1', certificate([], { commonName: '::1', other: true })],
  ]
  for (const [host, names] of cases)
    it(`checkIdentity() refuses ${host} when only the common name matches, beside ${names.dns.length + names.ip.length} names${names.other ? ' and others' : ''}`, () =>
      assertRefused(host, names))
})

describe('servernameFor()', () => {
  const cases: [host: string, servername: string | undefined][] = [
    ['example.com', 'example.com'],
    ['EXAMPLE.com', 'example.com'],
    ['example.com.', 'example.com'],
    ['Bücher.Example.', 'xn--bcher-kva.example'],
    ['XN--BCHER-KVA.example', 'xn--bcher-kva.example'],
    ['my_service', 'my_service'],
    ['localhost', 'localhost'],
    ['192.0.2.1', undefined],
    ['192.0.2.1.', undefined],
    ['2001:db8::1', undefined],
    ['fe80::1%eth0', undefined],
    ['127.1', undefined],
    ['', undefined],
    ['.', undefined],
    ['a\u3002b', undefined],
    ['a\0b', undefined],
    ['a..b', undefined],
    ['*.example.com', undefined],
    [LABEL_64, undefined],
    [NAME_254, undefined],
  ]
  for (const [host, servername] of cases)
    it(`servernameFor() gives ${servername ?? 'nothing'} for ${short(JSON.stringify(host))}`, () =>
      assert.equal(servernameFor(host), servername))
})

describe('isFor()', () => {
  const names = certificate(['example.com', '*.example.org', IPV4], { commonName: 'cn.example' })
  for (const name of ['example.com', 'EXAMPLE.COM', 'example.com.', 'www.example.org', 'WWW.Example.Org.'])
    it(`isFor() accepts a certificate that names ${name}`, () => assert.equal(isFor(name, names), true))
  for (const name of [
    '',
    '.',
    'www.example.com',
    'example.org',
    'a.b.example.org',
    'cn.example',
    '192.0.2.1',
    '*.example.org',
  ])
    it(`isFor() refuses a certificate that does not name ${JSON.stringify(name)}`, () =>
      assert.equal(isFor(name, names), false))

  it('isFor() never finds a certificate by its address', () =>
    assert.equal(isFor('192.0.2.1', certificate([IPV4, '192.0.2.1'])), false))
})

describe('the reason', () => {
  const reason = (host: string, names: PeerNames): string => checkIdentity(host, names) ?? 'matched'

  it('the reason names the host and the names of the certificate', () => {
    assert.equal(
      reason('Example.com.', certificate(['a.example', '*.b.example', IPV4])),
      'The certificate is not for "example.com", but for "a.example", "*.b.example", 192.0.2.1',
    )
  })

  it('the reason lists addresses first for an address', () => {
    assert.equal(
      reason('192.0.2.2', certificate(['a', 'b', 'c', 'd', IPV4, IPV6, ip('01')])),
      'The certificate is not for "192.0.2.2", but for 192.0.2.1, ' +
        '2001:db8:0:0:0:0:0:1, an IP address of wrong length (1), "a" and 3 more',
    )
  })

  it('the reason says when the host is neither a name nor an address', () => {
    assert.equal(
      reason('a b', certificate([])),
      'No certificate can be for "a b": it is neither a DNS name nor an IP address without zone',
    )
  })

  it('the reason says when the certificate has no name', () => {
    assert.equal(
      reason('a.example', certificate([])),
      'The certificate is not for "a.example": it has no subject alternative name',
    )
  })

  it('the reason says that names of other kinds and the common name do not count', () => {
    assert.equal(
      reason('a.example', certificate([], { other: true, commonName: 'a.example' })),
      'The certificate is not for "a.example": it has only names of other kinds than DNS name and IP address, ' +
        'and its common name "a.example" does not count',
    )
  })

  it('the reason is short even for ten thousand long names', () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `${index}${'\n'.repeat(1000)}`)
    assert.match(reason('a.example', certificate(names)), ERROR_TEXT)
    assert.match(reason('a.example', certificate(new Array<string>(4).fill('\n'.repeat(100)))), ERROR_TEXT)
    assert.match(reason('\n'.repeat(1_000_000), certificate([])), ERROR_TEXT)
    assert.match(reason('a.example', certificate([], { commonName: '\u{1f512}'.repeat(100_000) })), ERROR_TEXT)
  })

  it('the reason has no character that could damage a log or a terminal', () => {
    const names = certificate(['a"b\\c\r\n\u001b[31m\u009b\u202e\0'])
    assert.equal(
      reason('x.example', names),
      'The certificate is not for "x.example", but for "a\\"b\\\\c\\u000d\\u000a\\u001b[31m\\u009b\\u202e\\u0000"',
    )
  })
})

describe('arbitrary input', () => {
  const wrong: unknown[] = [undefined, null, 1, true, {}, [], ['example.com'], Buffer.from('example.com'), Symbol('a')]
  for (const value of wrong)
    it(`checkIdentity() throws a TypeError for a host of type ${typeof value}: ${String(value) || '""'}`, () => {
      const names = certificate(['example.com'])
      const error = coded('ERR_INVALID_ARG_TYPE', { name: 'TypeError' })
      assert.throws(() => checkIdentity(value as string, names), error)
      assert.throws(() => servernameFor(value as string), error)
      assert.throws(() => isFor(value as string, names), error)
    })

  it('checkIdentity() refuses a huge host at once', () => {
    const names = certificate(['*.example.com'])
    for (const unit of ['a', '.', 'a.', 'ü', 'ü.', '\u00ad', '日', ':', '1.'])
      assertRefused(unit.repeat(1_000_000), names)
  })

  /** Text that is likely to hit a special case. */
  const PIECES = [
    ...['a', 'B', 'z9', '-', '_', '.', '..', '*', '*.', 'xn--', '0', '127', '0x', ':', '::', '%', '@', '/', '\\', '?'],
    ...['#', '[', ']', ' ', '\t', '\n', '\0', '\x7f', 'ü', 'ß', '日', 'א', '\u3002', '\uff0e', '\uff61', '\u00ad'],
    ...['\u200d', '\u212a', '\uff0a', '\uff11', '\u2488', '\ud800', '\udc00', '\u{1f512}', 'ffff', '192.0.2.1'],
  ]
  const seed = freshSeed()
  const below = randomFrom(seed)
  const pick = (): string => PIECES[below(PIECES.length)] ?? ''
  const noise = (most: number): string => Array.from({ length: below(most + 1) }, pick).join('')
  const anyUnits = (most: number): string =>
    String.fromCharCode(...Array.from({ length: below(most + 1) }, () => below(below(2) === 0 ? 0x100 : 0x10000)))
  const anyBytes = (): Uint8Array => Uint8Array.from({ length: below(20) }, () => below(256))
  const anyNames = (): PeerNames => ({
    dns: Array.from({ length: below(4) }, () => (below(2) === 0 ? noise(6) : anyUnits(12))),
    ip: Array.from({ length: below(3) }, anyBytes),
    other: below(2) === 0,
    commonName: below(2) === 0 ? undefined : noise(6),
  })

  it('checkIdentity() throws for no text, and its reason is harmless', () => {
    for (let round = 0; round < 20_000; round++) {
      const host = below(2) === 0 ? noise(8) : anyUnits(16)
      const reason = checkIdentity(host, anyNames())
      const servername = servernameFor(host)
      const context = `seed ${seed}: ${JSON.stringify(host)}`
      if (reason !== undefined) assert.match(reason, ERROR_TEXT, context)
      if (servername !== undefined) {
        assert.match(servername, /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/, context)
        assert.equal(servernameFor(servername), servername, context)
        assertAccepted(host, certificate([servername]))
        assert.equal(isFor(host, certificate([servername])), true, context)
      }
    }
  })

  /** `text` with a few pieces put in, taken away or put in place of others. */
  function mutated(text: string): string {
    for (let edits = below(4); edits > 0; edits--) {
      const at = below(text.length + 1)
      text = text.slice(0, at) + (below(3) === 0 ? '' : pick()) + text.slice(at + below(3))
    }
    return text
  }

  it("checkIdentity() never accepts a host of another domain than the certificate's (H92)", () => {
    const heads = ['', 'www.', '*.', 'a.b.', '*.a.', 'victim.', 'www.victim.example.']
    const head = (): string => heads[below(heads.length)] ?? ''
    for (let round = 0; round < 20_000; round++) {
      const names = certificate(Array.from({ length: 3 }, () => mutated(`${head()}proprietor.example`)))
      const host = `${mutated(head())}victim.example${below(3) === 0 ? '.' : ''}`
      const context = `seed ${seed}: ${JSON.stringify(host)}, ${JSON.stringify(names.dns)}`
      assert.notEqual(checkIdentity(host, names), undefined, context)
      assert.equal(isFor(host, names), false, context)
    }
  })

  it('checkIdentity() accepts only hosts that have as many labels as the certificate and the same ending (H92)', () => {
    for (let round = 0; round < 20_000; round++) {
      const name = ['example.org', 'www.example.org', '*.example.org', '*.a.example.org'][below(4)] ?? ''
      const host = mutated(name.replace('*', 'x'))
      if (checkIdentity(host, certificate([name])) !== undefined) continue
      const context = `seed ${seed}: ${JSON.stringify(host)}, ${name}`
      const labels = host.replace(/\.$/, '').toLowerCase().split('.')
      const wanted = name.split('.')
      assert.equal(labels.length, wanted.length, context)
      for (const [index, label] of wanted.entries()) if (label !== '*') assert.equal(labels[index], label, context)
    }
  })

  it('checkIdentity() accepts an address for exactly its own bytes (H92)', () => {
    for (let round = 0; round < 5_000; round++) {
      const bytes = Uint8Array.from({ length: below(2) === 0 ? 4 : 16 }, () => (below(3) === 0 ? 0 : below(256)))
      bytes[bytes.length - 1] = 1 + below(255)
      const groups = Array.from({ length: 8 }, (_, at) =>
        (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
      )
      const host =
        bytes.length === 4
          ? bytes.join('.')
          : groups
              .join(':')
              .replace(/(?<=^|:)0(:0)+(?=$|:)/, '')
              .replace(/^:|:$/g, '::')
      const other = Uint8Array.from(bytes)
      const at = below(bytes.length)
      other[at] = (bytes[at] ?? 0) ^ (1 << below(8))
      assertAccepted(host, certificate([bytes]))
      assertRefused(host, certificate([host, other, bytes.subarray(1)]))
    }
  })
})

it('the tables have enough rows', () => {
  const count = (table: Record<string, Row[]>): number => Object.values(table).flat().length
  assert.ok(count(ACCEPTED) >= 50, `${count(ACCEPTED)} accepted`)
  assert.ok(count(REFUSED) >= 100, `${count(REFUSED)} refused`)
})
