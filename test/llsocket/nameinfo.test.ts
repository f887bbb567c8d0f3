import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AddrInfo, AF_UNIX, NI_IDN, NI_NAMEREQD, NI_NUMERICHOST, NI_WITHSCOPEID } from 'berkeley/llsocket'
import { coded, leavesNoFd, thrownBy } from '../util/index.js'
import { noServices } from './common.js'

leavesNoFd()

describe('nameinfo()', () => {
  it('nameinfo() gives names unless it is told otherwise', { skip: noServices }, () => {
    assert.equal(AddrInfo.inet('127.0.0.1', 80).nameinfo(NI_NUMERICHOST).serv, 'http')
  })

  it('nameinfo() refuses flags that this platform lacks, whatever their numbers mean here', () => {
    assert.notEqual(NI_WITHSCOPEID, NI_IDN)
    const error = coded('EAI_BADFLAGS', { syscall: 'getnameinfo', message: /no flag NI_WITHSCOPEID/ })
    assert.throws(() => AddrInfo.inet('127.0.0.1', 80).nameinfo(NI_NUMERICHOST, NI_WITHSCOPEID), error)
    assert.throws(() => AddrInfo.inet('127.0.0.1', 80).nameinfo(1 << 20), coded('EAI_BADFLAGS'))
  })

  it('nameinfo() throws when a name is required and none is found', () => {
    const error = thrownBy(() => AddrInfo.inet('192.0.2.55', 1).nameinfo(NI_NAMEREQD))
    assert.match(String(error['code']), /^EAI_(NONAME|AGAIN|FAIL)$/)
    assert.deepEqual([error['syscall'], error['address']], ['getnameinfo', '192.0.2.55'])
  })

  it('nameinfo() of a unix address gives its path and none of the memory behind it', (t) => {
    try {
      assert.equal(AddrInfo.unix('/run/x').nameinfo().serv, '/run/x')
    } catch (error) {
      assert.equal((error as { code: string }).code, 'EAI_FAMILY')
      return t.skip('this C library has no names for unix addresses')
    }
    const long = `/${'p'.repeat(106)}`
    assert.equal(AddrInfo.unix(long).nameinfo().serv, long)
    for (let i = 0; i < 20; i++) {
      const unended = AddrInfo.raw(Buffer.concat([Buffer.from([AF_UNIX, 0]), Buffer.alloc(22, 'x')]))
      Buffer.from('what others hold in memory ....')
      assert.equal(unended.nameinfo().serv, 'x'.repeat(22))
    }
    const full = AddrInfo.raw(Buffer.concat([Buffer.from([AF_UNIX, 0]), Buffer.alloc(126, 'x')]))
    assert.equal(full.nameinfo().serv, 'x'.repeat(126))
  })
})
