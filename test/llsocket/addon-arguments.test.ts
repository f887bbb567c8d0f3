// The native functions themselves, with arguments that the classes would not let through.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { leavesNoFd, run, script } from '../util/index.js'

leavesNoFd()

/**
 * In a child, because what is tested is that it does not die. Descriptors are its own, or none; waits are short; what
 * would close the child's own or wait for ever is left out.
 */
const fuzz = (seed: number): string => `
    import { native } from '#internal/native/sockets.js'
    let seed = ${seed}
    const random = (below) => { seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0; return Math.floor(seed / 2 ** 32 * below) }
    const pick = (list) => list[random(list.length)]
    native.socketpair(1, 1 | 2048, 0)
    const [a, b] = new Float64Array(native.registers)
    const gone = new Uint8Array(8); structuredClone(gone.buffer, { transfer: [gone.buffer] })
    const hostile = { valueOf() { throw new Error('no') }, toString() { throw new Error('no') }, get length() { throw new Error('no') } }
    const numbers = [0, -0, 1, -1, 2, 3, 16, 127, 128, 255, 4096, 65535, 65536, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53, -(2 ** 53), 1.5, NaN, Infinity, -Infinity]
    const memory = () => pick([Buffer.alloc(0), Buffer.alloc(random(300), random(256)), new Uint8Array(new SharedArrayBuffer(16)), new Float64Array(4), new DataView(new ArrayBuffer(20), 3), gone, new Uint16Array(new ArrayBuffer(8), 2)])
    const texts = ['', 'x', '127.0.0.1', '::1', 'lo', 'a\\0b', 'x'.repeat(70), 'x'.repeat(5000), '\\ud800', 'é'.repeat(40)]
    const others = () => pick([undefined, null, true, false, 1n, 2n ** 70n, Symbol('s'), {}, [], hostile, () => {}, new Proxy([], {}), new Proxy({}, {}), new ArrayBuffer(8), new Map(), new Date()])
    const list = () => pick([[], [memory()], [memory(), memory(), memory()], Array(1024).fill(Buffer.alloc(1)), Array(1025).fill(Buffer.alloc(1)), new Proxy([Buffer.alloc(1)], {}), [hostile], [, ,], new Array(2 ** 32 - 1), Object.defineProperty([Buffer.alloc(4)], 1, { get() { throw new Error('no') } })])
    const fd = () => pick([a, b, a, b, -1, 987654, 2 ** 31 - 1])
    const any = () => pick([() => pick(numbers), memory, () => pick(texts), others, list, fd])()
    const flags = () => pick([0, 0x40, 0x40, 0x42, 0x60, 0x2040, 0x40000040])
    const likely = {
      recv: () => [fd(), memory(), pick(numbers), pick(numbers), flags()], send: () => [fd(), memory(), pick(numbers), pick(numbers), flags()],
      recvfrom: () => [fd(), memory(), 0, random(40), flags(), memory()], sendto: () => [fd(), memory(), 0, random(40), flags(), memory()],
      sendmsg: () => [fd(), list(), flags(), pick([undefined, memory()]), pick([undefined, memory()])],
      recvmsg: () => [fd(), list(), flags(), pick([undefined, memory()]), pick([undefined, memory()])],
      cmsgAt: () => [memory(), pick(numbers), pick(numbers)], cmsgPut: () => [memory(), pick(numbers), 1, 1, memory()],
      getsockopt: () => [fd(), pick([0, 1, 6, 17, 41]), random(90), random(18) - 1, pick([undefined, memory()])],
      setsockopt: () => [fd(), pick([0, 6, 41]), random(90), random(18) - 1, pick([undefined, memory()]), pick([undefined, memory()])],
      unixAddress: () => [memory(), memory()], inetAddress: () => [pick(texts), pick(numbers), memory()], inet6Address: () => [pick(texts), pick(numbers), pick(numbers), pick(numbers), memory()],
      vsockAddress: () => [pick(numbers), pick(numbers), memory()], addressParts: () => [memory()], addressText: () => [memory()],
      bind: () => [fd(), memory()], connect: () => [fd(), memory()], getsockname: () => [fd(), memory()], getpeername: () => [fd(), memory()],
      accept4: () => [fd(), 0, pick([undefined, memory()])], ifNameToIndex: () => [pick(texts)], ifMtu: () => [pick(texts)], ifIndexToName: () => [pick(numbers)],
      strerror: () => [pick(numbers)], gaiError: () => [pick(numbers)], sendfile: () => [fd(), fd(), pick(numbers), pick(numbers)],
    }
    // What is left out closes descriptors of the child, opens without end, or asks the resolver for minutes.
    const without = new Set(['close', 'closeAtOnce', 'closeOnThread', 'closeReporting', 'socket', 'socketpair', 'dup', 'poll', 'listen', 'shutdown', 'getaddrinfoAsync', 'getaddrinfo', 'getnameinfo', 'getnameinfoAsync', 'reactorOpen', 'watchOpen', 'ledgerKeep', 'ledgerClaim', 'ledgerRemove', 'setsockopt:1', 'fcntl'])
    const names = Object.keys(native).filter((name) => typeof native[name] === 'function' && !without.has(name))
    let calls = 0, refused = 0
    for (; calls < 60_000; calls++) {
      const name = pick(names)
      const args = likely[name] && random(3) ? likely[name]() : Array.from({ length: random(9) }, any)
      // Waiting for ever is the one thing that a wrong flag could bring about.
      if (name === 'recvmsg' || name === 'sendmsg') args[2] = typeof args[2] === 'number' ? flags() : args[2]
      if (/^(recv|recvfrom|send|sendto)$/.test(name) && typeof args[4] === 'number') args[4] = flags()
      // The numbers below belong to Node, and to this test's report: nothing may be written there.
      for (const i of [0, 1, 2]) if (typeof args[i] === 'number' && args[i] >= 0 && args[i] < a && (i === 0 || /^(sendfile|epollCtl)/.test(name))) args[i] = fd()
      try {
        const result = Reflect.apply(native[name], pick([native, undefined, {}]), args)
        if (typeof result === 'number' && result < 0 && (name === 'accept4' || name === 'recv')) refused++
        if (name === 'accept4' && result >= 0) native.close(result)
      } catch (error) {
        if (!(error instanceof Error)) throw new Error('no exception: ' + String(error))
        refused++
      }
    }
    // Those that were left out, with what cannot do harm.
    for (const name of ['close', 'closeAtOnce', 'closeOnThread', 'closeReporting', 'socket', 'socketpair', 'dup', 'poll', 'listen', 'shutdown', 'fcntl', 'ledgerClaim', 'ledgerRemove', 'getaddrinfo', 'getnameinfo', 'getaddrinfoAsync', 'getnameinfoAsync'])
      for (const bad of [undefined, null, 'x', {}, [], hostile, Symbol('s'), 1n, gone])
        for (const more of [[], [bad], [bad, bad, bad, bad, bad, bad, bad]])
          try { native[name](bad, ...more) } catch (error) { refused++ }
    console.log(calls, refused > 10_000)
  `

describe('native functions', () => {
  for (const seed of [1, 2, 3])
    it(`native functions survive arbitrary arguments (seed ${seed})`, async () => {
      const { stdout, stderr, code, signal } = await run(process.execPath, script(fuzz(seed)), { patience: 60_000 })
      assert.deepEqual([stdout.trim(), code, signal], ['60000 true', 0, null], stderr)
    })
})
