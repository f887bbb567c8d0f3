import assert from 'node:assert/strict'
import { closeSync } from 'node:fs'
import { describe, it } from 'node:test'
import { AddrInfo, AGAIN, SOCK_DGRAM, SOCK_STREAM, socket } from 'berkeley/llsocket'
import { abstractName, coded, ipv4, leavesNoFd, thrownBy } from '../util/index.js'
import { create, file, got, pair, received, tcpPair } from './common.js'

leavesNoFd()

describe('sendfd()', () => {
  it('sendfd() sends to an address on a socket that is not connected', (t) => {
    const to = AddrInfo.unix(abstractName())
    const b = create(t, to, SOCK_DGRAM)
    b.bind()
    const a = create(t, AddrInfo.unix(''), SOCK_DGRAM)
    assert.equal(a.sendfd(file(t), to), 0)
    closeSync(got(b.recvfd()))
    const nobody = AddrInfo.unix(abstractName())
    assert.throws(() => a.sendfd(0, nobody), coded('ECONNREFUSED', { syscall: 'sendfd', path: String(nobody) }))
    assert.throws(() => a.sendfd(0, 'x' as never), coded('ERR_INVALID_ARG_TYPE'))
  })

  it('sendfd() returns AGAIN on a full socket and passes nothing', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    a.sndbuf(4608)
    while (a.send(Buffer.alloc(1000)) !== AGAIN);
    const passed = file(t)
    assert.equal(a.sendfd(passed), AGAIN)
    for (let part = b.recv(); part !== AGAIN; part = b.recv()) assert.ok(part)
    assert.equal(a.sendfd(passed), 0)
    closeSync(got(b.recvfd()))
  })

  it('sendfd() throws EOPNOTSUPP where the kernel would drop the descriptor and report success', (t) => {
    const [a, b] = tcpPair(t, ipv4)
    assert.throws(() => a.sendfd(0), coded('EOPNOTSUPP', { syscall: 'sendfd' }))
    a.send('x')
    assert.ok(b.recvable(5000))
    assert.throws(() => b.recvfd(), coded('EOPNOTSUPP', { syscall: 'recvfd' }))
    assert.equal(received(b), 'x', 'nothing is consumed')
  })

  it('sendfd() throws an error that names sendfd and not the data', () => {
    const [a, b] = socket.pair(SOCK_STREAM, true)
    b.close()
    const error = thrownBy(() => a.sendfd(0))
    assert.deepEqual([error['code'], error['syscall'], error.message], ['EPIPE', 'sendfd', 'sendfd EPIPE'])
    a.close()
  })
})
