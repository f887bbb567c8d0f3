// Checks that a client leaves out.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { leavesNoFd } from '../../util/index.js'
import { SKIPS } from './cases/skips.js'
import { test } from './verdict.js'

leavesNoFd()

const warnings: Error[] = []
const listen = (warning: Error): number => warnings.push(warning)
before(() => process.on('warning', listen))
after(() => process.off('warning', listen))

describe('a check that is left out is the only one that is left out (H92)', () => test(SKIPS))

describe('a process whose clients do not check everything', () => {
  const about = (text: string): Error[] => warnings.filter(({ message }) => message.includes(text))

  for (const what of ['the chain of', 'the name of', 'the time of', 'rejectUnauthorized'])
    it(`says so once: ${what} (H92)`, () => {
      const found = about(what)
      assert.equal(found.length, 1, found.map(({ message }) => message).join('\n'))
      assert.equal(found[0]?.name, 'SecurityWarning')
      assert.equal((found[0] as { code?: string }).code, 'BERKELEY_TLS_INSECURE')
    })

  it('says nothing else', () => assert.equal(warnings.length, 4))
})
