// fromNode(): connections and servers of Node that become ours.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import tls from 'node:tls'
import { fromNode, MSG_PEEK, MsgHdr, options, tls as ourTls, stream } from 'berkeley'
import { hostCertificate } from '../tls/common.js'
import { abstractName, closing, coded, eventually, isOpen, leavesNoFd, tempFolder, within } from '../util/index.js'
import { MIB, piped, type Test } from './common.js'

leavesNoFd()

/** Both ends of a connection of Node, over TCP or a unix socket. */
async function connection(t: Test, path?: string): Promise<[net.Socket, net.Socket]> {
  const server = net.createServer()
  server.listen(path === undefined ? { port: 0, host: '127.0.0.1' } : { path })
  await once(server, 'listening')
  const asked = once(server, 'connection') as Promise<[net.Socket]>
  const client = net.connect(path === undefined ? { port: portOf(server), host: '127.0.0.1' } : { path })
  const [[accepted]] = await Promise.all([asked, once(client, 'connect')])
  server.close()
  t.after(() => {
    client.destroy()
    accepted.destroy()
  })
  return [client, accepted]
}

const portOf = (server: net.Server): number => (server.address() as net.AddressInfo).port

/** Lets Node receive that many bytes, which are not read. */
async function readAhead(from: net.Socket, to: net.Socket, data: string): Promise<void> {
  from.write(data)
  await eventually(() => to.readableLength === data.length, 'the data')
}

describe('fromNode() of a connection', () => {
  test('a net.Socket becomes a connection of ours, with its options, and is closed for its former users', async (t) => {
    const [client, accepted] = await connection(t)
    options(accepted).tcpusertimeout(4321)
    const closed = once(accepted, 'close')
    const conn = closing(t, (await fromNode(accepted)) as stream.inet.Socket)
    assert.ok(conn instanceof stream.inet.Socket)
    assert.deepEqual(await within(closed, 'the close'), [false])
    assert.equal(conn.tcpusertimeout(), 4321)
    client.write('to ours')
    assert.equal(String(await conn.recv()), 'to ours')
    await conn.send('to Node')
    await conn.close()
    assert.equal(await text(client), 'to Node')
  })

  test('what Node has received and nobody has read is received first, in order, in all ways (H130)', async (t) => {
    for (const path of [undefined, abstractName()]) {
      const [client, accepted] = await connection(t, path)
      await readAhead(client, accepted, '0123456789')
      const conn = closing(t, await fromNode(accepted))
      client.end('and what came later')
      assert.equal(String(await conn.recv(2, MSG_PEEK)), '01')
      assert.equal(String(await conn.recv(2)), '01')
      await conn.readable()
      const memory = Buffer.alloc(3)
      assert.equal(await conn.recvinto(memory.subarray(1)), 2)
      assert.equal(String(memory), '\u000023')
      await assert.rejects(conn.recvmsg(new MsgHdr()), { code: 'EBUSY', message: /6 bytes ahead/ })
      assert.throws(() => conn.detach(), { code: 'EBUSY' })
      await assert.rejects(ourTls.wrap(conn, { rejectUnauthorized: false }), { code: 'EBUSY' })
      const parts: Buffer[] = []
      for await (const part of conn) parts.push(part)
      assert.equal(String(Buffer.concat(parts)), '456789and what came later')
    }
  })

  test('what was read ahead comes first in push mode, too', async (t) => {
    for (const path of [undefined, abstractName()]) {
      const [client, accepted] = await connection(t, path)
      await readAhead(client, accepted, 'ahead, ')
      const conn = closing(t, (await fromNode(accepted)) as stream.inet.Socket)
      const pieces: Buffer[] = []
      const pushing = conn.forEach((piece) => void pieces.push(piece))
      await eventually(() => pieces.length > 0, 'the first piece')
      client.end('later')
      await within(pushing, 'the end')
      assert.equal(String(Buffer.concat(pieces)), 'ahead, later')
    }
  })

  test('what was read ahead goes on to streams, and back to Node', async (t) => {
    for (const path of [undefined, abstractName()]) {
      const [client, accepted] = await connection(t, path)
      await readAhead(client, accepted, 'ahead, ')
      const conn = await fromNode(accepted)
      const again = conn.toNode()
      await eventually(() => again.readableLength === 7, 'the data again')
      const duplex = (await fromNode(again)).duplex()
      client.end('later')
      assert.equal(await within(text(duplex), 'the end'), 'ahead, later')
    }
  })

  test('much data is neither lost nor doubled when the socket changes hands in the middle (H130)', async (t) => {
    const [client, accepted] = await connection(t)
    const data = Buffer.alloc(8 * MIB)
    for (let i = 0; i < data.length; i += 4) data.writeUInt32LE(i, i)
    client.end(data)
    const parts: Buffer[] = []
    let count = 0
    await new Promise<void>((resolve) => {
      accepted.on('data', (part: Buffer) => {
        parts.push(part)
        count += part.length
        if (count > MIB) resolve(void accepted.pause().removeAllListeners('data'))
      })
    })
    const conn = closing(t, await fromNode(accepted))
    for await (const part of conn) parts.push(part)
    assert.ok(Buffer.concat(parts).equals(data))
  })

  test('a listener that is left on the former socket is given nothing that is received later', async (t) => {
    const [client, accepted] = await connection(t)
    await readAhead(client, accepted, 'unread')
    const seen: unknown[] = []
    accepted.pause()
    accepted.on('data', (part) => seen.push(part))
    const conn = closing(t, await fromNode(accepted))
    client.end()
    assert.equal(String(await conn.recv()), 'unread')
    assert.equal(await conn.recv(), null)
    assert.deepEqual(seen, [])
  })

  test('each side closes a descriptor of its own, once (H130)', async (t) => {
    const [client, accepted] = await connection(t)
    const theirs = (accepted as unknown as { _handle: { fd: number } })._handle.fd
    const conn = await fromNode(accepted)
    assert.notEqual(conn.fd(), theirs)
    assert.equal(conn.cloexec(), true)
    await eventually(() => !isOpen(theirs), 'the close of Node')
    accepted.destroy()
    await conn.send('open')
    const fd = conn.fd()
    await conn.close()
    assert.equal(isOpen(fd), false)
    assert.equal(await text(client), 'open')
  })

  test('the socket of an upgrade is taken over, with its head', async (t) => {
    const server = http.createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const taken = new Promise<stream.inet.Socket | stream.unix.Socket>((resolve) => {
      server.on('upgrade', (_request, socket: net.Socket, head) => {
        socket.unshift(head)
        resolve(fromNode(socket))
      })
    })
    const client = net.connect(portOf(server), '127.0.0.1')
    client.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nhead')
    const conn = closing(t, await taken)
    client.end(' and rest')
    const parts: Buffer[] = []
    for await (const part of conn) parts.push(part)
    assert.equal(String(Buffer.concat(parts)), 'head and rest')
    await conn.close()
    await new Promise((closed) => server.close(closed))
  })

  test('a socket that something else uses is refused, and stays as it is', async (t) => {
    const [client, accepted] = await connection(t)
    const writing = new Promise((written) => accepted.write(Buffer.alloc(32 * MIB), written))
    await assert.rejects(fromNode(accepted), { code: 'EBUSY', syscall: 'fromNode', message: /wait to be written/ })
    client.resume()
    await writing
    accepted.setEncoding('utf8')
    await assert.rejects(fromNode(accepted), { code: 'EINVAL', message: /setEncoding/ })
    client.write('text')
    assert.deepEqual(await once(accepted, 'data'), ['text'])

    const server = http.createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const refused = new Promise((resolve) => {
      server.on('request', (request, response) => {
        fromNode(request.socket).catch((error) => {
          resolve(error.code)
          response.setHeader('connection', 'close').end('answered')
        })
      })
    })
    const answer = await fetch(`http://127.0.0.1:${portOf(server)}/`)
    assert.equal(await answer.text(), 'answered')
    assert.equal(await refused, 'EBUSY')
    await new Promise((closed) => server.close(closed))
  })

  test('sockets that are not open, of TLS, or no sockets are refused', async (t) => {
    const [, accepted] = await connection(t)
    const connecting = net.connect({ path: join(tempFolder(t), 'nobody') }).on('error', () => undefined)
    await assert.rejects(fromNode(connecting), { code: /ENOTCONN|EBADF/ })
    await new Promise((closed) => connecting.once('close', closed))
    const encrypted = new tls.TLSSocket(accepted, {
      isServer: true,
      cert: hostCertificate.pem,
      key: hostCertificate.keyPem,
    })
    await assert.rejects(fromNode(encrypted), { code: 'EOPNOTSUPP' })
    encrypted.destroy()
    await once(encrypted, 'close')
    await assert.rejects(fromNode(encrypted), { code: 'EOPNOTSUPP' })
    await assert.rejects(fromNode(accepted), { code: 'EBADF' })
    for (const wrong of [null, {}, 5, new (await import('node:stream')).PassThrough()])
      await assert.rejects(fromNode(wrong as never), coded('ERR_INVALID_ARG_TYPE'))
    const [a] = await piped(t)
    const foreign = new net.Socket({ fd: a.fd(), readable: false, writable: true })
    await assert.rejects(fromNode(foreign), { code: 'EBUSY' })
    a.detach()
    foreign.destroy()
    await once(foreign, 'close')
  })
})

