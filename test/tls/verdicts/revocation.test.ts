// Whether a certificate was revoked.
import { describe } from 'node:test'
import { leavesNoFd } from '../../util/index.js'
import { REVOCATION } from './cases/revocation.js'
import { test } from './verdict.js'

leavesNoFd()

describe('revoked certificates (H92)', () => test(REVOCATION))
