import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AddrInfo, proxyProtocol, SOCK_DGRAM, SOCK_STREAM } from 'berkeley'
import { freshSeed, randomFrom } from '../util/index.js'

const { header, PP2_TYPE, parseHeader, ProxyProtocolError } = proxyProtocol

const v4 = { source: AddrInfo.inet('192.0.2.1', 1025), destination: AddrInfo.inet('198.51.100.2', 443) }
const v6 = { source: AddrInfo.inet6('2001:db8::1', 65_535), destination: AddrInfo.inet6('2001:db8::2', 0) }
const unix = { source: AddrInfo.unix('\0a\0b'), destination: AddrInfo.unix('/run/app.sock') }

const SIGNATURE = '0d0a0d0a000d0a515549540a'

function hex(...parts: string[]): Buffer {
  return Buffer.from((SIGNATURE + parts.join('')).replaceAll(' ', ''), 'hex')
}

const text = (line: string): Buffer => Buffer.from(line, 'latin1')

const places = (one: proxyProtocol.Header | undefined) => [String(one?.source), String(one?.destination)]

function refused(bytes: Buffer, message: RegExp): void {
  assert.throws(
    () => parseHeader(bytes),
    (error: Error & { code?: string }) => {
      assert.ok(error instanceof ProxyProtocolError, `${error.stack}`)
      assert.deepEqual([error.name, error.code], ['ProxyProtocolError', 'ERR_PROXY_PROTOCOL'])
      assert.match(error.message, message)
      return true
    },
    bytes.toString('latin1'),
  )
}

