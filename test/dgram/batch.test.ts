import assert from 'node:assert/strict'
import { closeSync, fstatSync, openSync } from 'node:fs'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { AddrInfo, CmsgHdr, CmsgHdrs, type Datagram, dgram, MSG_CTRUNC, MSG_DONTWAIT, MSG_TRUNC } from 'berkeley'
import {
  abstractName,
  available,
  closing,
  closingAll,
  eachFamily,
  leavesNoFd,
  runScript,
  start,
} from '../util/index.js'

leavesNoFd()

type Test = Parameters<typeof closing>[0]

async function bound(t: Test, host = '127.0.0.1'): Promise<dgram.inet.Socket> {
  const sock = closing(t, await dgram.inet.Socket.create({ host, port: 0 }))
  sock.rcvbuf(4 << 20)
  await sock.bind()
  sock.deadlines(5000, 5000)
  return sock
}

async function unixPair(t: Test): Promise<[dgram.unix.Socket, dgram.unix.Socket]> {
  const [one, other] = closingAll(t, await dgram.unix.pair())
  one.deadlines(5000, 5000)
  other.deadlines(5000, 5000)
  return [one, other]
}

/** All that comes, one datagram each, until there were so many. */
async function received(sock: dgram.Socket, count: number): Promise<string[]> {
  const all: string[] = []
  while (all.length < count) {
    using batch = await sock.recvmany()
    for (const datagram of batch) for (const segment of datagram.segments()) all.push(segment.toString('latin1'))
  }
  return all
}

const numbered = (count: number, length = 0): string[] =>
  Array.from({ length: count }, (_, i) => `${i} `.padEnd(length, '.'))

