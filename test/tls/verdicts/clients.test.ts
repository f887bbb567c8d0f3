// What a server makes of its clients.
import { describe } from 'node:test'
import { leavesNoFd } from '../../util/index.js'
import { CLIENTS } from './cases/clients.js'
import { test } from './verdict.js'

leavesNoFd()

describe('a client shows a good certificate where one is asked for, or the server refuses it (H92)', () =>
  test(CLIENTS))
