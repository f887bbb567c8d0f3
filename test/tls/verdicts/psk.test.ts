// Verdicts about pre-shared keys.
import { describe } from 'node:test'
import { leavesNoFd } from '../../util/index.js'
import { PSK } from './cases/psk.js'
import { test } from './verdict.js'

leavesNoFd()

describe('pre-shared keys', () => test(PSK))
