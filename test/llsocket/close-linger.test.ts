// Descriptors that were received, and that linger.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leavesNoFd, runScript } from '../util/index.js'

leavesNoFd()

test('a received socket that lingers is closed on a thread, also on a runtime without libuv', async () => {
  const { code, stdout, stderr } = await runScript(`
    Object.defineProperty(process.versions, 'bun', { value: '1', enumerable: true })
    const { AddrInfo, CmsgHdr, MsgHdr, SOCK_STREAM, socket } = await import('berkeley/llsocket')
    const server = socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_STREAM }))
    server.bind()
    server.listen()
    const client = socket.create(AddrInfo.inet('127.0.0.1', server.getsockname().port, { socktype: SOCK_STREAM }), true)
    client.connect()
    const peer = server.accept()
    client.sendable(1)
    const sent = client.send(Buffer.alloc(64 << 20))
    client.linger(5)
    const [a, b] = socket.pair(SOCK_STREAM)
    const msg = new MsgHdr()
    msg.add('x')
    msg.control().push(CmsgHdr.rights(client.fd()))
    a.sendmsg(msg)
    const got = new MsgHdr()
    got.addn(1)
    b.recvmsg(got)
    client.close()
    const start = performance.now()
    got.control().clear()
    console.log(performance.now() - start < 1000)
    let bytes = 0
    for (let data = peer.recv(); data !== null; data = peer.recv()) bytes += data.length
    console.log(bytes === sent)`)
  assert.deepEqual([code, stdout], [0, 'true\ntrue\n'], stderr)
})