describe('a header of the PROXY protocol', () => {
  test('version 1 is written as the specification has it', () => {
    assert.equal(String(header({ version: 1, ...v4 })), 'PROXY TCP4 192.0.2.1 198.51.100.2 1025 443\r\n')
    assert.equal(String(header({ version: 1, ...v6 })), 'PROXY TCP6 2001:db8::1 2001:db8::2 65535 0\r\n')
    assert.equal(String(header({ version: 1 })), 'PROXY UNKNOWN\r\n')
    const source = AddrInfo.inet6('fe80::1%1', 1)
    assert.equal(
      String(header({ version: 1, source, destination: v6.destination })),
      'PROXY TCP6 fe80::1 2001:db8::2 1 0\r\n',
    )
  })

  test('version 2 is written as the specification has it', () => {
    assert.deepEqual(header(v4), hex('21 11 000c', 'c0000201 c6336402 0401 01bb'))
    const dgram = { source: v4.source.with({ socktype: SOCK_DGRAM }), destination: v4.destination }
    assert.equal(header(dgram)[13], 0x12)
    assert.deepEqual(header(), hex('21 00 0000'))
    assert.deepEqual(header({ command: 'LOCAL' }), hex('20 00 0000'))
    const tlvs = [{ type: PP2_TYPE.AUTHORITY, value: 'é' }]
    assert.deepEqual(header({ ...v4, tlvs }), hex('21 11 0011', 'c0000201 c6336402 0401 01bb', '02 0002 c3a9'))
  })

  test('IPv4 addresses of a socket for both families are IPv4', () => {
    const mapped = {
      source: AddrInfo.inet6('::ffff:192.0.2.1', 1025),
      destination: AddrInfo.inet6('::ffff:198.51.100.2', 443),
    }
    for (const version of [1, 2] as const) assert.deepEqual(header({ version, ...mapped }), header({ version, ...v4 }))
  })

  test('what is written is read again', () => {
    const tlvs = [
      { type: PP2_TYPE.ALPN, value: Buffer.from('h2') },
      { type: 0xee, value: Buffer.alloc(300, 7) },
      { type: PP2_TYPE.UNIQUE_ID, value: Buffer.alloc(0) },
    ]
    for (const addresses of [v4, v6, unix])
      for (const crc32c of [false, true]) {
        const made = header({ ...addresses, tlvs, crc32c })
        const read = parseHeader(Buffer.concat([made, Buffer.from('data')]))
        assert.equal(read?.length, made.length)
        assert.deepEqual([read.version, read.command, read.source?.socktype], [2, 'PROXY', SOCK_STREAM])
        assert.deepEqual(places(read), [String(addresses.source), String(addresses.destination)])
        assert.deepEqual(read.tlvs.slice(0, 3), tlvs)
        assert.deepEqual(
          read.tlvs.slice(3).map(({ type }) => type),
          crc32c ? [PP2_TYPE.CRC32C] : [],
        )
      }
    for (const addresses of [v4, v6, {}]) {
      const read = parseHeader(header({ version: 1, ...addresses }))
      assert.deepEqual([read?.version, read?.command, read?.tlvs], [1, 'PROXY', []])
      assert.deepEqual(places(read), [
        String((addresses as typeof v4).source),
        String((addresses as typeof v4).destination),
      ])
    }
  })

  test('a checksum that does not fit is refused', () => {
    const made = header({ ...v4, crc32c: true })
    assert.equal(made.length, 16 + 12 + 7)
    made[20] = (made[20] as number) ^ 1
    refused(made, /checksum/)
  })

  test('what proxies say about themselves, or do not know, is passed over', () => {
    for (const [bytes, command] of [
      [hex('20 00 0000'), 'LOCAL'],
      [hex('20 11 000c', 'c0000201 c6336402 0401 01bb'), 'LOCAL'],
      [hex('20 ff 0003', '010203'), 'LOCAL'],
      [hex('21 00 0004', 'ffffffff'), 'PROXY'],
      [text('PROXY UNKNOWN\r\n'), 'PROXY'],
      [text('PROXY UNKNOWN ffff:f...f:ffff whatever 65535 65535\r\n'), 'PROXY'],
    ] as const) {
      const read = parseHeader(bytes)
      assert.deepEqual(
        [read?.command, read?.source, read?.destination, read?.length],
        [command, undefined, undefined, bytes.length],
      )
    }
    assert.deepEqual(parseHeader(hex('21 11 0010', 'c0000201 c6336402 0401 01bb', '04 0001 00'))?.tlvs, [])
  })

  test('a beginning is not there as a whole, whatever is cut off', () => {
    for (const bytes of [
      header({ version: 1, ...v6 }),
      header({ ...unix, crc32c: true }),
      header(),
      text('PROXY UNKNOWN\r\n'),
    ])
      for (let length = 0; length < bytes.length; length++)
        assert.equal(parseHeader(bytes.subarray(0, length)), undefined)
  })

  test('malformed text is refused', () => {
    const good = 'PROXY TCP4 192.0.2.1 198.51.100.2 1025 443\r\n'
    assert.ok(parseHeader(text(good)))
    for (const [from, to] of [
      ['TCP4', 'TCP5'],
      ['TCP4', 'tcp4'],
      ['TCP4', 'TCP6'],
      ['TCP4 ', 'TCP4  '],
      ['192.0.2.1', '192.0.2.256'],
      ['192.0.2.1', '192.0.2.01'],
      ['192.0.2.1', '192.0.2'],
      ['192.0.2.1', '::1'],
      ['192.0.2.1', 'localhost'],
      ['192.0.2.1 ', ''],
      ['1025', '65536'],
      ['1025', '01025'],
      ['1025', '-1'],
      ['1025', '+1'],
      ['1025', '1e3'],
      ['443\r', '443 \r'],
      ['443\r', '443 1\r'],
      ['443\r', '\r'],
      ['443\r\n', '443\n'],
      ['443\r\n', '443\r\r\n'],
      ['PROXY ', 'PROXY\t'],
      ['443', '443\0'],
    ] as const)
      refused(text(good.replace(from, to)), /malformed|no address|CRLF|signature/)
    refused(text('PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n'), /malformed/)
    refused(text('PROXY UNKNOWNX\r\n'), /malformed/)
    refused(text('PROXY UNKNOWN a\rb\r\n'), /malformed/)
    refused(text('\n'), /signature/)
    refused(text(`PROXY UNKNOWN ${'x'.repeat(92)}\r\n`), /107 bytes/)
    assert.ok(parseHeader(text(`PROXY UNKNOWN ${'x'.repeat(91)}\r\n`)))
    refused(text(`PROXY ${'x'.repeat(200)}`), /107 bytes/)
    refused(text('PROXZ'), /signature/)
    refused(text('GET / HTTP/1.1\r\n'), /signature/)
  })

  test('malformed binary is refused', () => {
    const addresses = 'c0000201 c6336402 0401 01bb'
    refused(hex('11'), /version and command are 0x11/)
    refused(hex('22 11 000c', addresses), /0x22/)
    refused(hex('21 11 000b', addresses.slice(0, -2)), /addresses up to/)
    refused(hex('21 41 000c', addresses), /family and type are 0x41/)
    refused(hex('21 10 000c', addresses), /0x10/)
    refused(hex('21 13 000c', addresses), /0x13/)
    refused(hex('21 21 000c', addresses), /addresses up to/)
    refused(hex('21 11 000d', addresses, '01'), /beyond its end/)
    refused(hex('21 11 000f', addresses, '01 0001'), /beyond its end/)
    refused(hex('21 11 000f', addresses, '03 0000'), /checksum/)
    refused(hex('21 31 00d8', '2f'.repeat(216)), /invalid/)
    refused(Buffer.from(`${SIGNATURE.slice(0, 22)}0b`, 'hex'), /signature/)
  })

  test('random bytes, and headers with a byte changed, are read or refused, and nothing else (H143)', () => {
    const seed = freshSeed()
    const choose = randomFrom(seed)
    const seeds = [
      header({ version: 1, ...v4 }),
      header({ ...v6, crc32c: true }),
      header(unix),
      header({ command: 'LOCAL' }),
    ]
    for (let i = 0; i < 20_000; i++) {
      const bytes = Buffer.from(seeds[choose(seeds.length)] as Buffer)
      for (let changes = 1 + choose(3); changes > 0; changes--) bytes[choose(bytes.length)] = choose(256)
      try {
        const read = parseHeader(bytes)
        assert.ok(read === undefined || read.length <= bytes.length)
      } catch (error) {
        assert.ok(
          error instanceof ProxyProtocolError,
          `seed ${seed}: ${bytes.toString('hex')}: ${(error as Error).stack}`,
        )
      }
    }
  })

  test('what cannot be written is refused', () => {
    const code = (value: string) => ({ code: value })
    assert.throws(() => header({ source: v4.source }), code('ERR_INVALID_ARG_TYPE'))
    assert.throws(() => header({ source: v4.source, destination: v6.destination }), code('EAFNOSUPPORT'))
    assert.throws(() => header({ version: 1, ...unix }), code('EAFNOSUPPORT'))
    assert.throws(
      () => header({ source: AddrInfo.vsock(1, 1), destination: AddrInfo.vsock(1, 2) }),
      code('EAFNOSUPPORT'),
    )
    assert.throws(() => header({ version: 3 as 2 }), code('ERR_INVALID_ARG_VALUE'))
    assert.throws(() => header({ command: 'proxy' as 'PROXY' }), code('ERR_INVALID_ARG_VALUE'))
    assert.throws(() => header({ command: 'LOCAL', ...v4 }), code('ERR_INVALID_ARG_VALUE'))
    assert.throws(() => header({ version: 1, command: 'LOCAL' }), code('ERR_INVALID_ARG_VALUE'))
    assert.throws(() => header({ version: 1, ...v4, crc32c: true }), code('ERR_INVALID_ARG_VALUE'))
    assert.throws(() => header({ tlvs: [{ type: 1, value: 'x' }] }), code('ERR_INVALID_ARG_VALUE'))
    assert.throws(() => header({ ...v4, tlvs: [{ type: 256, value: 'x' }] }), code('ERR_OUT_OF_RANGE'))
    assert.throws(() => header({ ...v4, tlvs: [{ type: 3, value: 'x' }] }), code('ERR_INVALID_ARG_VALUE'))
    assert.throws(() => header({ ...v4, tlvs: [{ type: 1, value: 3 as never }] }), code('ERR_INVALID_ARG_TYPE'))
    assert.throws(() => header({ ...v4, tlvs: [{ type: 1, value: Buffer.alloc(65_536) }] }), code('ERR_OUT_OF_RANGE'))
    assert.throws(() => header({ ...v4, tlvs: [{ type: 1, value: Buffer.alloc(65_530) }] }), code('ERR_OUT_OF_RANGE'))
    assert.throws(() => header({ ...v4, tlvs: {} as never }), code('ERR_INVALID_ARG_TYPE'))
    assert.throws(() => header({ sources: 1 } as never), code('ERR_INVALID_ARG_VALUE'))
    assert.throws(() => parseHeader('PROXY' as never), code('ERR_INVALID_ARG_TYPE'))
  })
})
