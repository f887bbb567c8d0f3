// Batches that are sent.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AddrInfo, CmsgHdr, CmsgHdrs, dgram } from 'berkeley'
import { abstractName, closing, eachFamily, leavesNoFd } from '../util/index.js'
import { boundForBatches, numbered, received, unixPair } from './common.js'

leavesNoFd()

/** A property that is good once. */
function changing(name: string, good: unknown, ...later: unknown[]): object {
  const answers = [good, ...later]
  return Object.defineProperty({}, name, {
    enumerable: true,
    get: () => (answers.length > 1 ? answers.shift() : answers[0]),
  })
}

eachFamily(({ loopback }) => {
  test('sendmany() lets the kernel cut one piece of memory into datagrams', async (t) => {
    const server = await boundForBatches(t, loopback)
    const client = await boundForBatches(t, loopback)
    // More than one call of the kernel takes, and an odd rest.
    const data = Buffer.from(`${numbered(200, 1000).join('')}the rest`)
    assert.equal(await client.sendmany([{ data, addr: server.getsockname(), segmentSize: 1000 }]), 1)
    assert.deepEqual(await received(server, 201), [...numbered(200, 1000), 'the rest'])
  })

  test('sendmany() sends a received batch back unchanged, joined datagrams and single ones', async (t) => {
    const server = await boundForBatches(t, loopback)
    const client = await boundForBatches(t, loopback)
    server.udpgro(true)
    const addr = server.getsockname()
    const data = Buffer.from(numbered(20, 500).join(''))
    await client.sendmany([
      { data, addr, segmentSize: 500 },
      { data: 'alone', addr },
    ])
    using batch = await server.recvmany()
    assert.equal(await server.sendmany(batch), batch.length)
    assert.deepEqual(await received(client, 21), [...numbered(20, 500), 'alone'])
  })
})

describe('sendmany()', () => {
  test('sendmany() sends more datagrams than one call takes through a small send buffer', async (t) => {
    const server = await boundForBatches(t)
    const client = await boundForBatches(t)
    client.sndbuf(4096)
    const sending = client.sendmany(numbered(500, 100).map((data) => ({ data, addr: server.getsockname() })))
    assert.deepEqual(await received(server, 500), numbered(500, 100))
    assert.equal(await sending, 500)
  })

  test('sendmany() of an empty list sends nothing', async (t) => {
    const client = await boundForBatches(t)
    assert.equal(await client.sendmany([]), 0)
  })

  test('sendmany() sends to the connected peer where no address is given', async (t) => {
    const server = await boundForBatches(t)
    const client = await boundForBatches(t)
    await client.connect({ host: '127.0.0.1', port: server.getsockname().port })
    await client.sendmany([{ data: 'to the peer' }])
    assert.deepEqual(await received(server, 1), ['to the peer'])
  })

  test('sendmany() waits with growing pauses while the queue of the receiver is full (H50)', async (t) => {
    const path = abstractName()
    const server = closing(t, await dgram.unix.Socket.create())
    await server.bind({ path })
    const client = closing(t, await dgram.unix.Socket.create())
    client.deadlines(0, 5000)
    const sending = client.sendmany(numbered(300).map((data) => ({ data, addr: AddrInfo.unix(path) })))
    assert.deepEqual(await received(server, 300), numbered(300))
    assert.equal(await sending, 300)
  })
})

describe('errors of sendmany()', () => {
  test('sendmany() that fails midway reports how many datagrams were sent (H27)', async (t) => {
    const server = await boundForBatches(t)
    const client = await boundForBatches(t)
    const addr = server.getsockname()
    const wrong = AddrInfo.inet6('::1', 9)
    await assert.rejects(
      client.sendmany([
        { data: 'one', addr },
        { data: 'two', addr },
        { data: 'three', addr: wrong },
        { data: 'four', addr },
      ]),
      { code: 'EAFNOSUPPORT', syscall: 'sendmmsg', datagrams: 2, bytes: 6, address: '::1', port: 9 },
    )
    assert.deepEqual(await received(server, 2), ['one', 'two'])
    await assert.rejects(client.sendmany([{ data: Buffer.alloc(65_508), addr }]), { code: 'EMSGSIZE', datagrams: 0 })
  })

  test('sendmany() checks all datagrams before it sends any', async (t) => {
    const client = await boundForBatches(t)
    const server = await boundForBatches(t)
    const good = { data: 'good', addr: server.getsockname() }
    const cases: [unknown, string][] = [
      [undefined, 'ERR_INVALID_ARG_TYPE'],
      [5, 'ERR_INVALID_ARG_TYPE'],
      [[good, undefined], 'ERR_INVALID_ARG_TYPE'],
      [[good, {}], 'ERR_INVALID_ARG_TYPE'],
      [[good, { data: 5 }], 'ERR_INVALID_ARG_TYPE'],
      [[good, { data: '', addr: '127.0.0.1' }], 'ERR_INVALID_ARG_TYPE'],
      [[good, { data: '', segmentSize: -1 }], 'ERR_OUT_OF_RANGE'],
      [[good, { data: '', segmentSize: 65536 }], 'ERR_OUT_OF_RANGE'],
      [[good, { data: '', control: [] }], 'ERR_INVALID_ARG_TYPE'],
      [[good, { data: '', address: 1 }], 'ERR_INVALID_ARG_VALUE'],
    ]
    for (const [datagrams, code] of cases) await assert.rejects(client.sendmany(datagrams as never), { code })
    for (const count of [0, 1025, 1.5]) await assert.rejects(server.recvmany(count), { code: 'ERR_OUT_OF_RANGE' })
    await assert.rejects(server.recvmany(1, 0), { code: 'ERR_OUT_OF_RANGE' })
    await client.sendmany([good])
    assert.deepEqual(await received(server, 1), ['good'])
  })

  test('sendmany() refuses what the kernel would silently ignore', async (t) => {
    const client = await boundForBatches(t)
    const [one] = await unixPair(t)
    const control = new CmsgHdrs()
    control.push(CmsgHdr.rights(0))
    await assert.rejects(client.sendmany([{ data: 'x', addr: client.getsockname(), control }]), { code: 'EOPNOTSUPP' })
    await assert.rejects(one.sendmany([{ data: 'cut me', segmentSize: 2 }]), { code: 'EOPNOTSUPP' })
  })

  test('sendmany() rejects with EINVAL when its memory is transferred while it waits (H61)', async (t) => {
    const [one, other] = await unixPair(t)
    const data = new Uint8Array(8)
    const many = Array.from({ length: 600 }, () => ({ data }))
    const sending = assert.rejects(one.sendmany(many), { code: 'EINVAL' })
    structuredClone(data.buffer, { transfer: [data.buffer] })
    using batch = await other.recvmany(1024)
    assert.ok(batch.length > 0 && batch.length < 600)
    await sending
  })

  test('sendmany() reads each property of a datagram once', async (t) => {
    const [a, b] = await dgram.unix.pair()
    for (const sock of [a, b]) closing(t, sock)
    assert.equal(await a.sendmany([changing('data', 'text', 7) as never]), 1)
    assert.equal(String(await b.recv()), 'text')
    await a.sendmany([{ data: 'x', ...changing('control', undefined, 7) }])
  })
})
