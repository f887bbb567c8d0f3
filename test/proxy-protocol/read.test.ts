import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { AddrInfo, IncompleteReadError, proxyProtocol, tls } from 'berkeley'
import { conversation, drain, pair, type Stream, type Test } from '../stream/common.js'
import { tlscfg, ends as tlsEnds, trust } from '../tls/common.js'
import { closing, leavesNoFd } from '../util/index.js'

leavesNoFd()

const { header, ProxyProtocolError, readHeader } = proxyProtocol

const addresses = { source: AddrInfo.inet('192.0.2.1', 1025), destination: AddrInfo.inet('198.51.100.2', 443) }
const headers = [
  header({ version: 1, ...addresses }),
  header({ ...addresses, crc32c: true, tlvs: [{ type: 1, value: Buffer.alloc(2000) }] }),
]

const kinds: [name: string, make: (t: Test) => Promise<[Stream, Stream]>][] = [
  ['TCP', conversation],
  ['a unix stream', pair],
  ['TLS', (t) => tlsEnds(t as never)],
]

for (const [name, make] of kinds)
  describe(`readHeader() over ${name}`, () => {
    test('it reads either version, and not a byte behind it', async (t) => {
      for (const [i, bytes] of headers.entries()) {
        const [a, b] = await make(t)
        await a.send(Buffer.concat([bytes, Buffer.from('data behind it')]))
        const read = await readHeader(b)
        assert.deepEqual([read?.version, String(read?.source)], [i + 1, '192.0.2.1:1025'])
        assert.equal(b.reader().buffered, 0)
        await a.end()
        assert.equal(String(await drain(b)), 'data behind it')
      }
    })

    test('it reads a header that comes byte by byte', async (t) => {
      for (const bytes of headers) {
        const [a, b] = await make(t)
        const reading = readHeader(b, { timeout: 10_000 })
        for (const byte of bytes.subarray(0, 200)) {
          await a.send(Buffer.of(byte))
          await nextTurn()
        }
        await a.send(Buffer.concat([bytes.subarray(200), Buffer.from('.')]))
        assert.equal(String((await reading)?.destination), '198.51.100.2:443')
        assert.equal(String(await b.recv()), '.')
      }
    })

    test('a wrong byte is refused at once, although the peer sends no more (H143)', async (t) => {
      for (const beginning of ['G', 'PROXYX', '\r\n\r\n\0\r\nQUIX', '\r\n\r\n\0\r\nQUIT\n\x31']) {
        const [a, b] = await make(t)
        await a.send(Buffer.from(beginning, 'latin1'))
        await assert.rejects(readHeader(b, { timeout: 10_000 }), ProxyProtocolError)
      }
    })

    test('a header longer than max is refused before it has come', async (t) => {
      const [a, b] = await make(t)
      await a.send((headers[1] as Buffer).subarray(0, 16))
      await assert.rejects(readHeader(b, { max: 2000 }), { code: 'ERR_PROXY_PROTOCOL', message: /may have 2000/ })
    })

    test('the end before the header is null, and within it an error', async (t) => {
      const [a, b] = await make(t)
      await a.end()
      assert.equal(await readHeader(b), null)
      const [c, d] = await make(t)
      await c.send('PROXY TCP4')
      await c.end()
      await assert.rejects(readHeader(d), (error: unknown) => {
        assert.ok(error instanceof IncompleteReadError)
        return String(error.partial) === 'PROXY TCP4'
      })
    })

    test('a peer that sends nothing, or only the beginning, is held to the timeout', async (t) => {
      for (const beginning of ['', 'PRO', 'PROXY TCP4 ']) {
        const [a, b] = await make(t)
        if (beginning) await a.send(beginning)
        await assert.rejects(readHeader(b, { timeout: 20 }), { name: 'TimeoutError' })
        const signal = AbortSignal.timeout(20)
        await assert.rejects(readHeader(b, { signal }), { name: 'AbortError' })
      }
    })
  })

describe('readHeader()', () => {
  test('TLS may follow, whose first bytes came with the header', async (t) => {
    const [a, b] = await conversation(t)
    await a.send(headers[0] as Buffer)
    const client = tls.wrap(a, { ca: trust.ca }, { servername: 'localhost' })
    await b.readable()
    assert.equal((await readHeader(b))?.version, 1)
    const server = closing(t, await tls.wrap(b, tls.Context.server(tlscfg)))
    const [secured] = await Promise.all([client, server.handshake({ timeout: 10_000 })])
    closing(t, secured)
    await secured.send('secret')
    assert.equal(String(await server.recv()), 'secret')
  })

  test('wrong arguments reject', async (t) => {
    const [, b] = await pair(t)
    for (const conn of [undefined, null, 7, {}, { reader: 1 }, { reader: () => 1 }])
      await assert.rejects(readHeader(conn as never), { code: 'ERR_INVALID_ARG_TYPE' })
    for (const max of [106, 65_552, 1.5]) await assert.rejects(readHeader(b, { max }), { code: 'ERR_OUT_OF_RANGE' })
    await assert.rejects(readHeader(b, { size: 1 } as never), { code: 'ERR_INVALID_ARG_VALUE' })
    await assert.rejects(readHeader(b, { timeout: -1 }), { code: 'ERR_OUT_OF_RANGE' })
  })
})
