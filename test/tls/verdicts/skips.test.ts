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

describe('checks that are left out (H92)', () => test(SKIPS))

describe('warnings', () => {
  const about = (text: string): Error[] => warnings.filter(({ message }) => message.includes(text))

  for (const what of ['the chain of', 'the name of', 'the time of', 'rejectUnauthorized'])
    it(`a client that skips a check warns once: ${what} (H92)`, () => {
      const found = about(what)
      assert.equal(found.length, 1, found.map(({ message }) => message).join('\n'))
      assert.equal(found[0]?.name, 'SecurityWarning')
      assert.equal((found[0] as { code?: string }).code, 'BERKELEY_TLS_INSECURE')
    })

  it('clients that skip checks emit no other warning', () => assert.equal(warnings.length, 4))
})
