// Configurations that are none.
import { describe } from 'node:test'
import { leavesNoFd } from '../../util/index.js'
import { CONFIG } from './cases/config.js'
import { test } from './verdict.js'

leavesNoFd()

describe('configurations (H92)', () => test(CONFIG))
