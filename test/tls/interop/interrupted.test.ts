// Handshakes and calls that are ended by a deadline, a signal, close() or the end of a worker.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { describe, test } from 'node:test'
import nodeTls from 'node:tls'
import { Worker } from 'node:worker_threads'
import { connect, TimeoutError, tls } from 'berkeley'
import { closing, coded, countFds, eventually, leavesNoFd, patient, root, within } from '../../util/index.js'
import { Authority, NAME } from './certificates.js'
import {
  bounded,
  type Conn,
  line,
  missing,
  overTcp,
  reach,
  shows,
  type Test,
  trusts,
  ways,
  welcome,
  whole,
} from './common.js'

leavesNoFd()

const authority = new Authority('Test Root')

const skip = missing('openssl')

type Tcp = { host: string; port: number }

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

describe('interrupted handshakes', { skip }, () => {
  test('connect() ends a handshake at its deadline and closes the descriptor (H92)', async (t) => {
    const [address, accepted] = await stalled(t)
    const calling = connect({ ...address, tlscfg: trusts(authority), timeout: patient(50) })
    const late = assert.rejects(calling, (error) => error instanceof TimeoutError)
    const peer = await accepted
    peer.resume()
    const closed = once(peer, 'close')
    await late
    await within(closed, 'the end of the connection')
  })

  test('connect() ends a handshake by its signal and closes the descriptor (H92)', async (t) => {
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

  test('connect() rejects with ECANCELED when the client is closed during the handshake', async (t) => {
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
    test(`handshake(), recv() and send() of a server end by deadline, signal and close() over ${way.name} (H92)`, async (t) => {
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

  test('handshake() continues after a signal has ended the first call', async (t) => {
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

  test('handshake() rejects when the peer leaves midway', async (t) => {
    const [server, address] = await overTcp.listen(t, shows(authority.identity()))
    const plain = await reach(t, address)
    await plain.send(Buffer.from('1603010200', 'hex')) // the head of a record, and nothing else
    const conn = bounded(t, await server.accept())
    const handshake = conn.handshake()
    await plain.close()
    await assert.rejects(handshake, { code: /^(ERR_TLS_TRUNCATED|ECONNRESET)$/ })
  })
})

describe('interrupted sends', { skip }, () => {
  for (const way of ways)
    test(`close() ends a send() that waits for room, over ${way.name} (H92)`, async (t) => {
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
      conn.deadlines(undefined, 50) // for its close_notify, for which there is hardly any room
      await conn.close().catch((error: unknown) => assert.ok(error instanceof TimeoutError))
      await canceled
      assert.equal(conn.fd(), -1)
      await assert.rejects(conn.recv(), coded('EBADF'))
    })

  test('send() that times out reports how many bytes were accepted, and those arrive once', async (t) => {
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

test('a worker terminated during handshakes and sends leaves no descriptor open (H92)', {
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
