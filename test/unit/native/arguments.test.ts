/** The second wall: what the functions in C make of arguments that TypeScript would never let through. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { native, registers, registers64 } from '#internal/native/sockets.js'
import { nativeTls, type TlsHandle } from '#internal/native/tls.js'

const tls = nativeTls()
const missing = undefined as never
const none = new Uint8Array(0)

function made(handle: TlsHandle | number): TlsHandle {
  if (typeof handle === 'number') throw new Error(`nothing was made: ${handle}`)
  return handle
}

const serverContext = (): TlsHandle => made(tls.contextNew(1))
const clientSession = (): TlsHandle => made(tls.sessionNew(made(tls.contextNew(0)), 0, 1, undefined, 0, 0))

describe('texts', () => {
  it('a text argument that is missing is refused, whatever is in the memory meant for it', () => {
    const context = serverContext()
    for (const set of ['contextCiphers', 'contextSuites', 'contextGroups', 'contextSigalgs'] as const)
      assert.throws(() => tls[set](context, missing), { name: 'TypeError', message: /argument 1/ }, set)
    const session = clientSession()
    assert.throws(() => tls.sessionExport(session, new Uint8Array(8), missing), {
      name: 'TypeError',
      message: /argument 2/,
    })
    tls.sessionFree(session)
  })
})

describe('numbers in registers', () => {
  const encoded = (value: number): number => {
    const to = Buffer.alloc(4)
    registers[0] = value
    assert.equal(native.cmsgEncode(native.kinds.int, to), 4)
    return to.readInt32LE()
  }

  it('numbers in registers are read as whole numbers of 64 bits, or as 0', () => {
    assert.deepEqual([-1, 1.5, 2 ** 31 - 1, -(2 ** 31)].map(encoded), [-1, 1, 2 ** 31 - 1, -(2 ** 31)])
    assert.deepEqual([Number.NaN, Infinity, -Infinity, 1e300, -(2 ** 63)].map(encoded), [0, 0, 0, 0, 0])
  })

  it('a time with more nanoseconds than a register holds wraps around', () => {
    const time = Buffer.alloc(16)
    time.writeBigInt64LE(2n ** 62n, 0)
    time.writeBigInt64LE(-1n, 8)
    assert.equal(native.cmsgDecode(native.kinds.timespec, time), 0)
    assert.equal(registers64[0], BigInt.asUintN(64, 2n ** 62n * 1_000_000_000n - 1n))
  })
})

describe('memory', () => {
  it('memory that is given twice arrives whole where it overlaps', () => {
    const memory = Buffer.from(Array.from({ length: 3000 }, (_, i) => i % 251))
    const address = Buffer.from(memory.subarray(16, 2968))
    native.cmsgDecode(native.kinds.extended_error, memory.subarray(0, 2968), memory.subarray(32))
    assert.deepEqual(memory.subarray(32, 32 + address.length), address)
  })

  it('empty memory is accepted or refused, and never read', () => {
    const session = clientSession()
    assert.equal(tls.sessionIdentify(session, none), 0)
    assert.ok(tls.contextAlpn(serverContext(), none, 1) < 0)
    assert.ok(native.recv(-1, none, 0, 0, 0) < 0)
    assert.ok(native.recvmmsg(-1, 0, 1, none, none, none, new Int32Array(5)) < 0)
    tls.sessionFree(session)
  })

  it('memory of protocols that are set again is freed', () => {
    const context = serverContext()
    const wire = Buffer.alloc(60_000, 1)
    const before = process.memoryUsage.rss()
    for (let i = 0; i < 12_000; i++) assert.equal(tls.contextAlpn(context, wire, 1), 0)
    assert.ok(process.memoryUsage.rss() - before < 400e6, 'of 720 MB')
  })
})
