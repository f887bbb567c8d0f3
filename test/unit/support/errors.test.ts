// The shape of what is thrown, and the one gate from -errno to it.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EAI_AGAIN, EAI_NONAME, EAI_SYSTEM } from '#internal/constants/exported.generated.js'
import { sys } from '#internal/constants/lookup.js'
import { registers } from '#internal/native/sockets.js'
import { abortError, check, resolverError, SystemError, systemError, TimeoutError } from '#internal/support/errors.js'
import { thrownBy } from '../../util/index.js'

describe('SystemError', () => {
  it("SystemError has a message like Node's", () => {
    const error = systemError(sys.ECONNREFUSED, 'connect', { address: '127.0.0.1', port: 9 })
    assert.equal(error.message, 'connect ECONNREFUSED 127.0.0.1:9')
    assert.equal(error.name, 'SystemError')
    assert.equal(error.code, 'ECONNREFUSED')
    assert.equal(error.errno, -sys.ECONNREFUSED)
    assert.equal(error.syscall, 'connect')
    assert.equal(error.address, '127.0.0.1')
    assert.equal(error.port, 9)
    assert.ok(error instanceof Error)
    assert.match(String(error), /^SystemError: connect ECONNREFUSED/)
    assert.match(error.stack ?? '', /errors\.test/)
  })

  it('SystemError puts an IPv6 address into brackets before a port', () => {
    assert.equal(systemError(sys.EACCES, 'bind', { address: '::1', port: 80 }).message, 'bind EACCES [::1]:80')
    assert.equal(systemError(sys.EACCES, 'bind', { address: '::1' }).message, 'bind EACCES ::1')
  })

  it('SystemError shows a path, and a detail after a colon', () => {
    assert.equal(systemError(sys.ENOENT, 'connect', { path: '/x' }).message, 'connect ENOENT /x')
    assert.equal(systemError(sys.EINVAL, 'a', { detail: 'why' }).message, 'a EINVAL: why')
  })

  it('SystemError has only the properties that are known', () => {
    assert.deepEqual(Object.keys(systemError(sys.EINVAL, 'x')), ['code', 'errno', 'syscall'])
    const full = systemError(sys.EPIPE, 'send', { bytes: 0, path: '' })
    assert.deepEqual(Object.keys(full), ['code', 'errno', 'syscall', 'path', 'bytes'])
    assert.equal(full.bytes, 0)
  })

  it('SystemError has a cause only when there is one', () => {
    const cause = new Error('why')
    assert.equal(systemError(sys.EINVAL, 'x', { cause }).cause, cause)
    assert.equal('cause' in systemError(sys.EINVAL, 'x'), false)
  })

  it('SystemError shows the number of an errno that has no name', () => {
    const error = systemError(4000, 'x')
    assert.equal(error.code, 'E4000')
    assert.equal(error.errno, -4000)
  })
})

describe('TimeoutError', () => {
  it('TimeoutError is a SystemError with a name of its own', () => {
    const error = new TimeoutError('recv', { bytes: 3 })
    assert.ok(error instanceof SystemError)
    assert.equal(error.name, 'TimeoutError')
    assert.equal(error.code, 'ETIMEDOUT')
    assert.equal(error.errno, -sys.ETIMEDOUT)
    assert.equal(error.bytes, 3)
    assert.match(error.message, /^recv ETIMEDOUT/)
  })
})

describe('abortError()', () => {
  it("abortError() has the shape of Node's", () => {
    const reason = new Error('enough')
    const error = abortError(reason)
    assert.equal(error.name, 'AbortError')
    assert.equal((error as Error & { code: string }).code, 'ABORT_ERR')
    assert.equal(error.cause, reason)
  })
})

describe('check()', () => {
  it('check() returns counts unchanged', () => {
    for (const count of [0, 1, 2 ** 40]) assert.equal(check(count, 'x'), count)
  })

  it('check() throws for -errno and makes the context only then', () => {
    let made = 0
    const context = (): { detail: string } => {
      made++
      return { detail: 'd' }
    }
    check(0, 'x', context)
    assert.equal(made, 0)
    assert.equal(thrownBy(() => check(-sys.EPERM, 'x', context))['message'], 'x EPERM: d')
    assert.equal(made, 1)
  })
})

describe('resolverError()', () => {
  it('resolverError() has the EAI code and the text of the C library', () => {
    const error = resolverError(EAI_NONAME, 'getaddrinfo', { address: 'nowhere.invalid' })
    assert.equal(error.code, 'EAI_NONAME')
    assert.equal(error.errno, EAI_NONAME)
    assert.equal(error.syscall, 'getaddrinfo')
    assert.match(error.message, /^getaddrinfo EAI_NONAME nowhere\.invalid: /)
    assert.equal(resolverError(EAI_AGAIN, 'getaddrinfo', {}).code, 'EAI_AGAIN')
  })

  it('resolverError() has the errno itself for EAI_SYSTEM', () => {
    registers[0] = sys.EMFILE
    assert.equal(resolverError(EAI_SYSTEM, 'getaddrinfo', {}).code, 'EMFILE')
    registers[0] = 0
    assert.equal(resolverError(EAI_SYSTEM, 'getaddrinfo', {}).code, 'EAI_SYSTEM')
  })
})
