// Which certificate a client shows.
import { describe } from 'node:test'
import { leavesNoFd } from '../../util/index.js'
import { SHOWN } from './cases/shown.js'
import { test } from './verdict.js'

leavesNoFd()

describe('certificates that clients choose', () => test(SHOWN))
