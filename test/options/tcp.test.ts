// Options of TCP that take a connection to show.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import * as ll from 'berkeley/llsocket'
import { connection, type Keep, keeper, loopback, missing } from './sockets.js'

const families = { IPv4: ll.AF_INET, IPv6: ll.AF_INET6 }

describe('tcpsavedsyn()', () => {
  it('tcpsavedsyn() returns the SYN of the connection once when the listener saved it', (t) => {
    const { server, client } = connection(keeper(t), ll.AF_INET, (listener) => listener.tcpsavesyn(1))
    const syn = server.tcpsavedsyn()
    const header = (syn[0] as number) & 0x0f
    assert.equal((syn[0] as number) >> 4, 4)
    assert.equal(syn.readUInt16BE(header * 4), client.getsockname().port)
    assert.equal((syn[header * 4 + 13] as number) & 0x02, 0x02)
    assert.equal(server.tcpsavedsyn().length, 0)
  })
})

describe('tcpinfo()', () => {
  it('tcpinfo() counts what the connection transferred', (t) => {
    const { server, client } = connection(keeper(t), ll.AF_INET)
    client.send('0123456789')
    assert.equal((server.recv() as Buffer).length, 10)
    assert.equal(server.tcpinfo().bytes_received, 10)
    assert.equal(client.tcpinfo().bytes_sent, 10)
    assert.equal(client.tcpinfo().state, ll.TCP_ESTABLISHED)
  })

  it('tcpinfo() has the backlog of a listener and the state of an unconnected socket', (t) => {
    const keep = keeper(t)
    const listener = keep(ll.socket.create(loopback(ll.AF_INET, ll.SOCK_STREAM)))
    assert.equal(listener.tcpinfo().state, ll.TCP_CLOSE)
    listener.bind()
    listener.listen(7)
    assert.equal(listener.tcpinfo().state, ll.TCP_LISTEN)
    assert.equal(listener.tcpinfo().sacked, 7)
  })
})

describe('tcpccinfo()', () => {
  it('tcpccinfo() has as many words as the congestion control provides', (t) => {
    const { client } = connection(keeper(t), ll.AF_INET)
    assert.equal(client.tcpcongestion('reno'), 'reno')
    assert.deepEqual(client.tcpccinfo(), [])
    try {
      client.tcpcongestion('bbr')
    } catch {
      return t.diagnostic('this kernel has no bbr')
    }
    assert.equal(client.tcpccinfo().length, 5)
  })

  it('tcpcongestion() leaves the congestion control unchanged when the name is unknown', (t) => {
    const { client } = connection(keeper(t), ll.AF_INET)
    const before = client.tcpcongestion()
    assert.throws(() => client.tcpcongestion('berkeley'), { code: 'ENOENT' })
    assert.equal(client.tcpcongestion(), before)
  })
})

/** Whether a client with these keys gets through to a listener with those. */
function reaches(keep: Keep, family: number, ours: (sock: ll.Socket) => void, theirs: (sock: ll.Socket) => void) {
  const listener = keep(ll.socket.create(loopback(family, ll.SOCK_STREAM)))
  theirs(listener)
  listener.bind()
  listener.listen()
  const client = keep(ll.socket.create(listener.getsockname().with({ socktype: ll.SOCK_STREAM }), true))
  ours(client)
  client.connect()
  return client.sendable(100) && client.error() === 0
}

/** A kernel may be built without signatures. */
function signs(t: TestContext, keep: Keep): boolean {
  try {
    keep(ll.socket.create(loopback(ll.AF_INET, ll.SOCK_STREAM))).tcpmd5sig('192.0.2.1', 'key')
    return true
  } catch (error) {
    assert.equal((error as ll.SystemError).code, 'ENOPROTOOPT')
    t.skip('this kernel has no signatures of TCP segments')
    return false
  }
}

for (const [name, family] of Object.entries(families))
  describe(`tcpmd5sig() on ${name}`, { skip: missing(family === ll.AF_INET6 ? 'tcp6' : 'tcp4') ?? false }, () => {
    const host = loopback(family, ll.SOCK_STREAM).addr as string
    const key = (secret: string) => (sock: ll.Socket) => sock.tcpmd5sig(host, secret)

    it('tcpmd5sig() lets only a peer with the same key connect', (t) => {
      const keep = keeper(t)
      if (!signs(t, keep)) return
      assert.equal(reaches(keep, family, key('secret'), key('secret')), true)
      assert.equal(reaches(keep, family, key('secret'), key('another')), false)
      assert.equal(
        reaches(keep, family, () => {}, key('secret')),
        false,
      )
    })

    it('tcpmd5sig() removes a key by an empty one, and throws when there is none', (t) => {
      const keep = keeper(t)
      if (!signs(t, keep)) return
      const both = (sock: ll.Socket) => {
        sock.tcpmd5sig(loopback(family, ll.SOCK_STREAM), Buffer.from('secret'))
        sock.tcpmd5sig(host, '')
      }
      assert.equal(
        reaches(keep, family, () => {}, both),
        true,
      )
      const sock = keep(ll.socket.create(loopback(family, ll.SOCK_STREAM)))
      assert.throws(() => sock.tcpmd5sig(host, ''), { code: 'ENOENT' })
    })

    it('tcpmd5sig() applies to a whole network when it gets a prefix', (t) => {
      const keep = keeper(t)
      if (!signs(t, keep)) return
      const prefixlen = family === ll.AF_INET ? 8 : 64
      const network = family === ll.AF_INET ? '127.0.0.0' : '::'
      const all = (sock: ll.Socket) => sock.tcpmd5sigext(network, 'secret', { prefixlen })
      assert.equal(reaches(keep, family, key('secret'), all), true)
      assert.equal(reaches(keep, family, key('another'), all), false)
    })

    it('tcpmd5sig() refuses wrong arguments before any system call', (t) => {
      const sock = keeper(t)(ll.socket.create(loopback(family, ll.SOCK_STREAM)))
      const wrong: (readonly [() => void, string])[] = [
        [() => sock.tcpmd5sig(host, 'x'.repeat(81)), 'ERR_OUT_OF_RANGE'],
        [() => sock.tcpmd5sig('nowhere', 'x'), 'ERR_INVALID_ARG_VALUE'],
        ...(family === ll.AF_INET ? ([[() => sock.tcpmd5sig('::1', 'x'), 'EAFNOSUPPORT']] as const) : []),
        [() => sock.tcpmd5sig(host, 1 as never), 'ERR_INVALID_ARG_TYPE'],
        [() => sock.tcpmd5sigext(host, 'x', { prefixlen: 129 }), 'ERR_OUT_OF_RANGE'],
        [() => sock.tcpmd5sigext(host, 'x', { ifname: 'no-such' }), 'ENODEV'],
        [() => sock.tcpmd5sigext(host, 'x', undefined as never), 'ERR_INVALID_ARG_TYPE'],
      ]
      for (const [act, code] of wrong) assert.throws(act, { code })
    })
  })
