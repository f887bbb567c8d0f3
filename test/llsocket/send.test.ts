// send() on streams, and the ways in which it fails.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { AGAIN, type Socket } from 'berkeley/llsocket'
import { available, coded, eventually, leavesNoFd, runScript, start } from '../util/index.js'
import { got, receivedAll, streams } from './common.js'

leavesNoFd()

const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Sends until the socket is full; how many bytes went. */
function fill(s: Socket, piece = 4096): number {
  const data = Buffer.alloc(piece, 'f')
  for (let sum = 0; ; ) {
    const sent = s.send(data)
    if (sent === AGAIN) return sum
    sum += sent
  }
}

/** Sends all of it and reads it at the other end meanwhile; what arrived. */
function pump(from: Socket, to: Socket, data: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0, arrived = 0; arrived < data.length; ) {
    if (at < data.length) {
      const sent = from.send(data.subarray(at))
      if (sent !== AGAIN) at += sent
    }
    const part = to.recvable(at < data.length ? 0 : 5000) ? to.recv(70_000) : AGAIN
    if (part === AGAIN || part === null) continue
    parts.push(part)
    arrived += part.length
  }
  return Buffer.concat(parts)
}

describe('streams', () => {
  for (const [name, make] of streams) {
    it(`send() on ${name} takes what fits into a full buffer, then returns AGAIN (H27)`, (t) => {
      const [a, b] = make(t)
      a.sndbuf(4096)
      b.rcvbuf(4096)
      const data = Buffer.alloc(4_000_000, 'x')
      const first = got(a.send(data))
      assert.ok(first > 0 && first < data.length, `${first} bytes`)
      const more = fill(a, 1)
      assert.equal(a.send('x'), AGAIN)
      assert.equal(a.sendable(), false)
      a.shutdown(1)
      assert.equal(receivedAll(b).length, first + more)
    })

    it(`send() and recv() on ${name} neither lose nor change data (H27)`, (t) => {
      const [a, b] = make(t)
      a.sndbuf(4096)
      for (const size of [1, 2, 4095, 4096, 4097, 65_535, 65_536, 70_001, 1_000_003]) {
        const data = Buffer.alloc(size)
        for (let i = 0; i < size; i++) data[i] = (i * 31 + (i >> 8)) & 255
        assert.equal(sha(pump(a, b, data)), sha(data), `${size} bytes`)
      }
    })

    it(`send() on ${name} throws EPIPE after the peer has closed, without a signal (H28, H29)`, async (t) => {
      const [a, b] = make(t)
      b.close()
      await eventually(() => {
        try {
          a.send('x')
          return false
        } catch (error) {
          assert.ok(['EPIPE', 'ECONNRESET'].includes((error as { code: string }).code))
          return true
        }
      }, 'an error')
      assert.throws(() => a.send('x'), coded('EPIPE', { syscall: 'send' }))
      assert.throws(() => a.writev(['x']), coded('EPIPE', { syscall: 'writev' }))
    })

    it(`send() of nothing on ${name} sends nothing and does not end the stream (H32)`, (t) => {
      const [a, b] = make(t)
      assert.equal(a.send(''), 0)
      assert.equal(a.writev([]), 0)
      assert.equal(b.recv(), AGAIN)
    })
  }
})

describe('SIGPIPE (H28)', () => {
  it('no way to send raises SIGPIPE in a process that it would kill', async () => {
    // Node ignores SIGPIPE; installing a handler and removing it again leaves the default, which kills.
    const { code, signal, stdout, stderr } = await runScript(`
      import { openSync, readFileSync } from 'node:fs'
      import { MsgHdr, SOCK_STREAM, socket } from 'berkeley/llsocket'
      const noop = () => {}
      process.on('SIGPIPE', noop).off('SIGPIPE', noop)
      const ignored = BigInt('0x' + /SigIgn:\\s*(\\w+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1])
      if (ignored & (1n << 12n)) throw new Error('SIGPIPE is still ignored')
      const file = openSync(process.execPath, 'r')
      const ways = [
        (s) => s.send('x'), (s) => s.writev(['x']), (s) => s.sendfd(0), (s) => s.sendfile(file, 10),
        (s) => { const m = new MsgHdr(); m.add('x'); s.sendmsg(m) },
      ]
      for (const way of ways) {
        const [a, b] = socket.pair(SOCK_STREAM, true)
        b.close()
        try { way(a); console.log('no error') } catch (error) { console.log(error.code) }
        a.close()
      }
    `)
    assert.deepEqual([code, signal, stdout], [0, null, 'EPIPE\n'.repeat(5)], stderr)
  })
})

describe('a reset during a long send (H28)', () => {
  describe('a reset during a long send (H28)', { skip: available('python3') }, () => {
    it('sendfile() raises no SIGPIPE when the peer resets the connection midway', async (t) => {
      // It reads a little, and resets the connection while the other side is at it.
      const peer = start(t, 'python3', [
        '-c',
        `
import socket, struct
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
for _ in range(10):
    c, _ = s.accept()
    c.recv(100000)
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    c.close()
`,
      ])
      const [port] = await peer.waitForOutput(/\d+/)
      const { code, signal, stdout, stderr } = await runScript(`
      import { openSync } from 'node:fs'
      import { AddrInfo, SOCK_STREAM, socket } from 'berkeley/llsocket'
      const noop = () => {}
      process.on('SIGPIPE', noop).off('SIGPIPE', noop)
      const file = openSync(process.execPath, 'r')
      for (let i = 0; i < 10; i++) {
        const sock = socket.create(AddrInfo.inet('127.0.0.1', ${port}, { socktype: SOCK_STREAM }))
        sock.connect()
        try { for (let k = 0; k < 20; k++) sock.sendfile(file, 50_000_000) } catch (error) { console.log(error.code) }
        sock.close()
      }
    `)
      assert.deepEqual([code, signal], [0, null], stderr)
      assert.match(stdout, /^((EPIPE|ECONNRESET)\n){10}$/)
    })
  })
})
