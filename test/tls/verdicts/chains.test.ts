// Whether a chain leads to a trusted authority.
import { describe } from 'node:test'
import { leavesNoFd } from '../../util/index.js'
import { CHAINS } from './cases/chains.js'
import { test } from './verdict.js'

leavesNoFd()

describe('chains of certificates (H92)', () => test(CHAINS))
