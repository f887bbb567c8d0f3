// Objects that structuredClone() and postMessage() would make empty ones of.
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { inspect } from 'node:util'
import { MessageChannel } from 'node:worker_threads'
import { AddrInfo, CmsgHdr, CmsgHdrs, dgram, MsgHdr, seqpacket, stream } from 'berkeley'
import { SOCK_STREAM, socket } from 'berkeley/llsocket'
import { createSocket } from 'berkeley/unix-dgram'
import { ends } from '../tls/common.js'
import { closing, closingAll, leavesNoFd } from '../util/index.js'

leavesNoFd()

type Test = TestContext

async function objects(t: Test): Promise<[what: string, object: object, advice: RegExp][]> {
  const [one, other] = closingAll(t, await dgram.unix.pair())
  await one.send('x')
  const batch = await other.recvmany()
  t.after(() => batch.close())
  return [
    ['an asynchronous socket', one, /detach\(\)/],
    ['a client that is not connected', await stream.inet.Client.create({ host: '::1', port: 1 }, false), /detach\(\)/],
    ['a server', closing(t, await stream.inet.Server.create({ host: '127.0.0.1' })), /detach\(\)/],
    ['a seqpacket', closingAll(t, await seqpacket.unix.pair())[0], /detach\(\)/],
    ['a socket with TLS', (await ends(t))[0], /detach\(\)/],
    ['a synchronous socket', closingAll(t, socket.pair(SOCK_STREAM))[0], /unwrap\(\)/],
    ['a socket in place of one of unix-dgram', closing(t, createSocket('unix_dgram')), /make one there/],
    ['an address', AddrInfo.inet('127.0.0.1'), /AddrInfo\.raw\(\)/],
    ['a message', new MsgHdr(), /concat\(\)/],
    ['a control message', CmsgHdr.rights(0), /take\(\)/],
    ['a list of control messages', new CmsgHdrs(), /data/],
    ['a batch', batch, /data/],
    ['a datagram', batch.at(0) as object, /data/],
  ]
}

describe('cloning', () => {
  test('structuredClone() and postMessage() throw a DataCloneError that says what to pass instead', async (t) => {
    const { port1, port2 } = new MessageChannel()
    t.after(() => {
      port1.close()
      port2.close()
    })
    for (const [what, object, advice] of await objects(t))
      for (const value of [object, { nested: [object] }]) {
        assert.throws(() => structuredClone(value), { name: 'DataCloneError', message: advice }, what)
        assert.throws(() => port1.postMessage(value), { name: 'DataCloneError', message: advice }, what)
      }
  })

  test('what keeps objects from being cloned is not shown, and takes no name from subclasses', async (t) => {
    for (const [what, object] of await objects(t)) {
      assert.doesNotMatch(inspect(object), /cloneable/, what)
      assert.doesNotMatch(JSON.stringify(object), /cloneable/, what)
    }
  })

  test('the bytes of an address make the same address elsewhere', () => {
    const ai = AddrInfo.inet6('::1', 80)
    assert.ok(AddrInfo.raw(structuredClone(ai.sockaddr)).equals(ai))
  })
})
