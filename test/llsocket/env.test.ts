import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { env } from 'berkeley/llsocket'
import { leavesNoFd } from '../util/index.js'

leavesNoFd()

describe('env', () => {
  it('env has the limits of the platform', () => {
    assert.deepEqual([env.os, env.unixpath_max, env.iov_max], [process.platform, 108, 1024])
    assert.ok(env.somaxconn >= 128)
  })
})
