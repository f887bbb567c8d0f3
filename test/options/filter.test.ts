// Filters and the programs of reuseport groups: attached, seen to work, read back, taken off.
import assert from 'node:assert/strict'
import { endianness } from 'node:os'
import { describe, it, type TestContext } from 'node:test'
import * as ll from 'berkeley/llsocket'
import { capable, connection, type Keep, keeper, loopback, sockets } from './sockets.js'
import { python } from './witness.js'

/** `BPF_RET | BPF_K`, and a load that changes nothing that matters. */
const RET = 0x06
const LD = 0x00

function rows(...instructions: [code: number, k: number][]): Buffer {
  const program = Buffer.alloc(8 * instructions.length)
  for (const [index, [code, k]] of instructions.entries()) {
    if (endianness() === 'LE') {
      program.writeUInt16LE(code, index * 8)
      program.writeUInt32LE(k, index * 8 + 4)
    } else {
      program.writeUInt16BE(code, index * 8)
      program.writeUInt32BE(k, index * 8 + 4)
    }
  }
  return program
}

const answer = (number: number) => rows([RET, number])
const hears = (sock: ll.Socket) => {
  sock.send('x')
  const got = sock.recv()
  while (got !== ll.AGAIN && sock.recv() !== ll.AGAIN);
  return got !== ll.AGAIN
}

/** Two sockets of one group, and how many datagrams of ten different senders each of them gets. */
function group(keep: Keep) {
  const first = keep(ll.socket.create(loopback(ll.AF_INET, ll.SOCK_DGRAM), true))
  first.reuseport(true)
  first.bind()
  const there = first.getsockname()
  const second = keep(ll.socket.create(there.with({ socktype: ll.SOCK_DGRAM }), true))
  second.reuseport(true)
  second.bind()
  const shares = () => {
    for (let i = 0; i < 10; i++) keep(ll.socket.create(loopback(ll.AF_INET, ll.SOCK_DGRAM), true)).sendto('x', there)
    return [first, second].map((sock) => {
      let count = 0
      while (sock.recv() !== ll.AGAIN) count++
      return count
    })
  }
  return { first, shares }
}

/** An eBPF program that another process loads, because JavaScript cannot. */
function ebpf(t: TestContext, keep: Keep, result: number): number | undefined {
  const [ours, theirs] = ll.socket.pair(ll.SOCK_STREAM)
  keep(ours)
  keep(theirs)
  const said = python(theirs, 'bpf', result)
  if ('failed' in said) {
    t.skip(`no eBPF program could be loaded here: ${said.failed}`)
    return undefined
  }
  const fd = ours.recvfd()
  assert.ok(typeof fd === 'number')
  t.after(() => ll.socket.close(fd))
  return fd
}

