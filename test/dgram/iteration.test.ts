import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AddrInfo, dgram } from 'berkeley'
import { sys } from '#internal/constants/lookup.js'
import { native } from '#internal/native/sockets.js'
import { closing, closingAll, eachFamily, leavesNoFd } from '../util/index.js'
import { bound, portOf, type Test } from './common.js'

leavesNoFd()

describe('for await', () => {
  test('a loop over a socket gets the longest datagram whole and continues (H33)', async (t) => {
    const [a, b] = closingAll(t, await dgram.unix.pair())
    const long = Buffer.alloc(100_000, 7)
    for (const data of [long, '', 'last']) await a.send(data)
    const lengths: number[] = []
    for await (const [data] of b) {
      lengths.push(data.length)
      if (data.length === 100_000) assert.ok(data.equals(long))
      if (lengths.length === 3) break
    }
    assert.deepEqual(lengths, [100_000, 0, 4])
  })
})

/** A socket that is connected to a port where nobody listens. */
async function connectedToNobody(t: Test, host: string): Promise<[client: dgram.inet.Socket, port: number]> {
  const gone = await bound(t, host)
  const port = portOf(gone)
  await gone.close()
  const client = closing(t, await dgram.inet.Socket.create({ host, port }))
  await client.connect()
  return [client, port]
}

/** Texts that a loop over a socket gets, one after the other. */
function looping(sock: dgram.Socket): { next(): Promise<string> } {
  const loop = sock[Symbol.asyncIterator]()
  return { next: () => loop.next().then(({ value, done }) => (done ? 'the end' : String(value?.[0]))) }
}

eachFamily(({ loopback }) => {
  test('a loop goes on when the network reports that nobody was there, as often as it does (H114)', async (t) => {
    const [client, port] = await connectedToNobody(t, loopback)
    const loop = looping(client)
    const next = loop.next()
    for (let i = 0; i < 3; i++) await client.send('lost').catch(({ code }) => assert.equal(code, 'ECONNREFUSED'))
    const late = closing(t, await dgram.inet.Socket.create({ host: loopback, port }))
    await late.bind()
    await late.sendto('answer', client.getsockname())
    assert.equal(await next, 'answer')
    const last = loop.next()
    await client.close()
    assert.equal(await last, 'the end')
  })

  test('recvfrom() still rejects with what the network reports, once', async (t) => {
    const [client] = await connectedToNobody(t, loopback)
    await client.send('lost')
    await assert.rejects(client.recvfrom(), { code: 'ECONNREFUSED' })
  })

  test('a loop over a socket with recverr goes on, and the report waits in the error queue', async (t) => {
    const [gone, sock] = [await bound(t, loopback), await bound(t, loopback)]
    const nobody = gone.getsockname()
    await gone.close()
    sock.recverr(true)
    const loop = looping(sock)
    const next = loop.next()
    await sock.sendto('lost', nobody)
    const sender = await bound(t, loopback)
    await sender.sendto('found', sock.getsockname())
    assert.equal(await next, 'found')
  })
})

describe('for await', () => {
  for (const code of ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EPROTO', 'EACCES', 'EMSGSIZE'] as const)
    test(`a loop goes on after ${code}`, async (t) => {
      const sock = await bound(t)
      const { inboxReceiveOne } = native
      let reports = 2
      t.mock.method(native, 'inboxReceiveOne', (...args: Parameters<typeof inboxReceiveOne>) =>
        reports-- > 0 ? -sys[code] : inboxReceiveOne(...args),
      )
      await sock.sendto('x', sock.getsockname())
      assert.equal(await looping(sock).next(), 'x')
    })

  test('a loop ends with an error that is no report', async (t) => {
    const sock = await bound(t)
    t.mock.method(native, 'inboxReceiveOne', () => -sys.ENOMEM)
    await assert.rejects(looping(sock).next(), { code: 'ENOMEM' })
  })

  test('a loop ends with a report that never stops, after pauses in which others have their turn', async (t) => {
    const sock = await bound(t)
    const calls = t.mock.method(native, 'inboxReceiveOne', () => -sys.ECONNREFUSED)
    let turns = 0
    const turn = (): void => {
      turns++
      timer = setImmediate(turn)
    }
    let timer = setImmediate(turn)
    t.after(() => clearImmediate(timer))
    await assert.rejects(looping(sock).next(), { code: 'ECONNREFUSED' })
    assert.ok(calls.mock.callCount() > 50 && calls.mock.callCount() < 500, `${calls.mock.callCount()} calls`)
    assert.ok(turns > 5, `${turns} turns of the event loop`)
  })

  test('a loop over a unix socket goes on when its peer turned to another one', async (t) => {
    const path = `\0berkeley-${process.pid}-turning`
    const sock = closing(t, await dgram.unix.Socket.create({ path }))
    await sock.bind()
    const peer = closing(t, await dgram.unix.Socket.create({ path: `${path}-peer` }))
    await peer.bind()
    await peer.connect({ path })
    await sock.connect({ path: `${path}-peer` })
    const loop = looping(sock)
    const next = loop.next()
    const other = closing(t, await dgram.unix.Socket.create({ path: `${path}-other` }))
    await other.bind()
    await peer.connect({ path: `${path}-other` })
    await peer.sendto('still here', AddrInfo.unix(path))
    assert.equal(await next, 'still here')
  })
})
