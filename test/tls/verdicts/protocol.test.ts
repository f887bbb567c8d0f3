// What both sides have to have in common.
import { describe } from 'node:test'
import { leavesNoFd } from '../../util/index.js'
import { PROTOCOL } from './cases/protocol.js'
import { test } from './verdict.js'

leavesNoFd()

describe('without a version, suite, group or protocol in common there is no connection (H92)', () => test(PROTOCOL))
