// Batches that are received.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { CmsgHdr, CmsgHdrs, type Datagram, dgram, MSG_DONTWAIT, MSG_TRUNC } from 'berkeley'
import { closing, detachments, eachFamily, leavesNoFd } from '../util/index.js'
import { boundForBatches, numbered, unixPair } from './common.js'

leavesNoFd()

eachFamily(({ loopback }) => {
  test('recvmany() receives many datagrams in one call, each with its bytes and its sender (H32)', async (t) => {
    const server = await boundForBatches(t, loopback)
    const [one, other] = [await boundForBatches(t, loopback), await boundForBatches(t, loopback)]
    const addr = server.getsockname()
    assert.equal(await one.sendmany(['a', '', 'ccc'].map((data) => ({ data, addr }))), 3)
    assert.equal(await other.sendmany([{ data: 'dddd', addr }]), 1)
    using batch = await server.recvmany()
    assert.equal(batch.length, 4)
    assert.deepEqual(
      [...batch].map(({ data, size, segmentSize, addr, flags }) => [`${data}`, size, segmentSize, `${addr}`, flags]),
      [
        ['a', 1, 1, `${one.getsockname()}`, 0],
        ['', 0, 0, `${one.getsockname()}`, 0],
        ['ccc', 3, 3, `${one.getsockname()}`, 0],
        ['dddd', 4, 4, `${other.getsockname()}`, 0],
      ],
    )
    assert.equal(batch.at(-1)?.data.toString(), 'dddd')
    assert.equal(batch.at(4), undefined)
  })

  test('recvmany() gives datagrams of one sender joined by the kernel, with their size', async (t) => {
    const server = await boundForBatches(t, loopback)
    const client = await boundForBatches(t, loopback)
    server.udpgro(true)
    const data = Buffer.from(`${numbered(40, 1200).join('')}the rest`)
    await client.sendmany([{ data, addr: server.getsockname(), segmentSize: 1200 }])
    using batch = await server.recvmany()
    assert.equal(batch.length, 1)
    const [joined] = batch
    assert.equal(joined?.segmentSize, 1200)
    assert.equal(joined.size, data.length)
    assert.equal(joined.control.value('gro'), 1200)
    assert.deepEqual([...joined.segments()].map(String), [...numbered(40, 1200), 'the rest'])
  })
})

describe('recvmany()', () => {
  test('recvmany() receives no more datagrams than it was asked for', async (t) => {
    const server = await boundForBatches(t)
    const client = await boundForBatches(t)
    await client.sendmany(numbered(5).map((data) => ({ data, addr: server.getsockname() })))
    for (const expected of [2, 2, 1]) {
      using batch = await server.recvmany(2)
      assert.equal(batch.length, expected)
    }
  })

  test('recvmany() reports the length of a datagram that did not fit, and delivers the others (H33)', async (t) => {
    const server = await boundForBatches(t)
    const client = await boundForBatches(t)
    const addr = server.getsockname()
    await client.sendmany([
      { data: 'short', addr },
      { data: Buffer.alloc(3000, 7), addr },
      { data: 'last', addr },
    ])
    using batch = await server.recvmany(8, 100)
    const [short, long, last] = batch
    assert.deepEqual([short?.flags, long?.flags, last?.flags], [0, MSG_TRUNC, 0])
    assert.equal(long?.size, 3000)
    assert.ok(long.data.equals(Buffer.alloc(100, 7)))
    assert.equal(String(last?.data), 'last')
  })

  test('recvmany() and sendmany() carry the control messages of each datagram', async (t) => {
    const server = await boundForBatches(t)
    const client = await boundForBatches(t)
    server.recvttl(true)
    server.pktinfo(true)
    const addr = server.getsockname()
    const control = new CmsgHdrs()
    control.push(CmsgHdr.of('ttl', 9))
    await client.sendmany([
      { data: 'plain', addr },
      { data: 'with a ttl', addr, control },
      { data: Buffer.alloc(1000), addr, control, segmentSize: 500 },
    ])
    const ttls: (number | undefined)[] = []
    while (ttls.length < 4) {
      using batch = await server.recvmany()
      for (const datagram of batch) {
        ttls.push(datagram.control.value('ttl'))
        assert.equal(datagram.control.value('pktinfo')?.addr?.addr, '127.0.0.1')
      }
    }
    assert.deepEqual(ttls, [64, 9, 9, 9])
    assert.equal(control.length, 1, 'the message is still the caller’s')
  })

  test('recvmany() waits for the first datagram, with a deadline and a signal (H22, H23)', async (t) => {
    const server = await boundForBatches(t)
    const client = await boundForBatches(t)
    server.deadlines(30)
    await assert.rejects(server.recvmany(), { name: 'TimeoutError', syscall: 'recvmmsg' })
    server.deadlines(5000)
    const aborting = new AbortController()
    const aborted = server.recvmany(4, 100, 0, { signal: aborting.signal })
    aborting.abort()
    await assert.rejects(aborted, { name: 'AbortError' })
    const waiting = server.recvmanysync()
    await client.sendmanysync([{ data: 'at last', addr: server.getsockname() }])
    using batch = await waiting
    assert.equal(String(batch.at(0)?.data), 'at last')
    await assert.rejects(server.recvmany(1, 1, MSG_DONTWAIT), { code: 'EAGAIN' })
  })
})

