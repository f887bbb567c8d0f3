/**
 * Values that no caller should give, and those that sound ones are made of. Each has a name, and is made anew for every call: a
 * detached buffer cannot be used twice, and a name is all that has to be printed to make it again.
 */
import type { World } from './world.js'

/** Makes the value of a name; `spoil` closes what the call is about. */
export type Maker = (world: World, spoil: () => void) => unknown

/** What hostile getters and functions throw. */
export const HOSTILE: Error = Object.assign(new Error('hostile'), { code: 'HOSTILE' })

function thrower(): never {
  throw HOSTILE
}

/** Does something, and answers. */
const after =
  <T>(act: () => void, value: T) =>
  (): T => {
    act()
    return value
  }

function getters(...names: string[]): (get: () => unknown) => object {
  return (get) =>
    Object.defineProperties({}, Object.fromEntries(names.map((name) => [name, { get, enumerable: true }])))
}

/** An options bag whose property does something when it is read. */
const trapped =
  (name: string, act: (world: World, spoil: () => void) => unknown): Maker =>
  (world, spoil) =>
    getters(name)(() => act(world, spoil))

/** The first answer is good, and the others are not: what is checked must be what is used. */
function changing(name: string, ...answers: unknown[]): Maker {
  return () => {
    let i = 0
    return getters(name)(() => answers[Math.min(i++, answers.length - 1)])
  }
}

function detached(): Uint8Array {
  const buffer = new ArrayBuffer(64)
  const view = new Uint8Array(buffer)
  structuredClone(buffer, { transfer: [buffer] })
  return view
}

/** ES2024, which Node 20 has and the library of types does not. */
interface Resizable extends ArrayBuffer {
  resize(length: number): void
}

export function resizable(length: number, most = length): Resizable {
  const Buffers = ArrayBuffer as unknown as new (length: number, options: { maxByteLength: number }) => Resizable
  return new Buffers(length, { maxByteLength: most })
}

function shrunk(): Uint8Array {
  const buffer = resizable(64)
  const view = new Uint8Array(buffer, 16, 32)
  buffer.resize(8)
  return view
}

/** Memory that goes as soon as the call has to wait. */
function shrinkingSoon(): Uint8Array {
  const buffer = resizable(64)
  queueMicrotask(() => buffer.resize(0))
  return new Uint8Array(buffer, 0, 64)
}

function detachedSoon(): Uint8Array {
  const buffer = new ArrayBuffer(64)
  queueMicrotask(() => structuredClone(buffer, { transfer: [buffer] }))
  return new Uint8Array(buffer)
}

