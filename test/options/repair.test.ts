// Repair mode: a live connection is taken apart, and put together again on another socket without its peer noticing.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as ll from 'berkeley/llsocket'
import { capable, connection, keeper, loopback } from './sockets.js'

const skip = capable('CAP_NET_ADMIN') ? false : 'repair mode needs CAP_NET_ADMIN'

function sequenceOf(sock: ll.Socket, queue: number): number {
  assert.equal(sock.tcprepairqueue(queue), queue)
  return sock.tcpqueueseq()
}

describe('tcprepair()', { skip }, () => {
  it('tcprepair() is refused to a listener, and its options to a socket outside repair mode', (t) => {
    const { listener, client } = connection(keeper(t), ll.AF_INET)
    assert.throws(() => listener.tcprepair(ll.TCP_REPAIR_ON), { code: 'EPERM' })
    assert.throws(() => client.tcprepairqueue(), { code: 'EINVAL' })
    assert.throws(() => client.tcprepairqueue(ll.TCP_SEND_QUEUE), { code: 'EPERM' })
    assert.throws(() => client.tcpqueueseq(), { code: 'EINVAL' })
    assert.throws(() => client.tcprepairwindow(), { code: 'EPERM' })
    assert.throws(() => client.tcptimestamp(1), { code: 'EPERM' })
    assert.throws(() => client.tcprepairoptions({ mss: 1000 }), { code: 'EINVAL' })
    assert.equal(typeof client.tcptimestamp(), 'number')
  })

  it('tcprepair() moves a connection to another socket', (t) => {
    const keep = keeper(t)
    const { client, server } = connection(keep, ll.AF_INET)
    client.send('before')
    assert.equal(String(server.recv()), 'before')

    const { snd_wscale, rcv_wscale } = client.tcpinfo()
    const [own, peer] = [client.getsockname(), client.getpeername()]
    assert.equal(client.tcprepair(ll.TCP_REPAIR_ON), 1)
    const sent = sequenceOf(client, ll.TCP_SEND_QUEUE)
    const received = sequenceOf(client, ll.TCP_RECV_QUEUE)
    const window = client.tcprepairwindow()
    const clock = client.tcptimestamp()
    const mss = client.tcpmaxseg()
    client.close()

    const heir = keep(ll.socket.create(loopback(ll.AF_INET, ll.SOCK_STREAM)))
    heir.reuseaddr(true)
    heir.tcprepair(ll.TCP_REPAIR_ON)
    for (const [queue, sequence] of [
      [ll.TCP_SEND_QUEUE, sent],
      [ll.TCP_RECV_QUEUE, received],
    ] as const) {
      heir.tcprepairqueue(queue)
      assert.equal(heir.tcpqueueseq(sequence), sequence)
    }
    heir.bind(own)
    heir.connect(peer)
    heir.tcprepairoptions({ mss, wscale: [snd_wscale, rcv_wscale], sack: true, timestamps: true })
    assert.deepEqual(heir.tcprepairwindow(window), window)
    heir.tcptimestamp(clock)
    assert.equal(heir.tcprepair(ll.TCP_REPAIR_OFF_NO_WP), 0)

    assert.deepEqual({ ...heir.tcpinfo(), rtt: 0 }.snd_wscale, snd_wscale)
    heir.send('after')
    assert.equal(String(server.recv()), 'after')
    server.send('answer')
    assert.equal(String(heir.recv()), 'answer')
  })

  it('the options of repair mode refuse wrong arguments before any system call', (t) => {
    const { client } = connection(keeper(t), ll.AF_INET)
    client.tcprepair(ll.TCP_REPAIR_ON)
    const window = client.tcprepairwindow()
    const wrong: [() => void, string][] = [
      [() => client.tcprepairoptions(null as never), 'ERR_INVALID_ARG_TYPE'],
      [() => client.tcprepairoptions({ mss: 65536 }), 'ERR_OUT_OF_RANGE'],
      [() => client.tcprepairoptions({ wscale: [15, 0] }), 'ERR_OUT_OF_RANGE'],
      [() => client.tcprepairoptions({ wscale: 7 as never }), 'ERR_INVALID_ARG_TYPE'],
      [() => client.tcprepairoptions({ sack: 1 as never }), 'ERR_INVALID_ARG_TYPE'],
      [() => client.tcprepairwindow({ ...window, rcv_wnd: -1 }), 'ERR_OUT_OF_RANGE'],
      [() => client.tcprepairwindow({ snd_wnd: 1 } as never), 'ERR_INVALID_ARG_TYPE'],
      [() => client.tcprepair(2), 'ERR_OUT_OF_RANGE'],
    ]
    for (const [act, code] of wrong) assert.throws(act, { code })
    assert.deepEqual(client.tcprepairwindow(), window)
    client.tcprepair(ll.TCP_REPAIR_OFF)
  })
})
