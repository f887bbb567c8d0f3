// Verdicts of the user's own.
import { describe } from 'node:test'
import { leavesNoFd } from '../../util/index.js'
import { OWN } from './cases/own.js'
import { OWN_SERVERS } from './cases/own-servers.js'
import { test } from './verdict.js'

leavesNoFd()

describe('pins and verify functions', () => test([...OWN, ...OWN_SERVERS]))
