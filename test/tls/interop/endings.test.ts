// How conversations over TLS end: by halves, in good order, cut off, given up, and what is refused meanwhile.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { describe, test } from 'node:test'
import nodeTls from 'node:tls'
import { Worker } from 'node:worker_threads'
import { CmsgHdr, connect, MsgHdr, type Socket, stream, TimeoutError, tls } from 'berkeley'
import { type Child, closing, coded, countFds, eventually, leavesNoFd, root, start, within } from '../../util/index.js'
import { Authority, NAME } from './certificates.js'
import {
  type Address,
  bounded,
  type Conn,
  ending,
  line,
  missing,
  only,
  overTcp,
  reach,
  shows,
  type Test,
  trusts,
  versions,
  ways,
  welcome,
  whole,
} from './common.js'
import { opensslAddress } from './counterparties.js'

leavesNoFd()

const authority = new Authority('Test Root')
const skip = missing('openssl')

type Tcp = { host: string; port: number }

/** openssl as a client, which talks to us over its standard input and output. */
const opensslCalls = (t: Test, address: Address): Child =>
  start(t, 'openssl', ['s_client', ...opensslAddress('-connect', address), '-CAfile', authority.caFile])

/** A client of Node's, connected to us. */
async function nodeCalls(t: Test, address: Address, allowHalfOpen = false): Promise<[nodeTls.TLSSocket, net.Socket]> {
  const raw = net.connect({ ...(address as Tcp), allowHalfOpen })
  t.after(() => raw.destroy())
  raw.on('error', () => {})
  const options = { socket: raw, ca: authority.ca, servername: NAME, allowHalfOpen }
  const socket = nodeTls.connect(options as nodeTls.ConnectionOptions)
  t.after(() => socket.destroy())
  socket.on('error', () => {})
  await once(socket, 'secureConnect')
  return [socket, raw]
}

describe('half of it', { skip }, () => {
  for (const version of versions) {
    test(`we end, Node goes on, and ends: ${version}`, async (t) => {
      const [server, address] = await overTcp.listen(t, { ...shows(authority.identity()), ...only(version) })
      const [[socket], conn] = await Promise.all([nodeCalls(t, address, true), welcome(t, server)])
      const heard: Buffer[] = []
      socket.on('data', (data) => heard.push(data))
      await conn.send('our last words')
      await conn.end()
      await once(socket, 'end')
      assert.equal(String(Buffer.concat(heard)), 'our last words')
      socket.end('theirs come later')
      assert.equal(String(await whole(conn)), 'theirs come later')
      await assert.rejects(conn.send('more'), { code: /^(EPIPE|ERR_SSL_PROTOCOL_IS_SHUTDOWN)$/ })
    })

    test(`Node ends, we go on, and end: ${version}`, async (t) => {
      const [server, address] = await overTcp.listen(t, { ...shows(authority.identity()), ...only(version) })
      const [[socket], conn] = await Promise.all([nodeCalls(t, address, true), welcome(t, server)])
      socket.end('their last words')
      assert.equal(String(await whole(conn)), 'their last words')
      const heard = new Promise<string>((resolve) => {
        let text = ''
        socket.setEncoding('utf8').on('data', (data: string) => {
          text += data
        })
        socket.once('end', () => resolve(text))
      })
      await conn.send('ours come later')
      await conn.end()
      assert.equal(await heard, 'ours come later')
      assert.equal(await conn.recv(), null)
    })
  }

  test('both of ours, one after the other, over a unix socket', async (t) => {
    const [server, address] = await (ways[1] as (typeof ways)[number]).listen(t, shows(authority.identity()))
    const [conn, client] = await Promise.all([welcome(t, server), reach(t, address, trusts(authority))])
    await client.send('question')
    await client.end()
    assert.equal(String(await whole(conn)), 'question')
    await conn.send('answer')
    await conn.end()
    assert.equal(String(await whole(client)), 'answer')
  })
})

