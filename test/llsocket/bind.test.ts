import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AddrInfo, SO_PEERCRED, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET } from 'berkeley/llsocket'
import { coded, eachFamily, leavesNoFd, tempFolder } from '../util/index.js'
import { accepted, connecting, create, listener } from './common.js'

leavesNoFd()

eachFamily((family) => {
  it('bind() throws EADDRINUSE with the address when it is taken', (t) => {
    const server = listener(t, family.address())
    const second = create(t, server.getsockname(), SOCK_STREAM)
    assert.throws(() => second.bind(), coded('EADDRINUSE', { syscall: 'bind', port: server.getsockname().port }))
  })

  it('bind() shares no port unless asked to (H54)', (t) => {
    const one = create(t, family.address(), SOCK_DGRAM)
    assert.deepEqual([one.reuseaddr(), one.reuseport()], [false, false])
    one.bind()
    const two = create(t, one.getsockname(), SOCK_DGRAM)
    assert.throws(() => two.bind(), coded('EADDRINUSE'))
  })
})

describe('unix sockets', () => {
  it('bind() makes a file that close() leaves in place', (t) => {
    const ai = AddrInfo.unix(`${tempFolder(t)}/s`)
    const server = listener(t, ai)
    const client = connecting(t, ai)
    const peer = accepted(t, server)
    assert.equal(client.getpeername().path, ai.path)
    assert.equal(client.getsockname().path, '')
    assert.equal(peer.getpeername().path, '', 'an unnamed peer')
    assert.deepEqual(client.getsockopt(SOL_SOCKET, SO_PEERCRED, 'ucred').pid, process.pid)
    server.close()
    const second = create(t, ai, SOCK_STREAM)
    assert.throws(() => second.bind(), coded('EADDRINUSE', { path: ai.path }))
    assert.throws(() => second.connect(), coded('ECONNREFUSED', { path: ai.path }))
    assert.throws(() => second.connect(AddrInfo.unix(`${ai.path}-not`)), coded('ENOENT'))
  })
})
