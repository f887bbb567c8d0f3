// Calls of send() and sendto() while a batch of events is handled: as those of streams, but each message stays one.
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { AddrInfo, dgram } from 'berkeley'
import { type Socket as LowSocket, MSG_DONTWAIT, SOCK_DGRAM } from 'berkeley/llsocket'
import * as batches from '../util/batches.js'
import { arrived, batch, fill, PAIRS, picked, shortBatch, whileGathering, withoutGathering } from '../util/batches.js'
import { leavesNoFd, within } from '../util/index.js'
import { bound, portOf } from './common.js'

leavesNoFd()

type Pair = batches.Pair<dgram.unix.Socket>

const pairs = (t: TestContext, prepare?: (low: LowSocket) => void): Pair[] =>
  batches.pairs(t, SOCK_DGRAM, (low) => new dgram.unix.Socket(low), prepare)

describe('send() of datagrams while a batch is handled', { skip: withoutGathering }, () => {
  test('leaves at the end of the batch, message by message', async (t) => {
    const all = pairs(t)
    const reply = async ({ sock, peer }: Pair): Promise<boolean> => {
      const sending = [sock.send('one'), sock.send(''), sock.send('three')]
      const early = arrived(peer)
      assert.deepEqual(await Promise.all(sending), [3, 0, 5])
      const rest = early === '' ? ['one', '', 'three'] : ['', 'three']
      for (const text of rest) assert.equal(String(peer.recv(100, MSG_DONTWAIT)), text)
      return early === ''
    }
    let together = 0
    for (let i = 0; i < 1000 && together < PAIRS; i++) together = (await batch(all, reply)).filter(Boolean).length
    assert.equal(together, PAIRS)
  })

  test('waits where the queue of the peer is full, and keeps the order', async (t) => {
    const all = pairs(t, fill)
    await shortBatch(all, async ({ sock, peer }) => {
      const sending = Promise.all([sock.send('1'), sock.send('2'), sock.send('3')])
      let seen = ''
      while (seen.length < 3) {
        seen += arrived(peer).replaceAll('.', '')
        await new Promise((resolve) => setImmediate(resolve))
      }
      assert.equal(seen, '123')
      assert.deepEqual(await sending, [1, 1, 1])
    })
  })

  test('rejects where the peer is gone, and no other call', async (t) => {
    const all = pairs(t)
    const gone = new Set(all.filter((_, i) => i % 2 === 1))
    const results = await shortBatch(all, async (pair) => {
      if (gone.has(pair)) pair.peer.close()
      return pair.sock.send('reply').catch(picked)
    })
    for (const [i, pair] of all.entries())
      assert.deepEqual(results[i], gone.has(pair) ? ['ECONNREFUSED', 'send', 0] : 5)
  })

  test('goes to the address that it was given', async (t) => {
    const servers = await Promise.all(Array.from({ length: PAIRS }, () => bound(t)))
    const clients = await Promise.all(servers.map(() => bound(t)))
    for (let round = 0; round < 30; round++) {
      const served = servers.map(async (server) => {
        const [data, from] = await server.recvfrom()
        assert.ok(from)
        return Promise.all([server.sendto(`${data} 1`, from), server.sendto(`${data} 2`, from)])
      })
      for (const [i, client] of clients.entries()) client.write(`${i}`, (servers[i] as dgram.inet.Socket).getsockname())
      assert.deepEqual(await within(Promise.all(served), 'the answers'), Array(PAIRS).fill([3, 3]))
      for (const [i, client] of clients.entries())
        for (const n of [1, 2]) {
          const [data, from] = await client.recvfrom()
          assert.equal(String(data), `${i} ${n}`)
          assert.equal(from?.port, portOf(servers[i] as dgram.inet.Socket))
        }
    }
  })

  test('goes to the peer that the socket has then, and is sent under the options of then (H169)', async (t) => {
    const [sock, first, second] = await Promise.all([bound(t), bound(t), bound(t)])
    await sock.connect({ host: '127.0.0.1', port: portOf(first) })
    // Events are waited for from now on.
    first.write('!', sock.getsockname())
    assert.equal(String(await sock.recv()), '!')
    await whileGathering(t, () => {
      const sending = sock.send('for the first')
      const changing = sock.connect({ host: '127.0.0.1', port: portOf(second) })
      return Promise.all([sending, changing.then(() => sock.send('for the second'))])
    })
    assert.equal(String(await within(first.recv(), 'the first')), 'for the first')
    assert.equal(String(await within(second.recv(), 'the second')), 'for the second')
    await sock.connect(null)
    const everyone = AddrInfo.inet('127.255.255.255', portOf(first))
    await whileGathering(t, () => {
      sock.broadcast(true)
      const sending = sock.sendto('x', everyone)
      sock.broadcast(false)
      return sending
    })
  })
})
