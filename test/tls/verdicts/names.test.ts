// Whom a certificate is for.
import { describe } from 'node:test'
import { leavesNoFd } from '../../util/index.js'
import { NAMES } from './cases/names.js'
import { test } from './verdict.js'

leavesNoFd()

describe('the certificate is for the host, or the client refuses it (H92)', () => test(NAMES))