describe('the memory of batches', () => {
  test('recvmany() refuses a batch of more than 4 GiB', async (t) => {
    const a = closing(t, await dgram.inet.Socket.create({ host: '127.0.0.1', port: 0 }))
    await assert.rejects(a.recvmany(1024, 0x7fffffff), { code: 'ERR_OUT_OF_RANGE', message: /"bufsize"/ })
  })

  test('recvmany() reuses the memory of a closed batch, whose datagrams then throw ERR_INVALID_STATE', async (t) => {
    const server = await boundForBatches(t)
    const client = await boundForBatches(t)
    const addr = server.getsockname()
    const text = (word: string): string => word.padEnd(5000)
    await client.sendmany([{ data: text('first'), addr }])
    const first = await server.recvmany(3, 6000)
    const [datagram] = first
    const view = datagram?.data
    const sender = datagram?.addr
    first.close()
    first.close()
    assert.throws(() => datagram?.data, { code: 'ERR_INVALID_STATE' })
    assert.throws(() => datagram?.size, { code: 'ERR_INVALID_STATE' })
    assert.equal(datagram?.addr, sender)
    assert.match(inspect(first), /Batch \(1, closed\)/)
    await client.sendmany([{ data: text('again'), addr }])
    using second = await server.recvmany(3, 6000)
    assert.equal(second.at(0)?.data.buffer, view?.buffer)
    assert.equal(String(view), text('again'))
    assert.match(inspect(second), /Batch \[\s*Datagram \{/)
  })

  test('recvmany() never shares memory between two open batches', async (t) => {
    const server = await boundForBatches(t)
    const client = await boundForBatches(t)
    const addr = server.getsockname()
    await client.sendmany([{ data: 'first', addr }])
    using first = await server.recvmany(1)
    await client.sendmany([{ data: 'other', addr }])
    using second = await server.recvmany(1)
    assert.equal(`${first.at(0)?.data} ${second.at(0)?.data}`, 'first other')
  })

  test('small datagrams stay as they are when their batch is closed', async (t) => {
    const [one, other] = await unixPair(t)
    const kept: Buffer[] = []
    for (const text of ['first', 'second', 'third']) {
      await one.send(text)
      using batch = await other.recvmany(3, 1000)
      const [datagram] = batch
      assert.equal(datagram?.data, datagram?.data)
      kept.push(datagram?.data as Buffer)
    }
    assert.deepEqual(kept.map(String), ['first', 'second', 'third'])
  })

  test('nobody can take away the memory of a batch, which others will receive into', async (t) => {
    const [one, other] = await unixPair(t)
    const sent = Buffer.alloc(5000, 1)
    for (const [way, detach] of detachments) {
      await one.send(sent)
      using batch = await other.recvmany(3, 6000)
      const datagram = batch.at(0) as Datagram
      await detach(datagram.data).catch(() => undefined)
      assert.ok(datagram.data.equals(sent), way)
    }
  })

  test('a received batch is sent back with the changes that were made to its datagrams', async (t) => {
    const [one, other] = await unixPair(t)
    await one.sendmany([{ data: 'small' }, { data: Buffer.alloc(5000, 'x') }, { data: 'same' }])
    using batch = await other.recvmany()
    batch.at(0)?.data.write('S')
    batch.at(1)?.data.write('X')
    await other.sendmany(batch)
    using back = await one.recvmany()
    assert.deepEqual(
      [...back].map(({ data }) => data.toString('latin1', 0, 5)),
      ['Small', 'Xxxxx', 'same'],
    )
  })
})
