// Memory that moves, grows, is shared or lies about its length, and odd lists of it.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AddrInfo, AGAIN, CmsgHdr, MsgHdr, SOCK_DGRAM, SOCK_STREAM } from 'berkeley/llsocket'
import { coded, leavesNoFd } from '../util/index.js'
import { pair } from './common.js'

leavesNoFd()

const room = (): Buffer => Buffer.alloc(8)

const detached = (): Uint8Array => {
  const view = new Uint8Array(16)
  structuredClone(view.buffer, { transfer: [view.buffer] })
  return view
}

const gone = coded('ERR_INVALID_STATE')

describe('memory (H37)', () => {
  it('send() and recvinto() refuse memory that was transferred away', (t) => {
    const [a, b] = pair(t, SOCK_DGRAM)
    a.send('waiting')
    b.send('waiting')
    const calls: (() => unknown)[] = [
      () => a.send(detached()),
      () => a.sendto(detached(), AddrInfo.unix('\0x')),
      () => a.writev(['x', detached()]),
      () => a.recvinto(detached()),
      () => a.readv([room(), detached()]),
      () => new MsgHdr().add(detached()),
      () => new CmsgHdr(1, 1, detached()),
    ]
    for (const call of calls) assert.throws(call, gone)
    assert.equal(String(b.recv()), 'waiting')
    assert.equal(b.recv(), AGAIN, 'no empty datagram went instead')
    assert.equal(String(a.recv()), 'waiting')
  })

  it('writev() does not use memory that is transferred away while the arguments are read', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    const view = new Uint8Array(16)
    const list = [view, 'x'] as (Uint8Array | string)[]
    Object.defineProperty(list, 1, {
      get() {
        structuredClone(view.buffer, { transfer: [view.buffer] })
        return 'x'
      },
    })
    assert.throws(() => a.writev(list), Error)
    assert.equal(b.recv(), AGAIN)
  })

  it('send() uses resizable memory in its current size', {
    skip: 'resize' in ArrayBuffer.prototype ? false : 'no resizable ArrayBuffer',
  }, (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    const resizable = ArrayBuffer as unknown as new (
      length: number,
      options: object,
    ) => ArrayBuffer & { resize(n: number): void }
    const buffer = new resizable(8, { maxByteLength: 64 })
    const view = new Uint8Array(buffer)
    assert.equal(a.send(view), 8)
    buffer.resize(32)
    assert.equal(a.send(view), 32)
    buffer.resize(4)
    assert.equal(a.send(view), 4)
    assert.equal((b.recv() as Buffer).length, 44)
    const tail = new Uint8Array(buffer, 2, 2)
    buffer.resize(3)
    assert.throws(() => a.send(tail), gone)
    assert.throws(() => a.recvinto(tail), gone)
    buffer.resize(0)
    assert.equal(a.send(view), 0)
  })

  it('send() and recvinto() use shared memory in place', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    const shared = new Uint8Array(new SharedArrayBuffer(4)).fill(65)
    assert.equal(a.send(shared), 4)
    const into = new Uint8Array(new SharedArrayBuffer(8), 2)
    assert.equal(b.recvinto(into), 4)
    assert.equal(Buffer.from(into).toString('latin1'), 'AAAA\0\0')
  })

  it('send() and recvinto() accept every kind of view', (t) => {
    const [a, b] = pair(t, SOCK_DGRAM)
    for (const type of [
      Int8Array,
      Uint8ClampedArray,
      Int16Array,
      Int32Array,
      Float32Array,
      Float64Array,
      BigInt64Array,
    ]) {
      const view = new type(2)
      assert.equal(a.send(view), view.byteLength)
      assert.equal(b.recvinto(view), view.byteLength)
    }
    assert.equal(a.send(new DataView(new ArrayBuffer(6), 1, 3)), 3)
    assert.equal(b.recvinto(new DataView(new ArrayBuffer(6), 1, 3)), 3)
  })

  it('send() and recvinto() are not misled by a view with a false length', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    const liar = new Uint8Array(4)
    for (const key of ['length', 'byteLength', 'byteOffset']) Object.defineProperty(liar, key, { value: 1_000_000 })
    for (const call of [() => a.send(liar), () => a.recvinto(liar)]) {
      try {
        call()
      } catch (error) {
        assert.ok(error instanceof RangeError || error instanceof TypeError)
      }
    }
    const got = b.recv()
    assert.ok(got === AGAIN || (got !== null && got.length <= 4))
  })
})

it('send() and writev() do not read a length that would close the socket (H01, H37)', (t) => {
  const [a, b] = pair(t, SOCK_STREAM)
  const closes = { get: () => a.close() }
  assert.equal(a.send(Object.defineProperty(Buffer.from('text'), 'length', closes)), 4)
  assert.equal(a.writev([Object.defineProperty(Buffer.from('text'), 'length', closes)]), 4)
  assert.equal(String(b.recv()), 'texttext')
})

describe('lists', () => {
  it('writev() handles proxies, subclasses and lists with holes', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    assert.equal(a.writev(new Proxy(['ab', 'cd'], {})), 4)
    assert.equal(String(b.recv()), 'abcd')
    assert.throws(() => a.writev(Object.assign(['x'], { length: 3 })), Error)
    const throwing = new Proxy(['x'], {
      get: (target, key) => (key === '0' ? assert.fail('no') : Reflect.get(target, key)),
    })
    assert.throws(() => a.writev(throwing), /no/)
    class Odd extends Array<string> {
      static override get [Symbol.species](): never {
        return Object as never
      }
    }
    try {
      a.writev(Odd.from(['x']))
      b.recv()
    } catch (error) {
      assert.ok(error instanceof Error)
    }
    assert.equal(b.recv(), AGAIN)
  })

  it('writev() and readv() refuse huge lists', (t) => {
    const [a] = pair(t, SOCK_STREAM)
    const long = Array.from({ length: 5000 }, () => 'x')
    assert.throws(() => a.writev(long), coded('EMSGSIZE'))
    const [c] = pair(t, SOCK_DGRAM)
    assert.throws(() => c.readv(Array(4096).fill(room())), coded('EMSGSIZE'))
  })
})
