// What arrives on an established connection.
import { describe } from 'node:test'
import { leavesNoFd } from '../../util/index.js'
import { STREAMS } from './cases/streams.js'
import { test } from './verdict.js'

leavesNoFd()

describe('records that are cut, changed or made up end the connection, and nothing of them is delivered (H92)', () =>
  test(STREAMS))
