// Whom a certificate is for.
import { describe } from 'node:test'
import { leavesNoFd } from '../../util/index.js'
import { NAMES } from './cases/names.js'
import { test } from './verdict.js'

leavesNoFd()

describe('names of certificates (H92)', () => test(NAMES))