class Bytes extends Uint8Array {
  override get length(): number {
    return 1e9
  }
  override get byteLength(): number {
    return -1
  }
  override get byteOffset(): number {
    return Number.NaN
  }
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

const endless = (): Iterable<unknown> => ({
  *[Symbol.iterator]() {
    for (let i = 0; i < 100; i++) yield { data: 'x', addr: null }
    thrower()
  },
})

/** Of every type that JavaScript has, and of those that pretend to be another. */
export const HOSTILE_VALUES: Readonly<Record<string, Maker>> = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  false: () => false,
  nan: () => Number.NaN,
  '-0': () => -0,
  infinity: () => Number.POSITIVE_INFINITY,
  '-infinity': () => Number.NEGATIVE_INFINITY,
  fraction: () => 0.5,
  '-1': () => -1,
  'int max': () => 2 ** 31 - 1,
  'int min': () => -(2 ** 31),
  'int over': () => 2 ** 31,
  'uint max': () => 2 ** 32 - 1,
  'uint over': () => 2 ** 32,
  'safe max': () => Number.MAX_SAFE_INTEGER,
  unsafe: () => 2 ** 53,
  huge: () => Number.MAX_VALUE,
  tiny: () => Number.MIN_VALUE,
  bigint: () => 7n,
  'bigint huge': () => 2n ** 80n,
  'bigint negative': () => -1n,
  symbol: () => Symbol('hostile'),
  'empty text': () => '',
  NUL: () => 'a\0b',
  'lone surrogate': () => '\ud800',
  'long text': () => 'x'.repeat(4096),
  'number text': () => '7',
  __proto__: () => '__proto__',
  'constructor text': () => 'constructor',
  'toString text': () => 'toString',
  object: () => ({}),
  array: () => [],
  'sparse array': () => Object.assign([], { 2: 1 }),
  'array of all': () => [undefined, null, Symbol('x'), {}, 1n],
  'long array': () => Array.from({ length: 2000 }, () => 'x'),
  'no prototype': () => Object.create(null),
  frozen: () => Object.freeze({ signal: undefined }),
  'frozen bytes': () => Object.freeze([1, 2, 3]),
  'unknown key': () => ({ nobodyKnows: 1 }),
  'symbol key': () => ({ [Symbol('key')]: 1 }),
  date: () => new Date(Number.NaN),
  map: () => new Map([[1, 2]]),
  regexp: () => /x/g,
  error: () => new Error('an argument'),
  promise: () => Promise.resolve(1),
  'boxed number': () => Object(1),
  'boxed text': () => Object('text'),
  'throwing function': () => thrower,
  arrow: () => () => undefined,
  'async function': () => async () => undefined,
  'nameless class': () => class {},
  'function named by a symbol': () => Object.defineProperty(() => 1, 'name', { value: Symbol('name') }),
  'function with a throwing name': () => Object.defineProperty(() => 1, 'name', { get: thrower }),
  'constructor named by a symbol': () => ({ constructor: { name: Symbol('name') } }),
  'throwing constructor': getterOf('constructor'),
  'throwing inspection': () =>
    Object.assign(Object.create(null), { [Symbol.for('nodejs.util.inspect.custom')]: thrower }),
  'throwing tag': () => Object.defineProperty(Object.create(null), Symbol.toStringTag, { get: thrower }),
  'throwing valueOf': () => ({ valueOf: thrower, toString: thrower, [Symbol.toPrimitive]: thrower }),
  'closing valueOf': (_, spoil) => ({
    valueOf: after(spoil, 1),
    toString: after(spoil, '1'),
    [Symbol.toPrimitive]: after(spoil, 1),
  }),
  'throwing proxy': () => new Proxy({}, { get: thrower, ownKeys: thrower, has: thrower, getPrototypeOf: thrower }),
  'proxy of a socket': (world) => new Proxy(world.socket(), {}),
  'proxy of bytes': () => new Proxy(new Uint8Array(8), {}),
  'revoked proxy': revoked,
  'closing proxy': (_, spoil) =>
    new Proxy(
      {},
      {
        get: () => spoil(),
        ownKeys: () => {
          spoil()
          return []
        },
      },
    ),
  'throwing iterable': () => ({ [Symbol.iterator]: thrower }),
  'endless iterable': endless,
  'closing iterable': (_, spoil) => ({
    *[Symbol.iterator]() {
      spoil()
      yield { data: 'x' }
    },
  }),
  'throwing getters': () => getters('signal', 'data', 'addr', 'host', 'port', 'path', 'tlscfg', 'prepare')(thrower),
  'closing getters': (_, spoil) =>
    getters('signal', 'data', 'addr', 'segmentSize', 'control', 'ifindex', 'prepare', 'servername')(() => spoil()),
  'class with inherited options': () =>
    new (class {
      get signal(): AbortSignal {
        return AbortSignal.abort()
      }
    })(),
  arguments: () =>
    (function (..._all: unknown[]) {
      // biome-ignore lint/complexity/noArguments: it is the object that is wanted
      return arguments
    })(1, 2),
  detached,
  'detached DataView': () => {
    const buffer = new ArrayBuffer(8)
    const view = new DataView(buffer)
    structuredClone(buffer, { transfer: [buffer] })
    return view
  },
  shrunk,
  'shrinking soon': shrinkingSoon,
  'detached soon': detachedSoon,
  'subclass that lies': () => new Bytes(16),
  'faked typed array': () =>
    Object.setPrototypeOf({ length: 8, byteLength: 8, buffer: new ArrayBuffer(8) }, Uint8Array.prototype),
  'bytes with another prototype': () => Object.setPrototypeOf(new Uint8Array(8), null),
  'bytes with own length': () => Object.defineProperty(new Uint8Array(8), 'length', { value: 1e6 }),
  'bytes with a closing length': (_, spoil) =>
    Object.defineProperty(new Uint8Array(8), 'length', { get: after(spoil, 1e6) }),
  'bytes with a throwing length': () => Object.defineProperty(new Uint8Array(8), 'length', { get: thrower }),
  'bytes that shrink when asked': () => {
    const buffer = resizable(64)
    const view = new Uint8Array(buffer)
    return Object.defineProperty(view, 'length', {
      get: () => {
        buffer.resize(0)
        return 64
      },
    })
  },
  'bytes with own buffer': () => Object.defineProperty(new DataView(new ArrayBuffer(8)), 'buffer', { value: 'none' }),
  ArrayBuffer: () => new ArrayBuffer(8),
  SharedArrayBuffer: () => new SharedArrayBuffer(8),
  'shared bytes': () => new Uint8Array(new SharedArrayBuffer(64)),
  'resizable bytes': () => new Uint8Array(resizable(64, 128)),
  float64: () => new Float64Array(8),
  bigint64: () => new BigInt64Array(4),
  DataView: () => new DataView(new ArrayBuffer(16), 3, 5),
  'no bytes': () => new Uint8Array(0),
  'aborted signal': () => AbortSignal.abort(),
  'faked signal': () => Object.setPrototypeOf({ aborted: false }, AbortSignal.prototype),
  'options with a faked signal': () => ({ signal: Object.setPrototypeOf({}, AbortSignal.prototype) }),
  'options with a plain signal': () => ({ signal: { aborted: true, addEventListener: thrower } }),
  'options of an array': () => Object.assign([], { signal: undefined }),
  'changing signal': changing('signal', undefined, 7),
  'changing data': changing('data', 'good', 7),
  'changing segmentSize': changing('segmentSize', 2, 'x'),
  'changing control': changing('control', undefined, 7),
  'changing addr': changing('addr', undefined, 7),
  'changing host': changing('host', '127.0.0.1', 7),
  'changing family': changing('family', 2, 'x'),
  'changing path': changing('path', '\0bk', 7),
  'signal getter that closes': trapped('signal', (_, spoil) => {
    spoil()
    return undefined
  }),
  'signal getter that aborts': trapped('signal', () => {
    const controller = new AbortController()
    controller.abort('from a getter')
    return controller.signal
  }),
}

function getterOf(name: string): Maker {
  return () => Object.defineProperty({}, name, { get: thrower })
}
