// toNode(): connections and listening sockets that become Node's.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { IPPROTO_MPTCP, isSupported, listen, options, seqpacket, stream } from 'berkeley'
import { hostConfig } from '../tls/common.js'
import {
  abstractName,
  closing,
  coded,
  eventually,
  isOpen,
  leavesNoFd,
  runScript,
  tempFolder,
  within,
} from '../util/index.js'
import { MIB, piped, reset, tcp } from './common.js'

leavesNoFd()

describe('toNode() of a connection', () => {
  test('a connection becomes a net.Socket, with its options and what is unread', async (t) => {
    const [a, b] = await tcp(t)
    a.tcpusertimeout(12_345)
    await b.send('before ')
    const socket = a.toNode()
    assert.ok(socket instanceof net.Socket)
    assert.equal(a.fd(), -1)
    assert.equal(options(socket).tcpusertimeout(), 12_345)
    assert.equal(socket.remotePort, b.getsockname().port)
    await b.send('and after')
    b.closew()
    assert.equal(await within(text(socket), 'the end'), 'before and after')
    await assert.rejects(a.recv(), { code: 'EBADF' })
    assert.equal(await b.recv(), null)
  })

  test('a net.Socket of a unix stream carries bytes both ways', async (t) => {
    const [a, b] = await piped(t)
    const socket = a.toNode()
    const data = Buffer.alloc(4 * MIB, 'abcdefg')
    socket.end(data)
    const peer = b.duplex()
    assert.ok((await within(buffer(peer), 'the data')).equals(data))
    peer.end()
    await once(socket, 'close')
  })

  test('what was received before comes first', async (t) => {
    const [a, b] = await tcp(t)
    await b.send('GET / HTTP/1.1')
    const head = (await a.recv(3)) ?? ''
    const socket = a.toNode({ head })
    b.closew()
    assert.equal(await within(text(socket), 'the end'), 'GET / HTTP/1.1')
  })

  test('allowHalfOpen says whether the end of the peer ends the socket', async (t) => {
    const [a, b] = await piped(t)
    const socket = a.toNode({ allowHalfOpen: true })
    b.closew()
    await once(socket.resume(), 'end')
    socket.end('still here')
    assert.equal(String(await b.recv()), 'still here')
    await once(socket, 'close')
    const [c, d] = await piped(t)
    const closed = once(c.toNode().resume(), 'close')
    d.closew()
    assert.equal(await d.recv(), null)
    await within(closed, 'the close')
  })

  test('calls that wait end with ECANCELED, and one that sends keeps its socket', async (t) => {
    const [a, b] = await piped(t)
    const receiving = assert.rejects(a.recv(), { code: 'ECANCELED' })
    const sending = a.send(Buffer.alloc(8 * MIB))
    assert.throws(() => a.toNode(), { code: 'EBUSY', syscall: 'toNode', message: /bytes wait to be sent/ })
    let rest = 8 * MIB
    while (rest > 0) rest -= (await b.recv())?.length ?? 0
    await sending
    const socket = a.toNode()
    await receiving
    socket.destroy()
    await once(socket, 'close')
  })

  test('what a stream of ours has read ahead comes first', async (t) => {
    const [a, b] = await tcp(t)
    const duplex = a.duplex()
    await b.send('read ahead')
    await eventually(() => duplex.readableLength === 10, 'the data')
    const seen: unknown[] = []
    duplex.on('close', (hadError: unknown) => seen.push(hadError))
    const socket = duplex.toNode()
    assert.equal(duplex.destroyed, true)
    await b.send(', and more')
    b.closew()
    assert.equal(await within(text(socket), 'the end'), 'read ahead, and more')
    assert.deepEqual(seen, [false])
  })

  test('nothing is lost of more than a stream reads ahead, nor of what it was about to be given (H130)', async (t) => {
    for (const pairOf of [tcp, piped])
      for (const takesSome of [false, true]) {
        const [a, b] = await pairOf(t)
        const data = randomBytes(MIB)
        const sending = b.send(data).then(() => b.closew())
        const duplex = a.duplex()
        await eventually(() => duplex.readableLength >= duplex.readableHighWaterMark, 'the data')
        // This makes room, so that the stream receives more, which has arrived and is not in it yet.
        const taken = takesSome ? (duplex.read() as Buffer) : Buffer.alloc(0)
        const rest = await within(buffer(duplex.toNode()), 'the end')
        assert.ok(Buffer.concat([taken, rest]).equals(data))
        await sending
      }
  })

  test('small writes that have not left yet arrive', async (t) => {
    const [a, b] = await piped(t)
    const node = new Promise<net.Socket>((resolve, reject) => {
      a.forEach(() => {
        a.write('one ')
        a.write('two ')
        try {
          resolve(a.toNode())
        } catch (error) {
          reject(error)
        }
      }).catch(() => undefined)
    })
    await b.send('go')
    ;(await node).end('three')
    assert.equal(await text(b.duplex()), 'one two three')
  })

  test('a reset that a stream was about to be told of is told to the socket of Node', async (t) => {
    const [a, b] = await tcp(t)
    const duplex = a.duplex({ highWaterMark: 1 << 16 })
    await b.send('x'.repeat(1 << 16))
    await eventually(() => duplex.readableLength === 1 << 16, 'the data')
    await reset(b, a)
    // This makes room, so that the stream receives, and finds the reset.
    duplex.read()
    const [error] = await within(once(duplex.toNode().resume(), 'error'), 'the error')
    assert.equal(error.code, 'ECONNRESET')
  })

  test('a method that a subclass overrides has no part in it', async (t) => {
    class Fooling extends stream.unix.Socket {
      override detach(): number {
        return 0
      }
    }
    const [a, b] = await piped(t)
    const { socket: wrap } = await import('berkeley/llsocket')
    const node = new Fooling(wrap.wrap(a.detach())).toNode()
    await b.send('to Node')
    b.closew()
    assert.equal(await text(node), 'to Node')
  })

  test('a stream with something to send, or text, stays as it is', async (t) => {
    const [a] = await piped(t)
    const duplex = a.duplex()
    duplex.write(Buffer.alloc(8 * MIB), () => undefined)
    assert.throws(() => duplex.toNode(), { code: 'EBUSY' })
    assert.equal(duplex.destroyed, false)
    duplex.destroy()
    const [c, d] = await piped(t)
    const decoded = c.duplex().setEncoding('utf8')
    assert.throws(() => decoded.toNode(), { code: 'EINVAL', message: /setEncoding/ })
    await d.send('text')
    d.closew()
    assert.equal((await decoded.toArray()).join(''), 'text')
  })

  test('multipath TCP and other protocols of streams can be handed over, too', {
    skip: isSupported('IPPROTO_MPTCP') ? false : 'the kernel has no MPTCP',
  }, async (t) => {
    const server = await listen({ host: '127.0.0.1', protocol: IPPROTO_MPTCP }).catch(() => undefined)
    if (server === undefined) return t.skip('multipath TCP is turned off')
    closing(t, server)
    const client = await stream.inet.Client.create({
      host: '127.0.0.1',
      port: server.getsockname().port,
      protocol: IPPROTO_MPTCP,
    })
    const conn = await server.accept()
    conn.toNode().end('multipath')
    assert.equal(await text(client.toNode()), 'multipath')
  })

  test('TLS, seqpackets and closed sockets are refused, and stay as they are', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1', tlscfg: hostConfig }))
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port: server.getsockname().port }))
    const secure = await server.accept()
    assert.throws(() => secure.toNode(), { code: 'EOPNOTSUPP', message: /duplex\(\)/ })
    const duplex = secure.duplex()
    assert.throws(() => duplex.toNode(), { code: 'EOPNOTSUPP' })
    duplex.destroy()
    await once(duplex, 'close')
    const [a, b] = await seqpacket.unix.pair()
    assert.throws(() => a.toNode(), { code: 'EOPNOTSUPP', message: /seqpacket/ })
    await a.send('still here')
    assert.equal(String(await b.recv()), 'still here')
    await Promise.all([a.close(), b.close(), client.close()])
    assert.throws(() => a.toNode(), { code: 'EBADF' })
    assert.throws(() => client.toNode(), { code: 'EBADF' })
    const idle = await stream.inet.Client.create({ host: '127.0.0.1', port: 9 }, false)
    assert.throws(() => idle.toNode(), { code: 'EBADF', message: /not connected yet/ })
  })

  test('wrong options are refused before anything is done', async (t) => {
    const [a, b] = await piped(t)
    assert.throws(() => a.toNode({ haed: '' } as never), coded('ERR_INVALID_ARG_VALUE'))
    assert.throws(() => a.toNode({ head: 5 } as never), coded('ERR_INVALID_ARG_TYPE'))
    assert.throws(() => a.toNode({ allowHalfOpen: 1 } as never), coded('ERR_INVALID_ARG_TYPE'))
    await a.send('open')
    assert.equal(String(await b.recv()), 'open')
  })
})

