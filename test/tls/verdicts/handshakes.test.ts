// What arrives in the place of a handshake, and what becomes of one on its way.
import { describe } from 'node:test'
import { leavesNoFd } from '../../util/index.js'
import { HANDSHAKES } from './cases/handshakes.js'
import { test } from './verdict.js'

leavesNoFd()

describe('forged handshakes (H92)', () => test(HANDSHAKES))
