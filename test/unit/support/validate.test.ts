// The checks of arguments: what is accepted, and how the errors name what is not.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runInNewContext } from 'node:vm'
import * as validate from '#internal/support/validate.js'

const INT_MAX = 0x7fffffff
const otherTypes: readonly unknown[] = [undefined, null, 'text', true, 1n, Symbol('s'), {}, [], () => {}]

function typeError(name: string) {
  return (error: Error & { code?: string }) => {
    assert.ok(error instanceof TypeError)
    assert.equal(error.code, 'ERR_INVALID_ARG_TYPE')
    assert.match(error.message, new RegExp(`^The "${name}" argument must be .+\\. Received `))
    return true
  }
}

function rangeError(name: string) {
  return (error: Error & { code?: string }) => {
    assert.ok(error instanceof RangeError)
    assert.equal(error.code, 'ERR_OUT_OF_RANGE')
    assert.match(error.message, new RegExp(`^The value of "${name}" is out of range\\. It must be .+\\. Received `))
    return true
  }
}

function valueError(name: string) {
  return (error: Error & { code?: string }) => {
    assert.ok(error instanceof TypeError)
    assert.equal(error.code, 'ERR_INVALID_ARG_VALUE')
    assert.match(error.message, new RegExp(`^The argument "${name}" .+\\. Received `))
    return true
  }
}

describe('integer()', () => {
  it('integer() returns whole numbers of an int unchanged', () => {
    for (const value of [0, 1, -1, INT_MAX, -INT_MAX - 1]) assert.equal(validate.integer('n', value), value)
  })

  it('integer() refuses other types', () => {
    for (const value of otherTypes) assert.throws(() => validate.integer('n', value), typeError('n'))
  })

  it('integer() refuses numbers that an int cannot hold (H83)', () => {
    for (const value of [Number.NaN, Infinity, -Infinity, 1.5, INT_MAX + 1, -INT_MAX - 2, 2 ** 53])
      assert.throws(() => validate.integer('n', value), rangeError('n'))
  })

  it('integer() checks bounds of its own', () => {
    assert.equal(validate.integer('n', 3, 3, 4), 3)
    assert.equal(validate.integer('n', 4, 3, 4), 4)
    for (const value of [2, 5]) assert.throws(() => validate.integer('n', value, 3, 4), rangeError('n'))
  })
})

describe('atLeast()', () => {
  it('atLeast() accepts fractions', () => {
    for (const value of [0, 0.25, 1e9]) assert.equal(validate.atLeast('s', value, 0), value)
  })

  it('atLeast() refuses NaN, infinity, numbers out of bounds and other types', () => {
    for (const value of [Number.NaN, Infinity, -0.001, -1])
      assert.throws(() => validate.atLeast('s', value, 0), rangeError('s'))
    assert.throws(() => validate.atLeast('s', 11, 0, 10), rangeError('s'))
    for (const value of otherTypes) assert.throws(() => validate.atLeast('s', value, 0), typeError('s'))
  })
})

describe('boolean(), string(), func()', () => {
  it('boolean(), string() and func() accept only their own type', () => {
    assert.equal(validate.boolean('b', false), false)
    assert.equal(validate.string('s', ''), '')
    const f = (): void => {}
    assert.equal(validate.func('f', f), f)
    for (const value of [0, 1, 'true', null, undefined, {}])
      assert.throws(() => validate.boolean('b', value), typeError('b'))
    for (const value of [0, null, undefined, {}, Buffer.from('x')])
      assert.throws(() => validate.string('s', value), typeError('s'))
    for (const value of [0, null, undefined, {}, 'f']) assert.throws(() => validate.func('f', value), typeError('f'))
  })
})

describe('textWithoutNul()', () => {
  it('textWithoutNul() refuses a NUL at every position (H57)', () => {
    assert.equal(validate.textWithoutNul('t', 'abc'), 'abc')
    for (const text of ['\0abc', 'a\0bc', 'abc\0', '\0'])
      assert.throws(() => validate.textWithoutNul('t', text), valueError('t'))
    assert.throws(() => validate.textWithoutNul('t', 5), typeError('t'))
  })
})

describe('flags()', () => {
  it('flags() combines flags and skips absent ones', () => {
    assert.equal(validate.flags('flags', []), 0)
    assert.equal(validate.flags('flags', [1, undefined, 4, 0x40000000]), 0x40000005)
  })

  it('flags() refuses what is not an integer', () => {
    assert.throws(() => validate.flags('flags', ['1']), typeError('flags'))
    assert.throws(() => validate.flags('flags', [null]), typeError('flags'))
    assert.throws(() => validate.flags('flags', [1.5]), rangeError('flags'))
    assert.throws(() => validate.flags('flags', [2 ** 31]), rangeError('flags'))
  })
})

describe('descriptor()', () => {
  it('descriptor() accepts numbers from 0 on', () => {
    assert.equal(validate.descriptor('fd', 0), 0)
    assert.equal(validate.descriptor('fd', INT_MAX), INT_MAX)
    for (const value of [-1, 0.5, Number.NaN, INT_MAX + 1])
      assert.throws(() => validate.descriptor('fd', value), rangeError('fd'))
    assert.throws(() => validate.descriptor('fd', '3'), typeError('fd'))
  })
})

