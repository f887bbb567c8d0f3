// What both sides have to have in common.
import { describe } from 'node:test'
import { leavesNoFd } from '../../util/index.js'
import { PROTOCOL } from './cases/protocol.js'
import { test } from './verdict.js'

leavesNoFd()

describe('versions, suites, groups and protocols (H92)', () => test(PROTOCOL))