describe('the end', { skip }, () => {
  for (const version of versions) {
    test(`announced by openssl it is null, again and again: ${version} (H92)`, async (t) => {
      const [server, address] = await overTcp.listen(t, { ...shows(authority.identity()), ...only(version) })
      const child = opensslCalls(t, address)
      const conn = await welcome(t, server)
      child.write('last\n')
      assert.equal(await line(conn), 'last\n')
      child.endInput()
      assert.equal(await conn.recv(), null)
      assert.equal(await conn.recv(), null)
      assert.equal(await conn.recvinto(Buffer.alloc(10)), 0)
      await conn.close()
      assert.equal((await ending(child)).code, 0)
    })

    test(`announced by us is a clean one to openssl: ${version}`, async (t) => {
      const [server, address] = await overTcp.listen(t, { ...shows(authority.identity()), ...only(version) })
      const child = opensslCalls(t, address)
      const conn = await welcome(t, server)
      await conn.send('last\n')
      await conn.close()
      const { code, stdout, stderr } = await ending(child)
      assert.equal(code, 0)
      assert.match(stdout, /last\n.*closed/s)
      assert.doesNotMatch(stderr, /unexpected eof/)
    })

    test(`that nobody announced is an error: ${version} (H92)`, async (t) => {
      const [server, address] = await overTcp.listen(t, { ...shows(authority.identity()), ...only(version) })
      const [[socket, raw], conn] = await Promise.all([nodeCalls(t, address), welcome(t, server)])
      await new Promise((resolve) => socket.write('not all', resolve))
      raw.end() // in the clear: no close_notify
      assert.equal(String(await conn.recv()), 'not all')
      await assert.rejects(conn.recv(), coded('ERR_TLS_TRUNCATED'))
      await assert.rejects(conn.recv(), coded('ERR_TLS_TRUNCATED'))
    })

    test(`by a killed process is an error, or a reset: ${version} (H92)`, async (t) => {
      const [server, address] = await overTcp.listen(t, { ...shows(authority.identity()), ...only(version) })
      const child = opensslCalls(t, address)
      const conn = await welcome(t, server)
      child.write('not all\n')
      assert.equal(await line(conn), 'not all\n')
      await child.stop()
      await assert.rejects(conn.recv(), { code: /^(ERR_TLS_TRUNCATED|ECONNRESET)$/ })
    })
  }
})

/** A listener that accepts and says nothing; and one that says nothing after the first bytes of a client. */
async function stalled(t: Test): Promise<[address: Tcp, accepted: Promise<net.Socket>]> {
  const server = net.createServer((socket) => {
    t.after(() => socket.destroy())
    socket.on('error', () => {})
  })
  t.after(() => server.close())
  const accepted = once(server, 'connection').then(([socket]) => socket as net.Socket)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return [{ host: '127.0.0.1', port: (server.address() as net.AddressInfo).port }, accepted]
}