describe('port()', () => {
  it('port() accepts numbers from 0 to 65535, or their digits', () => {
    for (const value of [0, 1, 80, 65535]) {
      assert.equal(validate.port('port', value), value)
      assert.equal(validate.port('port', String(value)), value)
    }
  })

  it('port() never guesses and never takes a number modulo 65536 (H59)', () => {
    const texts = [
      '80abc',
      ' 80',
      '80 ',
      '1e3',
      '0x50',
      '+80',
      '-1',
      '65536',
      '99999',
      '000080',
      '',
      '8 0',
      '80.5',
      '８０',
      '80\0',
    ]
    for (const value of [...texts, 65536, -1, 80.5, Number.NaN, Infinity])
      assert.throws(() => validate.port('port', value), rangeError('port'), String(value))
    for (const value of [null, undefined, {}, [80], true, 80n])
      assert.throws(() => validate.port('port', value), typeError('port'))
  })
})

describe('bytes()', () => {
  it('bytes() of a string are its UTF-8', () => {
    assert.deepEqual([...validate.bytes('data', 'ä€')], [0xc3, 0xa4, 0xe2, 0x82, 0xac])
  })

  it('bytes() of a view are its memory, not a copy', () => {
    const memory = new ArrayBuffer(16)
    const whole = new Uint8Array(memory)
    const views = [
      new Uint16Array(memory, 4, 2),
      new DataView(memory, 4, 4),
      new Float32Array(memory, 4, 1),
      Buffer.from(memory, 4, 4),
    ]
    for (const view of views) {
      const bytes = validate.bytes('data', view)
      assert.equal(bytes.length, 4)
      bytes[0] = 255 - (whole[4] ?? 0)
      assert.equal(whole[4], bytes[0])
    }
  })

  it('bytes() refuses other types', () => {
    for (const value of [undefined, null, 5, {}, [1, 2], new ArrayBuffer(4), { length: 1, 0: 1 }])
      assert.throws(() => validate.bytes('data', value), typeError('data'))
  })
})

describe('memory that is gone (H37)', () => {
  const state = { name: 'TypeError', code: 'ERR_INVALID_STATE', message: /"data"/ }
  const detach = (buffer: ArrayBuffer): void => void structuredClone(buffer, { transfer: [buffer] })

  it('bytes() and room() refuse every view of memory that was transferred away', () => {
    for (const make of [
      (buffer: ArrayBuffer) => new Uint8Array(buffer),
      (buffer: ArrayBuffer) => new Float64Array(buffer),
      (buffer: ArrayBuffer) => new DataView(buffer),
      (buffer: ArrayBuffer) => Buffer.from(buffer),
    ]) {
      const buffer = new ArrayBuffer(8)
      const view = make(buffer)
      detach(buffer)
      assert.throws(() => validate.bytes('data', view), state)
      assert.throws(() => validate.room('data', view), state)
    }
  })

  it('bytes() refuses a view beyond the end of a buffer that was shrunk', {
    skip: 'resize' in ArrayBuffer.prototype ? false : 'no resizable ArrayBuffer',
  }, () => {
    const resizable = ArrayBuffer as unknown as new (
      length: number,
      options: object,
    ) => ArrayBuffer & { resize(n: number): void }
    for (const make of [
      (buffer: ArrayBuffer) => new Uint8Array(buffer, 8, 8),
      (buffer: ArrayBuffer) => new Uint8Array(buffer, 8),
      (buffer: ArrayBuffer) => new DataView(buffer, 8, 8),
    ]) {
      const buffer = new resizable(16, { maxByteLength: 32 })
      const view = make(buffer)
      buffer.resize(4)
      assert.throws(() => validate.bytes('data', view), state)
    }
  })

  it('bytes() accepts memory that is merely empty', () => {
    for (const view of [
      new Uint8Array(0),
      Buffer.alloc(0),
      new DataView(new ArrayBuffer(0)),
      new Uint8Array(new ArrayBuffer(8), 8),
    ])
      assert.equal(validate.bytes('data', view).length, 0)
  })
})