describe('fromNode() of a server', () => {
  test('a net.Server becomes a server of ours; connections that it has stay', async (t) => {
    const server = net.createServer((socket) => socket.end('by Node')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const port = portOf(server)
    options(server).tcpusertimeout(999)
    assert.equal(await text(net.connect(port, '127.0.0.1')), 'by Node')
    const ours = closing(t, (await fromNode(server)) as stream.inet.Server)
    assert.ok(ours instanceof stream.inet.Server)
    assert.equal(server.listening, false)
    const client = net.connect(port, '127.0.0.1')
    const conn = await within(ours.accept(), 'the connection')
    assert.equal(conn.tcpusertimeout(), 999)
    await conn.send('by us')
    await conn.close()
    assert.equal(await text(client), 'by us')
  })

  test('an abstract name is taken over, a socket file that Node would remove is not', async (t) => {
    const path = abstractName()
    const server = net.createServer().listen(path)
    await once(server, 'listening')
    const ours = closing(t, await fromNode(server))
    assert.ok(ours instanceof stream.unix.Server)
    // By Node: that of some versions pads the name with NULs.
    const client = net.connect(path)
    await (await ours.accept()).close()
    assert.equal(await text(client), '')
    const onFile = net.createServer().listen(join(tempFolder(t), 'file'))
    await once(onFile, 'listening')
    await assert.rejects(fromNode(onFile), { code: 'EOPNOTSUPP', message: /socket file/ })
    assert.equal(onFile.listening, true)
    await new Promise((closed) => onFile.close(closed))
    await assert.rejects(fromNode(onFile), { code: 'EBADF' })
    await assert.rejects(fromNode(tls.createServer()), { code: 'EOPNOTSUPP' })
  })
})
