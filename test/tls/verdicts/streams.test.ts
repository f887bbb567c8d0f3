// What arrives on an established connection.
import { describe } from 'node:test'
import { leavesNoFd } from '../../util/index.js'
import { STREAMS } from './cases/streams.js'
import { test } from './verdict.js'

leavesNoFd()

describe('cut, changed or forged records (H92)', () => test(STREAMS))