describe('a handshake that does not come about', { skip }, () => {
  test('a client gives up at its deadline, and its descriptor is closed (H92)', async (t) => {
    const [address, accepted] = await stalled(t)
    const calling = connect({ ...address, tlscfg: trusts(authority), timeout: 50 })
    const peer = await accepted
    peer.resume()
    const closed = once(peer, 'close')
    await assert.rejects(calling, (error) => error instanceof TimeoutError)
    await within(closed, 'the end of the connection')
  })

  test('a client gives up when its signal says so, and its descriptor is closed (H92)', async (t) => {
    const [address, accepted] = await stalled(t)
    const controller = new AbortController()
    const calling = connect({ ...address, tlscfg: trusts(authority), signal: controller.signal })
    const peer = await accepted
    peer.resume()
    await once(peer, 'data')
    const closed = once(peer, 'close')
    controller.abort()
    await assert.rejects(calling, { name: 'AbortError' })
    await within(closed, 'the end of the connection')
  })

  test('a client is closed meanwhile', async (t) => {
    const [address, accepted] = await stalled(t)
    const client = await tls.inet.Client.create({ ...address, tlscfg: trusts(authority) }, false)
    const calling = client.connect()
    const peer = await accepted
    peer.resume()
    await once(peer, 'data')
    const closed = once(peer, 'close')
    await Promise.all([assert.rejects(calling, coded('ECANCELED')), client.close()])
    await within(closed, 'the end of the connection')
  })

  for (const way of ways)
    test(`a server gives up at its deadline, by its signal, or because it is closed: over ${way.name} (H92)`, async (t) => {
      const [server, address] = await way.listen(t, shows(authority.identity()))
      const accepted = async (): Promise<Conn> => {
        await reach(t, address)
        return closing(t, await server.accept())
      }
      const late = await accepted()
      late.deadlines(50, 50)
      await assert.rejects(late.handshake(), (error) => error instanceof TimeoutError)
      await assert.rejects(late.recv(), (error) => error instanceof TimeoutError)
      await assert.rejects(late.send('x'), (error) => error instanceof TimeoutError)

      const aborted = await accepted()
      const controller = new AbortController()
      const waiting = aborted.handshake({ signal: controller.signal })
      controller.abort()
      await assert.rejects(waiting, { name: 'AbortError' })

      const closed = await accepted()
      const given = [closed.handshake(), closed.recv()].map((promise) => assert.rejects(promise, coded('ECANCELED')))
      await closed.close()
      await Promise.all(given)
    })

  test('a deadline that passes does not spoil it: it goes on where it was', async (t) => {
    const [server, address] = await overTcp.listen(t, shows(authority.identity()))
    const raw = net.connect(address as Tcp)
    t.after(() => raw.destroy())
    const conn = bounded(t, await server.accept())
    await assert.rejects(conn.handshake({ signal: AbortSignal.timeout(20) }), { name: /^(AbortError|TimeoutError)$/ })
    const socket = nodeTls.connect({ socket: raw, ca: authority.ca, servername: NAME })
    t.after(() => socket.destroy())
    await Promise.all([conn.handshake(), once(socket, 'secureConnect')])
    socket.write('hello\n')
    assert.equal(await line(conn), 'hello\n')
  })

  test('a peer that leaves in the midst of it', async (t) => {
    const [server, address] = await overTcp.listen(t, shows(authority.identity()))
    const plain = await reach(t, address)
    await plain.send(Buffer.from('1603010200', 'hex')) // the head of a record, and nothing else
    const conn = bounded(t, await server.accept())
    const handshake = conn.handshake()
    await plain.close()
    await assert.rejects(handshake, { code: /^(ERR_TLS_TRUNCATED|ECONNRESET)$/ })
  })
})

describe('closed in the midst', { skip }, () => {
  for (const way of ways)
    test(`of sending what nobody reads: over ${way.name} (H92)`, async (t) => {
      const [server, address] = await way.listen(t, shows(authority.identity()))
      const [conn] = await Promise.all([welcome(t, server), reach(t, address, trusts(authority))])
      const full = new Promise<void>((resolve) => conn.onwaitsend(() => resolve()))
      const sending = conn.send(Buffer.alloc(64 << 20))
      const canceled = assert.rejects(sending, (error: Error & { code?: string; bytes?: number }) => {
        assert.equal(error.code, 'ECANCELED')
        assert.ok((error.bytes ?? 0) > 0)
        return true
      })
      await full
      conn.deadlines(undefined, 50) // for its last words, for which there is hardly any room
      await conn.close().catch((error: unknown) => assert.ok(error instanceof TimeoutError))
      await canceled
      assert.equal(conn.fd(), -1)
      await assert.rejects(conn.recv(), coded('EBADF'))
    })

  test('a deadline that passes while sending tells how much was taken', async (t) => {
    const [server, address] = await overTcp.listen(t, shows(authority.identity()))
    const [conn, client] = await Promise.all([welcome(t, server), reach(t, address, trusts(authority))])
    conn.deadlines(undefined, 50)
    let taken = 0
    await assert.rejects(conn.send(Buffer.alloc(64 << 20, 1)), (error: TimeoutError & { bytes?: number }) => {
      taken = error.bytes ?? -1
      return error instanceof TimeoutError
    })
    // What was taken gets there, once, and what is sent after it comes after it.
    conn.deadlines(undefined, 10_000)
    const heard = whole(client)
    await conn.send('end')
    await conn.end()
    const all = await heard
    assert.equal(all.length, taken + 3)
    assert.equal(all.subarray(-4).toString('latin1'), '\x01end')
  })
})