describe('toNode() of a server', () => {
  test('an HTTP server of Node serves on the listener, whose options and backlog stay', async () => {
    const listener = await listen({ host: '127.0.0.1', backlog: 7, prepare: (sock) => sock.tcpdeferaccept(3) })
    const { port } = listener.getsockname()
    const server = listener.toNode(http.createServer((request, response) => response.end(request.url)))
    assert.equal(listener.fd(), -1)
    await once(server, 'listening')
    assert.equal((server.address() as net.AddressInfo).port, port)
    assert.ok(options(server).tcpdeferaccept() > 0)
    assert.equal(options(server).tcpinfo().sacked, 7)
    const response = await fetch(`http://127.0.0.1:${port}/asked`, { headers: { connection: 'close' } })
    assert.equal(await response.text(), '/asked')
    await new Promise((closed) => server.close(closed))
  })

  test('the socket file goes when Node closes the server, which tells the path until then', async (t) => {
    const path = join(tempFolder(t), 'node.sock')
    const server = (await listen({ path })).toNode()
    assert.ok(server instanceof net.Server)
    const asked = once(server, 'connection') as Promise<[net.Socket]>
    const client = net.connect(path)
    const [conn] = await asked
    assert.equal(server.address(), path)
    assert.equal(options(conn).peercred().pid, process.pid)
    conn.end('hello')
    assert.equal(await text(client), 'hello')
    await new Promise((closed) => server.close(closed))
    assert.equal(existsSync(path), false)
    assert.equal(server.address(), null)
  })

  test('a server that has not listened yet listens then', async () => {
    const listener = await stream.inet.Server.create({ host: '127.0.0.1' })
    const server = listener.toNode()
    await once(server, 'listening')
    assert.equal(options(server).acceptconn(), true)
    await new Promise((closed) => server.close(closed))
  })

  test('TLS of ours, servers that listen already and other objects are refused', async (t) => {
    const secure = closing(t, await listen({ host: '127.0.0.1', tlscfg: hostConfig }))
    assert.throws(() => secure.toNode(), { code: 'EOPNOTSUPP', message: /serveHttp/ })
    const listener = closing(t, await listen({ path: abstractName() }))
    assert.throws(() => listener.toNode({} as never), coded('ERR_INVALID_ARG_TYPE'))
    const busy = net.createServer().listen(0, '127.0.0.1')
    await once(busy, 'listening')
    assert.throws(() => listener.toNode(busy), coded('ERR_INVALID_ARG_VALUE'))
    await new Promise((closed) => busy.close(closed))
    assert.ok(isOpen(listener.fd()))
    assert.ok(secure.acceptconn())
  })

  test('in a worker of a cluster, where the number would mean another socket, it is refused (H130)', async () => {
    const worker = fileURLToPath(new URL('cluster-worker.js', import.meta.url))
    const { stdout, stderr } = await runScript(`
      import cluster from 'node:cluster'
      cluster.setupPrimary({ exec: ${JSON.stringify(worker)}, execArgv: [] })
      const worker = cluster.fork()
      worker.on('message', (message) => {
        console.log(message)
        worker.disconnect()
      })
    `)
    assert.equal(stdout, 'EOPNOTSUPP\n', stderr)
  })
})
