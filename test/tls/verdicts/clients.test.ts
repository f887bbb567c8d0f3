// What a server makes of its clients.
import { describe } from 'node:test'
import { leavesNoFd } from '../../util/index.js'
import { CLIENTS } from './cases/clients.js'
import { test } from './verdict.js'

leavesNoFd()

describe('certificates of clients (H92)', () => test(CLIENTS))