eachFamily(({ loopback }) => {
  test('many datagrams by one call, each with its bytes and its sender (H32)', async (t) => {
    const server = await bound(t, loopback)
    const [one, other] = [await bound(t, loopback), await bound(t, loopback)]
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

  test('one piece of memory is cut into datagrams by the kernel', async (t) => {
    const server = await bound(t, loopback)
    const client = await bound(t, loopback)
    // More than one call of the kernel takes, and an odd rest.
    const data = Buffer.from(`${numbered(200, 1000).join('')}the rest`)
    assert.equal(await client.sendmany([{ data, addr: server.getsockname(), segmentSize: 1000 }]), 1)
    assert.deepEqual(await received(server, 201), [...numbered(200, 1000), 'the rest'])
  })

  test('the kernel joins what comes from one sender, and says the size', async (t) => {
    const server = await bound(t, loopback)
    const client = await bound(t, loopback)
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

  test('what was received is sent back as it is, joined or alone', async (t) => {
    const server = await bound(t, loopback)
    const client = await bound(t, loopback)
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

describe('a batch', () => {
  test('more datagrams than a call takes, through a small send buffer', async (t) => {
    const server = await bound(t)
    const client = await bound(t)
    client.sndbuf(4096)
    const sending = client.sendmany(numbered(500, 100).map((data) => ({ data, addr: server.getsockname() })))
    assert.deepEqual(await received(server, 500), numbered(500, 100))
    assert.equal(await sending, 500)
  })

  test('of none sends nothing', async (t) => {
    const client = await bound(t)
    assert.equal(await client.sendmany([]), 0)
  })

  test('goes to the peer where no address is given', async (t) => {
    const server = await bound(t)
    const client = await bound(t)
    await client.connect({ host: '127.0.0.1', port: server.getsockname().port })
    await client.sendmany([{ data: 'to the peer' }])
    assert.deepEqual(await received(server, 1), ['to the peer'])
  })

  test('says of what did not fit how long it was, and delivers the others (H33)', async (t) => {
    const server = await bound(t)
    const client = await bound(t)
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

  test('takes no more datagrams than it was asked for', async (t) => {
    const server = await bound(t)
    const client = await bound(t)
    await client.sendmany(numbered(5).map((data) => ({ data, addr: server.getsockname() })))
    for (const expected of [2, 2, 1]) {
      using batch = await server.recvmany(2)
      assert.equal(batch.length, expected)
    }
  })

  test('uses the memory of a closed one, and says so to who looks at that', async (t) => {
    const server = await bound(t)
    const client = await bound(t)
    const addr = server.getsockname()
    await client.sendmany([{ data: 'first', addr }])
    const first = await server.recvmany(3, 200)
    const [datagram] = first
    const view = datagram?.data
    const sender = datagram?.addr
    first.close()
    first.close()
    assert.throws(() => datagram?.data, { code: 'ERR_INVALID_STATE' })
    assert.throws(() => datagram?.size, { code: 'ERR_INVALID_STATE' })
    assert.equal(datagram?.addr, sender)
    assert.match(inspect(first), /Batch \(1, closed\)/)
    await client.sendmany([{ data: 'again', addr }])
    using second = await server.recvmany(3, 200)
    assert.equal(second.at(0)?.data.buffer, view?.buffer)
    assert.equal(String(view), 'again')
    assert.match(inspect(second), /Batch \[\s*Datagram \{/)
  })

  test('shares no memory with another that is open', async (t) => {
    const server = await bound(t)
    const client = await bound(t)
    const addr = server.getsockname()
    await client.sendmany([{ data: 'first', addr }])
    using first = await server.recvmany(1)
    await client.sendmany([{ data: 'other', addr }])
    using second = await server.recvmany(1)
    assert.equal(`${first.at(0)?.data} ${second.at(0)?.data}`, 'first other')
  })

  test('carries control messages of each datagram in both directions', async (t) => {
    const server = await bound(t)
    const client = await bound(t)
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

  test('waits for the first datagram, with a deadline and a signal (H22, H23)', async (t) => {
    const server = await bound(t)
    const client = await bound(t)
    server.deadlines(30)
    await assert.rejects(server.recvmany(), { name: 'TimeoutError', syscall: 'recvmmsg' })
    server.deadlines(5000)
    const aborting = new AbortController()
    const aborted = server.recvmany(4, 100, 0, { signal: aborting.signal })
    await assert.rejects(server.recvmany(), { code: 'EALREADY' })
    aborting.abort()
    await assert.rejects(aborted, { name: 'AbortError' })
    const waiting = server.recvmanysync()
    await client.sendmanysync([{ data: 'at last', addr: server.getsockname() }])
    using batch = await waiting
    assert.equal(String(batch.at(0)?.data), 'at last')
    await assert.rejects(server.recvmany(1, 1, MSG_DONTWAIT), { code: 'EAGAIN' })
  })

  test('ends with the socket (H02)', async (t) => {
    const server = await bound(t)
    const waiting = assert.rejects(server.recvmany(), { code: 'ECANCELED' })
    await server.close()
    await waiting
    await assert.rejects(server.recvmany(), { code: 'EBADF' })
    await assert.rejects(server.sendmany([{ data: '' }]), { code: 'EBADF' })
  })

  test('that fails midway says how far it came (H27)', async (t) => {
    const server = await bound(t)
    const client = await bound(t)
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

  test('checks all before it sends any', async (t) => {
    const client = await bound(t)
    const server = await bound(t)
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

  test('refuses what the kernel would pass over in silence', async (t) => {
    const client = await bound(t)
    const [one] = await unixPair(t)
    const control = new CmsgHdrs()
    control.push(CmsgHdr.rights(0))
    await assert.rejects(client.sendmany([{ data: 'x', addr: client.getsockname(), control }]), { code: 'EOPNOTSUPP' })
    await assert.rejects(one.sendmany([{ data: 'cut me', segmentSize: 2 }]), { code: 'EOPNOTSUPP' })
  })

  test('whose memory was transferred says so, and is not received into again', async (t) => {
    const [one, other] = await unixPair(t)
    for (const text of ['first', 'second']) {
      await one.send(text)
      using batch = await other.recvmany(3, 1000)
      const datagram = batch.at(0) as Datagram
      assert.equal(String(datagram.data), text)
      const memory = datagram.data.buffer as ArrayBuffer
      structuredClone(memory, { transfer: [memory] })
      assert.throws(() => datagram.data, { name: 'TypeError', code: 'ERR_INVALID_STATE' })
    }
  })

  test('with memory that goes away while it waits is refused (H61)', async (t) => {
    const [one, other] = await unixPair(t)
    const data = new Uint8Array(8)
    const many = Array.from({ length: 600 }, () => ({ data }))
    const sending = assert.rejects(one.sendmany(many), { code: 'EINVAL' })
    structuredClone(data.buffer, { transfer: [data.buffer] })
    using batch = await other.recvmany(1024)
    assert.ok(batch.length > 0 && batch.length < 600)
    await sending
  })
})

describe('a batch of unix datagrams', () => {
  test('passes descriptors; those that nobody took are closed with it (H70)', async (t) => {
    const [one, other] = await unixPair(t)
    const file = openSync('/dev/null', 'r')
    const control = new CmsgHdrs()
    control.push(CmsgHdr.rights(file, file))
    await one.sendmany([{ data: 'first', control }, { data: 'none' }, { data: 'second', control }])
    closeSync(file)
    const batch = await other.recvmany()
    const fds = [...batch].map((datagram) => [...datagram.control].flatMap((cmsg) => cmsg.fds()))
    assert.deepEqual(
      fds.map((list) => list.length),
      [2, 0, 2],
    )
    const taken = batch.at(0)?.control.shift()?.take() ?? []
    assert.deepEqual(taken, fds[0])
    batch.close()
    for (const fd of taken) {
      assert.ok(fstatSync(fd).isCharacterDevice())
      closeSync(fd)
    }
    for (const fd of fds[2] ?? []) assert.throws(() => fstatSync(fd), { code: 'EBADF' })
  })

  test('has room for the most descriptors that a message carries (H71)', async (t) => {
    const [one, other] = await unixPair(t)
    const control = new CmsgHdrs()
    control.push(CmsgHdr.rights(...Array.from({ length: 253 }, () => 0)))
    await one.sendmany([{ data: 'all', control }])
    using batch = await other.recvmany()
    assert.equal(batch.at(0)?.flags, 0)
    assert.equal((batch.at(0)?.flags ?? 0) & MSG_CTRUNC, 0)
    assert.equal([...(batch.at(0)?.control ?? [])].flatMap((cmsg) => cmsg.fds()).length, 253)
  })

  test('backs off while the queue of the receiver is full (H50)', async (t) => {
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

describe('others', () => {
  test('python3 receives what was cut, and its datagrams come with its address', {
    skip: available('python3'),
  }, async (t) => {
    const sock = await bound(t)
    const peer = start(t, 'python3', [
      '-c',
      `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.1', 0))
print('port', s.getsockname()[1], flush=True)
lengths = []
while True:
    data, addr = s.recvfrom(65536)
    if not data: break
    lengths.append(len(data))
print(lengths, flush=True)
for i in range(5): s.sendto(b'answer %d' % i, addr)`,
    ])
    const [, port] = await peer.waitForOutput(/port (\d+)/)
    const addr = AddrInfo.inet('127.0.0.1', Number(port))
    await sock.sendmany([
      { data: Buffer.alloc(2500), addr, segmentSize: 1000 },
      { data: 'four', addr },
      { data: '', addr },
    ])
    await peer.waitForOutput(/\[1000, 1000, 500, 4\]/)
    const answers: string[] = []
    while (answers.length < 5) {
      using batch = await sock.recvmany()
      for (const { data, addr: sender } of batch) answers.push(`${data} from ${sender}`)
    }
    assert.deepEqual(
      answers,
      Array.from({ length: 5 }, (_, i) => `answer ${i} from ${addr}`),
    )
  })

  test('a batch that is lost closes its descriptors, and a warning names them (H18)', async () => {
    const { stderr, stdout, code } = await runScript(
      `import { dgram, CmsgHdr, CmsgHdrs } from 'berkeley'
import { existsSync } from 'node:fs'
const [one, other] = await dgram.unix.pair()
const control = new CmsgHdrs()
control.push(CmsgHdr.rights(0))
await one.sendmany([{ data: 'x', control }])
const fd = await (async () => [...(await other.recvmany()).at(0).control][0].fds()[0])()
const file = '/proc/self/fd/' + fd
console.log(existsSync(file))
const end = performance.now() + 8000
while (existsSync(file) && performance.now() < end) {
  globalThis.gc()
  await new Promise((go) => setTimeout(go, 5))
}
console.log(existsSync(file))
await one.close()
await other.close()`,
      '--expose-gc',
    )
    assert.equal(stdout, 'true\nfalse\n', stderr)
    assert.match(stderr, /ResourceWarning: a received descriptor/)
    assert.equal(code, 0)
  })
})