describe('views with false properties', () => {
  const lie = { value: 1e6 }

  it('bytes() does not read the properties of a view', () => {
    const asked = (): never => assert.fail('the property was read')
    for (const view of [
      Object.defineProperty(Buffer.from('text'), 'length', { get: asked }),
      Object.defineProperties(new Uint8Array(4), { length: lie, byteLength: lie, byteOffset: lie, buffer: lie }),
      Object.defineProperties(new DataView(new ArrayBuffer(4)), { byteLength: lie, byteOffset: lie, buffer: lie }),
      Object.setPrototypeOf(new Float32Array(1), null),
      new (class extends Uint8Array {
        override get length(): number {
          return 1e6
        }
      })(4),
    ])
      assert.equal(validate.bytes('data', view).length, 4)
  })

  it('bytes() refuses proxies and objects that only inherit from a view', () => {
    for (const value of [new Proxy(new Uint8Array(4), {}), Object.create(Uint8Array.prototype)]) {
      assert.throws(() => validate.bytes('data', value), typeError('data'))
      assert.throws(() => validate.uint8Array('data', value), typeError('data'))
    }
  })

  it('bytes() refuses detached memory also in optimised code (H37)', () => {
    const gone = (): Uint8Array => {
      const view = new Uint8Array(64)
      structuredClone(view.buffer, { transfer: [view.buffer] })
      return view
    }
    const makers = [
      () => Buffer.alloc(100),
      () => new Uint8Array(8),
      () => new Uint8Array(new SharedArrayBuffer(64)),
      () =>
        new Uint8Array(
          new (ArrayBuffer as new (length: number, options: object) => ArrayBuffer)(64, { maxByteLength: 128 }),
        ),
      () => new DataView(new ArrayBuffer(8)),
      () => new Int16Array(4),
    ]
    for (let i = 0; i < 20_000; i++) {
      validate.bytes('data', makers[i % makers.length]?.())
      if (i % 7 === 0) assert.throws(() => validate.bytes('data', gone()), { code: 'ERR_INVALID_STATE' })
    }
  })
})

describe('options()', () => {
  it('options() reads each option once, so that the checked value is the one used', () => {
    let reads = 0
    const given = {
      get a(): number {
        return ++reads
      },
      b: undefined,
    }
    const options = validate.options('options', given, ['a', 'b', 'c']) as { a: number }
    assert.deepEqual([{ ...options }, options.a, reads], [{ a: 1 }, 1, 1])
  })

  it('options() accepts known options, and refuses others', () => {
    assert.deepEqual({ ...validate.options('options', { a: 1 }, ['a']) }, { a: 1 })
    const hidden = Object.defineProperty({}, 'z', { value: 1 })
    for (const unknown of [{ z: 1 }, { z: undefined }, hidden])
      assert.throws(() => validate.options('options', unknown, ['a']), valueError('options'))
  })

  it('options() refuses what is inherited, unless an own property hides it or nobody could take it for an option', () => {
    const of = (prototype: object, own: object): object => Object.assign(Object.create(prototype), own)
    class Methods {
      describe(): void {}
    }
    for (const inherited of [{ b: 1 }, { z: 1 }, Object.create({ b: 1 })])
      assert.throws(() => validate.options('options', of(inherited, { a: 1 }), ['a', 'b']), valueError('options'))
    for (const harmless of [{ a: 2 }, Methods.prototype, Object.create(null), runInNewContext('({})')])
      assert.deepEqual({ ...validate.options('options', of(harmless, { a: 1 }), ['a', 'b']) }, { a: 1 })
  })

  it('options() returns an object that inherits nothing', () => {
    const options = validate.options('options', { a: 1 }, ['a']) as Record<string, unknown>
    Object.assign(Object.prototype, { b: 1 })
    try {
      assert.equal(options['b'], undefined)
    } finally {
      delete (Object.prototype as { b?: number }).b
    }
    assert.equal(options['toString'], undefined)
  })
})

describe('room()', () => {
  it('room() refuses everything but a view of at least one byte (H32)', () => {
    assert.equal(validate.room('buffer', new Uint16Array(2)).length, 4)
    assert.throws(() => validate.room('buffer', new Uint8Array(0)), rangeError('buffer'))
    for (const value of ['text', 5, null, new ArrayBuffer(4)])
      assert.throws(() => validate.room('buffer', value), typeError('buffer'))
  })
})

describe('messages', () => {
  it('the message of an error says briefly what was received', () => {
    const say = (value: unknown): string => validate.invalidType('x', 'of type number', value).message
    assert.match(say(undefined), /Received undefined$/)
    assert.match(say(null), /Received null$/)
    assert.match(say(new Map()), /Received an instance of Map$/)
    assert.match(say(Object.create(null)), /Received \[Object: null prototype\]/)
    assert.match(
      say(function named() {}),
      /Received function named$/,
    )
    assert.match(say('x'.repeat(500)), /Received type string \('x{24}\.\.\.\)$/)
    assert.match(say(Symbol('s')), /Received type symbol \(Symbol\(s\)\)$/)
  })

  it('the message of an error can be made for hostile objects', () => {
    const hostile = {
      get constructor(): never {
        throw new Error('no')
      },
    }
    assert.throws(() => validate.integer('n', hostile), typeError('n'))
    assert.match(validate.invalidType('x', 'y', new Proxy({}, {})).message, /Received an instance of Object/)
  })

  it('the message of an error can be made for values whose name is not a string or cannot be read', () => {
    const no = (): never => {
      throw new Error('no')
    }
    const named = (descriptor: PropertyDescriptor): unknown => Object.defineProperty(() => {}, 'name', descriptor)
    for (const value of [
      named({ value: Symbol('name') }),
      named({ get: no }),
      { constructor: { name: Symbol('name') } },
      Object.assign(Object.create(null), { [Symbol.for('nodejs.util.inspect.custom')]: no }),
      Proxy.revocable({}, {}).proxy,
      new Proxy({}, { get: no, getPrototypeOf: no }),
    ])
      assert.throws(() => validate.string('n', value), typeError('n'))
  })
})