describe('attachfilter()', () => {
  it('attachfilter() drops what the program drops until detachfilter(), and getfilter() reads it back', (t) => {
    const sock = sockets.mirror4(keeper(t))
    assert.ok(hears(sock))
    sock.attachfilter(answer(0))
    assert.deepEqual(sock.getfilter(), answer(0))
    assert.ok(!hears(sock))
    sock.attachfilter(answer(0xffff))
    assert.ok(hears(sock))
    sock.attachfilter(answer(0))
    sock.detachfilter()
    assert.ok(hears(sock))
    assert.throws(() => sock.detachfilter(), { code: 'ENOENT' })
  })

  it('getfilter() reads a long program without writing beyond its memory', (t) => {
    const sock = sockets.udp4(keeper(t))
    const program = rows(...Array.from({ length: 600 }, (): [number, number] => [LD, 7]), [RET, 0])
    sock.attachfilter(program)
    assert.deepEqual(sock.getfilter(), program)
    assert.throws(() => sock.getsockopt(ll.SOL_SOCKET, ll.SO_GET_FILTER, 'bytes'), { code: 'EINVAL' })
    assert.doesNotThrow(() => sock.getsockopt(ll.SOL_SOCKET, ll.SO_GET_FILTER, 'int'))
  })

  it('attachfilter() refuses what is not a program and keeps the attached one', (t) => {
    const sock = sockets.udp4(keeper(t))
    sock.attachfilter(answer(1))
    for (const wrong of [Buffer.alloc(0), Buffer.alloc(7), Buffer.alloc(8 * 4097)])
      assert.throws(() => sock.attachfilter(wrong), { code: 'ERR_OUT_OF_RANGE' })
    assert.throws(() => sock.attachfilter(rows([0xffff, 0], [RET, 0])), { code: 'EINVAL' })
    assert.deepEqual(sock.getfilter(), answer(1))
  })

  it('attachfilter() takes what tcpdump -ddd prints, and rows of numbers', (t) => {
    const sock = sockets.udp4(keeper(t))
    // ld len; jeq #9, 0, 1; ret #-1; ret #0
    const program: ll.BpfRow[] = [
      [0x80, 0, 0, 0],
      [0x15, 0, 1, 9],
      [0x06, 0, 0, 0xffffffff],
      [0x06, 0, 0, 0],
    ]
    const text = `${program.length}\n${program.map((row) => row.join(' ')).join('\n')}\n`
    sock.attachfilter(text)
    const attached = sock.getfilter()
    assert.equal(attached.length, 32)
    sock.detachfilter()
    sock.attachfilter(program)
    assert.deepEqual(sock.getfilter(), attached)
    sock.bind()
    const peer = sockets.udp4(keeper(t))
    peer.connect(sock.getsockname())
    for (const data of ['x', 'xy', 'x']) peer.send(data)
    assert.deepEqual([sock.recv(), sock.recv(), sock.recv()], [Buffer.from('x'), Buffer.from('x'), ll.AGAIN])
  })

  it('attachfilter() refuses a program that jumps beyond its end or does not return, and says where (H137)', (t) => {
    const sock = sockets.udp4(keeper(t))
    const last: ll.BpfRow = [0x06, 0, 0, 0]
    for (const jump of [
      [0x15, 1, 0, 0],
      [0x15, 0, 1, 0],
      [0x05, 0, 0, 1],
      [0x05, 0, 0, 0xffffffff],
    ] as const)
      assert.throws(() => sock.attachfilter([jump, last]), {
        code: 'ERR_OUT_OF_RANGE',
        message: /the jump of program\[0\]/,
      })
    assert.throws(() => sock.attachfilter([last, [0x80, 0, 0, 0]]), { code: 'ERR_INVALID_ARG_VALUE' })
    for (const text of ['', '2\n6 0 0 0', '0', '1\n6 0 0', '1\n6 0 0 -1', 'x\n6 0 0 0', '1 2\n6 0 0 0', '1\n6 0 0 0 0'])
      assert.throws(() => sock.attachfilter(text), /^(TypeError|RangeError)/, JSON.stringify(text))
    for (const row of [[6, 0, 0], [6, 0, 0, 2 ** 32], [6, 256, 0, 0], [-1, 0, 0, 0], ['6', 0, 0, 0], 6])
      assert.throws(() => sock.attachfilter([row] as never), /^(TypeError|RangeError)/)
    assert.deepEqual(sock.getfilter(), Buffer.alloc(0))
  })

  it('a filter cannot be changed after lockfilter()', (t) => {
    const sock = sockets.udp4(keeper(t))
    sock.attachfilter(answer(1))
    assert.equal(sock.lockfilter(true), true)
    for (const act of [() => sock.attachfilter(answer(0)), () => sock.detachfilter(), () => sock.lockfilter(false)])
      assert.throws(act, { code: 'EPERM' })
    assert.deepEqual(sock.getfilter(), answer(1))
  })
})

describe('attachbpf()', () => {
  it('attachbpf() drops what the program drops', (t) => {
    const keep = keeper(t)
    const program = ebpf(t, keep, 0)
    if (program === undefined) return
    const sock = sockets.mirror4(keep)
    sock.attachbpf(program)
    assert.ok(!hears(sock))
    sock.detachfilter()
    assert.ok(hears(sock))
  })

  it('attachbpf() refuses a descriptor that is not a program', (t) => {
    const sock = sockets.udp4(keeper(t))
    assert.throws(() => sock.attachbpf(sock.fd()), { code: 'EINVAL' })
    assert.throws(() => sock.attachreuseportebpf(sock.fd()), { code: 'EINVAL' })
    assert.throws(() => sock.attachbpf(2 ** 30), { code: 'EBADF' })
    assert.throws(() => sock.attachbpf(-1), { code: 'ERR_OUT_OF_RANGE' })
  })
})

describe('reuseport groups', () => {
  it('a classic BPF program chooses the socket of a reuseport group', (t) => {
    const { first, shares } = group(keeper(t))
    first.attachreuseportcbpf(answer(1))
    assert.deepEqual(shares(), [0, 10])
    first.attachreuseportcbpf(answer(0))
    assert.deepEqual(shares(), [10, 0])
    first.detachreuseportbpf()
    assert.throws(() => first.detachreuseportbpf(), { code: 'ENOENT' })
  })

  it('an eBPF program chooses the socket of a reuseport group', (t) => {
    const keep = keeper(t)
    const program = ebpf(t, keep, 1)
    if (program === undefined) return
    const { first, shares } = group(keep)
    first.attachreuseportebpf(program)
    assert.deepEqual(shares(), [0, 10])
    first.detachreuseportbpf()
  })
})

/** Some kernels want it for filters of TCP, some do not. */
const skip = capable('CAP_NET_ADMIN') ? false : 'a filter of TCP may need CAP_NET_ADMIN'

describe('accepted sockets', { skip }, () => {
  it('an accepted socket has the filter of its listener', (t) => {
    const { server } = connection(keeper(t), ll.AF_INET, (listener) => listener.attachfilter(answer(0xffff)))
    assert.deepEqual(server.getfilter(), answer(0xffff))
  })
})
