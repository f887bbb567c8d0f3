import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import { describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { AddrInfo, CmsgHdr, CmsgHdrs, type dgram, MSG_PEEK, MSG_TRUNC, MsgHdr } from 'berkeley'
import { isPending, leavesNoFd, openFds, within } from '../util/index.js'
import { bound, boundForBatches, numbered, portOf, type Test, unixPair, withoutGathering } from './common.js'

leavesNoFd()

/** A socket with so many datagrams waiting, `0` and up, and the one that has sent them. */
async function waiting(t: Test, count: number): Promise<[dgram.unix.Socket, dgram.unix.Socket]> {
  const [to, from] = await unixPair(t)
  for (let i = 0; i < count; i++) await from.send(String(i))
  return [to, from]
}

/** A loop that fails at a datagram, and what it was given. */
async function failingAt(sock: dgram.Socket, at: string): Promise<string[]> {
  const seen: string[] = []
  const loop = sock.forEach((data) => {
    seen.push(String(data))
    if (String(data) === at) throw new Error('enough')
  })
  await assert.rejects(within(loop, 'the failure'), { message: 'enough' })
  return seen
}

const text = async (sock: dgram.Socket): Promise<string> => String((await sock.recvfrom())[0])

describe('datagrams of one batch', () => {
  test('are given whole, each in memory of its own, whatever their lengths', async (t) => {
    const [to, from] = await unixPair(t)
    const lengths = [0, 1, 64, 127, 128, 129, 1400, 2112, 2113, 4096, 4097, 9000]
    const sent: Buffer[] = []
    const given: Buffer[] = []
    for (let round = 0; round < 40; round++) {
      const data = [0, 1, 2, 3, 4].map((i) =>
        Buffer.alloc(lengths[(7 * round + i * (1 + (round % 3))) % 12] ?? 0, round),
      )
      sent.push(...data)
      for (const one of data) await from.send(one)
      let left = data.length
      const loop = to.forEach((one) => {
        given.push(one)
        if (--left === 0) throw new Error('all of them')
      })
      await assert.rejects(within(loop, 'the batch'), { message: 'all of them' })
    }
    assert.deepEqual(given, sent)
  })

  test('that a closed socket had are never given to another', async (t) => {
    const [to, from] = await waiting(t, 5)
    const [other, toOther] = await waiting(t, 0)
    const loop = to.forEach(() => to.close())
    await within(loop, 'the end')
    const long = Buffer.alloc(3000, 'x')
    await toOther.send('short')
    await toOther.send(long)
    const seen: string[] = []
    const both = other.forEach((data) => {
      if (seen.push(String(data)) === 2) throw new Error('both')
    })
    await assert.rejects(within(both, 'both'), { message: 'both' })
    assert.deepEqual(seen, ['short', String(long)])
    await from.close()
  })
})

describe('datagrams of one batch that a loop has not given', () => {
  test('go to the next loop when the function throws, in order (H165)', async (t) => {
    const [to, from] = await waiting(t, 7)
    assert.deepEqual(await failingAt(to, '2'), ['0', '1', '2'])
    assert.deepEqual(await failingAt(to, '4'), ['3', '4'])
    await from.send('7')
    assert.deepEqual(await failingAt(to, '7'), ['5', '6', '7'])
  })

  test('go to every call that receives, before what the kernel has (H165)', async (t) => {
    const [to, from] = await waiting(t, 10)
    await failingAt(to, '0')
    await from.send('10')
    assert.equal(await text(to), '1')
    assert.equal(String(await to.recv()), '2')
    const memory = Buffer.alloc(4)
    assert.equal(await to.recvinto(memory), 1)
    assert.equal(String(memory), '3\0\0\0')
    assert.equal(await to.readv([memory.subarray(0, 2), memory.subarray(2)]), 1)
    assert.equal(String(memory), '4\0\0\0')
    const msg = new MsgHdr()
    msg.addn(3)
    assert.equal(await to.recvmsg(msg), 1)
    assert.equal(String(msg.concat()), '5')
    for await (const [data] of to) {
      assert.equal(String(data), '6')
      break
    }
    using two = await to.recvmany(2)
    assert.deepEqual(
      [...two].map(({ data }) => String(data)),
      ['7', '8'],
    )
    using one = await to.recvmany()
    assert.deepEqual(
      [...one].map(({ data }) => String(data)),
      ['9'],
    )
    assert.equal(await text(to), '10')
    assert.equal(await isPending(to.recvfrom({ timeout: 200 }).catch(() => undefined)), true)
  })

  test('can be looked at, asked for their length, and cut, as those of the kernel', async (t) => {
    const [to, from] = await unixPair(t)
    for (const data of ['first', 'second', 'third', 'fourth', 'fifth']) await from.send(data)
    await failingAt(to, 'first')
    assert.equal(String((await to.recvfrom(100, MSG_PEEK))[0]), 'second')
    using batch = await to.recvmany(5, 100, MSG_PEEK)
    assert.equal(batch.length, 1)
    assert.equal(await to.recvinto(Buffer.alloc(0), MSG_PEEK | MSG_TRUNC), 6)
    await within(to.readable(), 'something to receive')
    await assert.rejects(to.recvfrom(3), { code: 'EMSGSIZE' })
    assert.equal(String((await to.recvfrom(2, MSG_TRUNC))[0]), 'th')
    const memory = Buffer.alloc(3)
    assert.equal(await to.recvinto(memory, MSG_TRUNC), 6)
    assert.equal(String(memory), 'fou')
    using cut = await to.recvmany(1, 2)
    assert.equal(String(cut.at(0)?.data), 'fi')
    assert.equal(cut.at(0)?.size, 5)
    assert.equal((cut.at(0)?.flags ?? 0) & MSG_TRUNC, MSG_TRUNC)
  })

  test('come with their senders', async (t) => {
    const to = await boundForBatches(t)
    const clients = await Promise.all(Array.from({ length: 12 }, () => bound(t)))
    for (const client of clients) await client.sendto(String(portOf(client)), to.getsockname())
    await failingAt(to, String(portOf(clients[0] as dgram.inet.Socket)))
    for (const client of clients.slice(1)) {
      const [data, from] = await to.recvfrom()
      assert.equal(String(data), String(portOf(client)))
      assert.equal(from.port, portOf(client))
    }
  })

  test('wait for the promise that the function returns, one after the other (H165)', async (t) => {
    const [to] = await waiting(t, 6)
    const seen: string[] = []
    let running = 0
    const loop = to.forEach(async (data) => {
      assert.equal(++running, 1)
      await turn()
      seen.push(String(data))
      running--
      if (seen.length === 6) throw new Error('all')
    })
    await assert.rejects(within(loop, 'all'), { message: 'all' })
    assert.deepEqual(seen, ['0', '1', '2', '3', '4', '5'])
  })

  test('stay when the promise rejects, or the signal is aborted meanwhile', async (t) => {
    const [to] = await waiting(t, 5)
    await assert.rejects(
      within(
        to.forEach(() => Promise.reject(new Error('no'))),
        'the end',
      ),
      { message: 'no' },
    )
    const abort = new AbortController()
    const loop = to.forEach(() => new Promise(() => undefined), { signal: abort.signal })
    await turn()
    await turn()
    abort.abort()
    await assert.rejects(within(loop, 'the end'), { name: 'AbortError' })
    assert.deepEqual([await text(to), await text(to), await text(to)], ['2', '3', '4'])
  })

  test('go to a call that is in the queue when the function aborts the loop (H165)', async (t) => {
    const [to] = await waiting(t, 4)
    const abort = new AbortController()
    const loop = to.forEach((data) => void (String(data) === '1' && abort.abort()), { signal: abort.signal })
    const next = text(to)
    const last = text(to)
    await assert.rejects(within(loop, 'the end'), { name: 'AbortError' })
    assert.deepEqual([await within(next, 'the next'), await within(last, 'the last')], ['2', '3'])
  })

  test('do not outlive close() in the middle, which ends the loop', async (t) => {
    const [to] = await waiting(t, 5)
    const seen: string[] = []
    await within(
      to.forEach((data) => {
        seen.push(String(data))
        if (seen.length === 2) void to.close()
      }),
      'the end of the loop',
    )
    assert.deepEqual(seen, ['0', '1'])
    await assert.rejects(to.recvfrom(), { code: 'EBADF' })
  })

  test('keep detach() from losing them: it is EBUSY until they are received (H165)', async (t) => {
    const [to] = await waiting(t, 4)
    const codes: unknown[] = []
    const loop = to.forEach((data) => {
      if (String(data) === '2') throw new Error('enough')
      try {
        to.detach()
      } catch (error) {
        codes.push((error as NodeJS.ErrnoException).code)
      }
    })
    await assert.rejects(within(loop, 'the end'), { message: 'enough' })
    assert.deepEqual(codes, ['EBUSY', 'EBUSY'])
    assert.throws(() => to.detach(), { code: 'EBUSY', syscall: 'detach' })
    assert.equal(await text(to), '3')
    closeSync(to.detach())
  })

  test('may be followed by detach() from within the function, once it was given all', async (t) => {
    const [to] = await waiting(t, 3)
    let fd = -1
    const loop = to.forEach((data) => {
      if (String(data) === '2') fd = to.detach()
    })
    await within(loop, 'the end')
    assert.ok(fd >= 0)
    closeSync(fd)
  })

  test('are passed over by one that is too long, which is EMSGSIZE', async (t) => {
    const [to, from] = await unixPair(t)
    for (const data of ['1', '22', '333', '4']) await from.send(data)
    const seen: string[] = []
    const loop = to.forEach((data) => void seen.push(String(data)), { bufsize: 2 })
    await assert.rejects(within(loop, 'the long one'), { code: 'EMSGSIZE', bytes: 3 })
    assert.deepEqual(seen, ['1', '22'])
    assert.equal(await text(to), '4')
  })

  test('a longer one of them is EMSGSIZE for whoever receives it, and not less than it was (H168)', async (t) => {
    const [to, from] = await unixPair(t)
    for (const data of ['1', '22', '333']) await from.send(data)
    const loop = to.forEach(
      () => {
        throw new Error('enough')
      },
      { bufsize: 2 },
    )
    await assert.rejects(within(loop, 'the end'), { message: 'enough' })
    assert.equal(await text(to), '22')
    await assert.rejects(to.recvfrom(), { code: 'EMSGSIZE', bytes: 3 })
  })

  test('a deadline that passes while the function has its promise is that of the wait behind it', async (t) => {
    const [to] = await waiting(t, 3)
    const seen: string[] = []
    const loop = to.forEach(
      async (data) => {
        seen.push(String(data))
        await turn()
      },
      { timeout: 30 },
    )
    await assert.rejects(within(loop, 'the deadline'), { code: 'ETIMEDOUT' })
    assert.deepEqual(seen, ['0', '1', '2'])
  })
})

describe('descriptors that come to a loop', () => {
  /** Sends a descriptor with each of some datagrams. */
  async function sendWithFds(from: dgram.unix.Socket, ...texts: string[]): Promise<void> {
    const file = openSync('/dev/null', 'r')
    for (const data of texts) {
      const control = new CmsgHdrs()
      control.push(CmsgHdr.rights(file))
      await from.sendmany([{ data, control }])
    }
    closeSync(file)
  }

  const files = (): number => [...openFds().values()].filter((target) => target === '/dev/null').length

  test('are closed with the datagrams that it gives, and stay with those that it leaves (H166)', async (t) => {
    const [to, from] = await unixPair(t)
    const before = files()
    await sendWithFds(from, 'a', 'b', 'c', 'd', 'e')
    await failingAt(to, 'b')
    assert.equal(files() - before, 3)
    await assert.rejects(to.recvfd(), { code: 'EBUSY' })
    const msg = new MsgHdr()
    msg.addn(10)
    assert.equal(await to.recvmsg(msg, MSG_PEEK), 1)
    assert.equal([...msg.control()].length, 0)
    await to.recvmsg(msg)
    assert.equal(String(msg.concat()), 'c')
    const fds = [...msg.control()].flatMap((cmsg) => cmsg.take())
    assert.equal(fds.length, 1)
    for (const fd of fds) closeSync(fd)
    assert.equal(await text(to), 'd')
    assert.equal(files() - before, 1)
    using batch = await to.recvmany()
    assert.equal([...(batch.at(0)?.control ?? [])].length, 1)
    batch.close()
    assert.equal(files(), before)
  })

  test('are closed when the socket is, also from within the function (H166)', async (t) => {
    const before = files()
    for (const inTheMiddle of [false, true]) {
      const [to, from] = await unixPair(t)
      await sendWithFds(from, 'a', 'b', 'c')
      if (inTheMiddle)
        await within(
          to.forEach(() => void to.close()),
          'the end',
        )
      else await failingAt(to, 'a')
      await to.close()
      assert.equal(files(), before)
    }
  })
})

describe('a loop over datagrams', () => {
  test('receives unix datagrams of any length whole, beside short ones (H168)', async (t) => {
    const [to, from] = await unixPair(t)
    const lengths = [0, 1, 2111, 2112, 2113, 4096, 4097, 65_535, 65_537, 150_000, 200_000, 3]
    const seen: number[] = []
    const loop = to.forEach((data) => {
      assert.deepEqual(data, Buffer.alloc(data.length, data.length % 251))
      seen.push(data.length)
      if (data.length === 3) throw new Error('all')
    })
    for (const length of lengths) await from.send(Buffer.alloc(length, length % 251))
    await assert.rejects(within(loop, 'all'), { message: 'all' })
    assert.deepEqual(seen, lengths)
  })

  test('receives long datagrams that lie together', async (t) => {
    const [to, from] = await unixPair(t)
    from.sndbuf(1 << 20)
    const lengths = [30_000, 2113, 70_000, 10, 50_000]
    for (const length of lengths) await from.send(Buffer.alloc(length, length % 251))
    const seen: number[] = []
    const loop = to.forEach((data) => {
      assert.deepEqual(data, Buffer.alloc(data.length, data.length % 251))
      seen.push(data.length)
      if (seen.length === 2) throw new Error('enough')
    })
    await assert.rejects(within(loop, 'two of them'), { message: 'enough' })
    for (const length of lengths.slice(2)) {
      const [data] = await to.recvfrom(100_000)
      assert.deepEqual(data, Buffer.alloc(length, length % 251))
    }
    assert.deepEqual(seen, lengths.slice(0, 2))
  })

  test('lets others have a turn after a full batch (H170)', async (t) => {
    const to = await boundForBatches(t)
    const from = await bound(t)
    const count = 400
    for (let i = 0; i < count; i++) await from.sendto(String(i), to.getsockname())
    const seenAtTurn: number[] = []
    let seen = 0
    let isOver = false
    const turns = (async () => {
      while (!isOver) {
        await turn()
        seenAtTurn.push(seen)
      }
    })()
    const loop = to.forEach((data) => {
      assert.equal(String(data), String(seen))
      if (++seen === count) throw new Error('all')
    })
    await assert.rejects(within(loop, 'all'), { message: 'all' })
    isOver = true
    await turns
    const steps = seenAtTurn.map((at, i) => at - (seenAtTurn[i - 1] ?? 0))
    assert.ok(Math.max(...steps) <= 64, `${Math.max(...steps)} datagrams in one turn`)
  })

  test('knows many senders from each other (H167)', async (t) => {
    const to = await boundForBatches(t)
    const clients = await Promise.all(Array.from({ length: 300 }, () => bound(t)))
    const ports = clients.map(portOf)
    // As many as fit into the buffer that every system allows.
    for (let round = 0; round < 3; round++) {
      let seen = 0
      const loop = to.forEach((data, from) => {
        assert.equal(String(data), String(from.port))
        if (++seen === clients.length) throw new Error('all')
      })
      for (const [i, client] of clients.entries()) client.write(String(ports[i]), to.getsockname())
      await assert.rejects(within(loop, 'all'), { message: 'all' })
    }
  })

  test('wakes another one in the middle, which leaves its datagrams as they are', async (t) => {
    const [one, oneFrom] = await waiting(t, 5)
    const [other, otherFrom] = await unixPair(t)
    const seen: string[] = []
    const loops = [
      other.forEach((data) => void seen.push(`other ${data}`)),
      one.forEach((data) => {
        seen.push(`one ${data}`)
        if (String(data) === '1') {
          otherFrom.write('a')
          otherFrom.write('b')
          // Wakes what waits for the other socket, at once.
          other.closer()
        }
        if (String(data) === '4') throw new Error('all')
      }),
    ]
    await assert.rejects(within(loops[1] as Promise<void>, 'all'), { message: 'all' })
    const ofOne = seen.filter((line) => line.startsWith('one'))
    assert.deepEqual(ofOne, ['one 0', 'one 1', 'one 2', 'one 3', 'one 4'])
    await other.close()
    await within(loops[0] as Promise<void>, 'the end')
    await oneFrom.close()
  })

  test('hears of a datagram of the batch that was refused, and the others leave', {
    skip: withoutGathering,
  }, async (t) => {
    const server = await boundForBatches(t)
    const clients = await Promise.all(Array.from({ length: 4 }, () => boundForBatches(t)))
    const bad = AddrInfo.inet('127.0.0.1', 0)
    let i = 0
    const loop = server.forEach((data, from) => {
      server.write(data, ++i === 2 ? bad : from)
    })
    await turn()
    await turn()
    for (const client of clients) client.write('x', server.getsockname())
    await assert.rejects(within(loop, 'the failure'), { code: 'EINVAL', syscall: 'sendto', port: 0 })
    const answers = await Promise.all(
      [0, 2, 3].map((at) => within((clients[at] as dgram.Socket).recvfrom(), 'an answer')),
    )
    assert.deepEqual(
      answers.map(([data]) => String(data)),
      ['x', 'x', 'x'],
    )
  })

  test('answers each of a batch in their order, also what does not fit into one call', async (t) => {
    const server = await boundForBatches(t)
    const client = await boundForBatches(t)
    const texts = numbered(60, 3000)
    const loop = server.forEach((data, from) => void server.write(data, from))
    await turn()
    await turn()
    for (const data of texts) client.write(data, server.getsockname())
    for (const data of texts) assert.equal(String((await within(client.recvfrom(), 'an answer'))[0]), data)
    await server.close()
    await within(loop, 'the end')
  })
})
