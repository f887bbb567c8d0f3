// What a former session is good for.
import { describe } from 'node:test'
import { leavesNoFd } from '../../util/index.js'
import { RESUMPTION } from './cases/resumption.js'
import { test } from './verdict.js'

leavesNoFd()

describe('resumed sessions (H92)', () => test(RESUMPTION))