const WORKER = `
const { listen, connect } = require('berkeley')
const { parentPort, workerData } = require('node:worker_threads')
const { cert, key, ca } = workerData
const kept = [] // nothing is to be collected before its time
async function main() {
  const server = await listen({ host: '127.0.0.1', tlscfg: { cert, key } })
  const { port } = server.getsockname()
  const plain = await Promise.all(Array.from({ length: 8 }, () => connect({ host: '127.0.0.1', port })))
  for (const sock of plain) {
    const conn = await server.accept()
    kept.push(conn)
    conn.handshake().catch(() => {})
    await sock.send(Buffer.from('1603010200', 'hex'))
  }
  const stalled = await listen({ host: '127.0.0.1' })
  const where = { host: '127.0.0.1', port: stalled.getsockname().port, tlscfg: { ca, servername: 'server.example' } }
  for (let i = 0; i < 8; i++) {
    connect(where).catch(() => {})
    const peer = await stalled.accept()
    kept.push(peer)
    await peer.recv(1)
  }
  const ready = server.accept().then(async (conn) => { await conn.handshake(); return conn })
  const client = await connect({ ...where, port })
  const conn = await ready
  kept.push(server, stalled, ...plain, client, conn)
  client.send(Buffer.alloc(64 << 20)).catch(() => {})
  conn.recv(1).then(() => parentPort.postMessage('busy'))
}
main()
`

test('a worker that is terminated in the midst of handshakes and of sending leaves nothing (H92)', {
  skip,
}, async () => {
  const { cert, key } = authority.identity()
  const workerData = { cert, key, ca: authority.ca }
  const turn = async (): Promise<void> => {
    const worker = new Worker(WORKER, { eval: true, workerData, stdout: false })
    await within(once(worker, 'message'), 'a busy worker')
    await worker.terminate()
  }
  process.chdir(root)
  await turn()
  const before = countFds()
  for (let i = 0; i < 3; i++) await turn()
  await eventually(() => countFds() <= before, 'the close of all descriptors')
})

describe('refused over TLS', { skip }, () => {
  for (const way of ways)
    test(`messages, descriptors, and what goes past it: over ${way.name} (H92)`, async (t) => {
      const [server, address] = await way.listen(t, shows(authority.identity()))
      const [conn, client] = await Promise.all([welcome(t, server), reach(t, address, trusts(authority))])
      const refusal = coded('EOPNOTSUPP')
      for (const sock of [conn, client] as Socket[]) {
        const msg = new MsgHdr()
        msg.add('hello')
        await assert.rejects(sock.sendmsg(msg), refusal)
        const room = new MsgHdr()
        room.addn(10)
        await assert.rejects(sock.recvmsg(room), refusal)
        assert.throws(() => sock.closer(), refusal)
        assert.throws(() => sock.closew(), refusal)
        assert.throws(() => sock.detach(), refusal)
        await assert.rejects(sock.recv(10, 2), refusal) // MSG_PEEK
        await assert.rejects(sock.send('x', 1), refusal) // MSG_OOB
      }
      for (const sock of [conn, client])
        if (sock instanceof stream.unix.Socket) {
          await assert.rejects(sock.sendfd(0), refusal)
          await assert.rejects(sock.recvfd(), refusal)
          const msg = new MsgHdr()
          msg.add('hello')
          msg.control().push(CmsgHdr.rights(0))
          await assert.rejects(sock.sendmsg(msg), refusal)
        }
      // And nothing of it went out.
      await client.send('hello\n')
      assert.equal(await line(conn), 'hello\n')
    })
})
